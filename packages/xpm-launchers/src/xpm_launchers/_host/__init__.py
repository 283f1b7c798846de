"""This host as jobs share it: its hardware, and the time that a job has left.

A lowest room: it knows no other.
"""

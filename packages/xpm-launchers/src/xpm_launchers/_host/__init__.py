"""This host: its name, its processes, locks, and the time that is left.

A lowest room: it knows no other.
"""

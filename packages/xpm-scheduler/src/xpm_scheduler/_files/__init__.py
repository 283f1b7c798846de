"""Reading and writing files so that nobody sees half of one.

A lowest room: it knows no other.
"""

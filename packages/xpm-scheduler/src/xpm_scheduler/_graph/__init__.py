"""Nodes, their states, and what follows from a change of one.

Without I/O. A lowest room: it knows no other.
"""

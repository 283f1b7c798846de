"""The objects that documents describe, and how value objects are made of them.

Knows the format. Does no I/O.
"""

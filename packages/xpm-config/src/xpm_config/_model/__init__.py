"""The records of this package: markers, types, arguments, states of objects, and walks over them.

The lowest room: it knows no other.
"""

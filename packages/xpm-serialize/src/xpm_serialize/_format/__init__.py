"""The format: documents, values, names of classes, and where each was read.

The lowest room: it knows no other.
"""

"""Configurations to documents and folders.

Knows the format and the objects. Reads only what it writes over.
"""

"""Documents and folders to configurations and value objects.

Knows the format and the objects. Writes nothing.
"""

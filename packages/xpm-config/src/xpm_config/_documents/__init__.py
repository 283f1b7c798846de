"""Configurations as plain data and as files, and back.

Beside `_objects`: neither knows the other.
"""

"""This host: starting processes on it, its files and its locks.

Knows processes and tokens. Does not know launchers.
"""

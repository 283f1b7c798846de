"""Counters shared by all processes that see a folder."""

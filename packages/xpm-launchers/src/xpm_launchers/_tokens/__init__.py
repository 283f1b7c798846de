"""Counters that all processes which see a folder share.

Knows processes, to tell whether a holder lives.
"""

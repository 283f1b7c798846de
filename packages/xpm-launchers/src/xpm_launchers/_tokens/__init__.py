"""Counters that all processes which see a folder share.

Knows processes, to see whether a holder lives.
"""

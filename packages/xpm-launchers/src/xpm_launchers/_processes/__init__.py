"""Processes that run, from their handles.

Knows the interface.
"""

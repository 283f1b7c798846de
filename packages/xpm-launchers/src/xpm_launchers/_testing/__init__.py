"""What a launcher must do, as tests that any launcher can be given.

Knows the interface, and processes by their handles.
"""

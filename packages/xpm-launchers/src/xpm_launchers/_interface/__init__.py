"""What launchers, connectors and processes are, for all back ends.

Knows no back end.
"""

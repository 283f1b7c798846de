"""The launcher for a job: found by requirements or chosen among several; and running many commands.

Knows all launchers of this package.
"""

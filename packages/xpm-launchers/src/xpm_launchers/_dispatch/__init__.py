"""The launcher for a job, by requirements or chosen among several; and commands run in a batch.

Knows all launchers of this package.
"""

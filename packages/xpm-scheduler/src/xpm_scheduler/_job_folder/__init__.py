"""The driver's side of a job's folder: its status, attempts, the command that runs it, its logs.

All of it is I/O on one folder. Knows jobs and workspaces.
"""

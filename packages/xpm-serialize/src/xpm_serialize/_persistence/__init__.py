"""What the public functions load, check and look up: saved folders, tasks of jobs, runs.

The top room of this package: it may know all others.
"""

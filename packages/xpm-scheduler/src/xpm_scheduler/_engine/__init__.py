"""The scheduler: one thread that alone changes the states of jobs, and what it does for each.

Knows jobs and workspaces. Knows an experiment only by the protocol `Plan`.
"""

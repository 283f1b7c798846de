"""What is written about a run of an experiment: jobs, events, snapshots, the code's environment.

Knows jobs and the formats of `_state`; knows no experiment.
"""

"""Services that go along with an experiment, such as viewers.

Knows the states of jobs.
"""

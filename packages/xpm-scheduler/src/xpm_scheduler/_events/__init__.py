"""The events in the logs of runs and jobs: their kinds, their words, and how logs are read.

Knows files; what events amount to is the business of `_state`.
"""

"""What is shown of an experiment: how many jobs are in which state, a live line, a summary.

Knows jobs; knows no experiment.
"""

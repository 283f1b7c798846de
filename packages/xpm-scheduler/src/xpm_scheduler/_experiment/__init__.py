"""The experiment: what a plan opens, and what is written and shown about its run.

The top room of a driver: it may know all others but the commands.
"""

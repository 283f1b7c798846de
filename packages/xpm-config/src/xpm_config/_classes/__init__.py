"""Configuration classes: the bases that users derive from, and how a class becomes one.

The top room of this package: it may know all others.
"""

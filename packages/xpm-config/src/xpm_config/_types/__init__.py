"""The types of values: what each accepts, converts and checks.

Knows how values of each type are encoded, and the model.
"""

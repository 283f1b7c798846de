"""The encoding of values as bytes, which identifiers are digests of.

Frozen: a change here changes the identifiers of finished tasks.
"""

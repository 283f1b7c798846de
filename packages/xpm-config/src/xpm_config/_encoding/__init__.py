"""The encoding of values as bytes, which identifiers are digests of.

Knows the records of `_model`, and neither types nor schemas. Frozen: a change here changes the
identifiers of finished tasks.
"""

"""Identifiers: what of a configuration counts, its canonical form, and the digest of it.

Knows schemas and encodings. Does not know how objects are made, changed or saved.
"""

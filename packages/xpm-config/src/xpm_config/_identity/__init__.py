"""Identifiers: what of a configuration counts, its canonical form, and the digest of it.

`preimage` makes the bytes of one configuration, `computation` visits those that it holds, and
`cycles` takes over where there are loops or instances. Knows records, schemas and encodings; does
not know how objects are made, changed or saved.
"""

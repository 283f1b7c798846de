"""Configuration objects: their values, validation, sealing, copies, tags and instances.

Functions on the records of `_model`. Knows what classes declare (`_declarations`) and works
out identifiers through `_identity`; does not know how classes are made from declarations, nor
files.
"""

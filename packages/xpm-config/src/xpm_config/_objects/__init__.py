"""Configuration objects: their values, validation, sealing, copies, tags and instances.

Knows the schema of a class (`_declarations`), and works out identifiers through `_identity`.
"""

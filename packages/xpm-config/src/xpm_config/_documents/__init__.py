"""Configurations as plain data and as files, and back.

Reads and writes objects by their records (`_model`) and declared types (`_types`), and seals those
in sets (`_objects`). Does not know how classes are made.
"""

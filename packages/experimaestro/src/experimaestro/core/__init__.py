"""Configurations and their serialization, by the import paths of the 2.x releases."""

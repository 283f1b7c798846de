"""What a class declares: annotations and fields, resolved once into a schema.

Knows the types of values. Does not know objects.
"""

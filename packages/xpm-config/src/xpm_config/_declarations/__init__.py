"""What a class declares: annotations and fields, resolved once into a schema.

Knows the types of values (`_types`), and of objects no more than their records (`_model`): the
type variables that they bind, and the hooks of what they hold.
"""

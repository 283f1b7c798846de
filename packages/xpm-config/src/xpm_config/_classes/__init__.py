"""Configuration classes: the bases that users derive from, and how a class becomes one.

At the first use of a class its schema is built (`factory`), and the class of its objects made.
Knows objects and declarations; does not know documents.
"""

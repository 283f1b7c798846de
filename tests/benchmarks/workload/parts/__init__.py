"""Configurations in a package, as most users have them."""

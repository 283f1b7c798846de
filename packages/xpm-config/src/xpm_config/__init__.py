"""Typed, composable configurations with stable identifiers."""

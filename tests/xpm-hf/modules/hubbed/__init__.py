"""Configuration classes for the tests."""

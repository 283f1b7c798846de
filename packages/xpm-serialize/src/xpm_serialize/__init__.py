"""Configurations to JSON and directories, and back."""

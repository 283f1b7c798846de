"""Contexts in which configurations become value objects."""

from xpm_config import DirectoryContext, EmptyContext

__all__ = ["DirectoryContext", "EmptyContext"]

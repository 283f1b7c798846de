"""Configurations on the Hugging Face Hub."""

from xpm_hf import ExperimaestroHFHub

__all__ = ["ExperimaestroHFHub"]

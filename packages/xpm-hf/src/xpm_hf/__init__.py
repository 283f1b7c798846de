"""Experimaestro configurations on the Hugging Face Hub."""

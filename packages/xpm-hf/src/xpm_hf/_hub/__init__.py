"""Configurations in repositories of the Hugging Face Hub.

The one room that knows `huggingface_hub`.
"""

"""What goes on inside a job's process, beside `execute()`: progress, events, tokens.

A job's process pays for each import of it.
"""

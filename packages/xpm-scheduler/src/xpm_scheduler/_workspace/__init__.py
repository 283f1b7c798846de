"""The workspace: where everything lies, attempts, markers, the history of runs.

Knows files and settings.
"""

"""Tasks, and the jobs that they become when they are submitted.

Knows workspaces and the graph. Knows the engine and the plan by the protocols of `interfaces`.
"""

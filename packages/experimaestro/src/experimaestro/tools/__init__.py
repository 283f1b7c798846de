"""Tools for workspaces and their jobs."""

"""Jobs in auxiliary folders: found, brought back, and moved there.

Knows jobs and workspaces.
"""

"""The server: forks the children, counts what they use, and reports how they ended.

Single-threaded, so that a fork is safe. Does not know the client.
"""

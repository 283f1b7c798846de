"""The connector of this host: its files, locks and counters, and single processes.

Knows processes and tokens, and no launcher.
"""

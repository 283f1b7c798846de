"""Processes on this machine: the launch server, its ledger, and both of their ends."""

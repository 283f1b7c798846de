"""The fork server: one process for each kind of interpreter, which forks a child for each job.

`client` and `server` know the protocol, the capacity and the ledger, and not each other.
"""

"""Hardware requirements: parsing, matching, and the specifications of hosts.

Pure, but for the look at this host's devices.
"""

"""Hardware requirements: their language, how hosts satisfy them, and what hosts have.

Without I/O, but for the look at this host's devices.
"""

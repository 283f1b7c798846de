"""The client of the fork server: the launcher of drivers, and its connection.

Does not know the server.
"""

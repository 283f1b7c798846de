"""This host: its hardware, its processes, what runs in one, and the time that a job has left.

Knows what a process is for all back ends, and no launcher.
"""

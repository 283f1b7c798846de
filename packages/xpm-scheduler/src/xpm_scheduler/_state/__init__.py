"""The state of a workspace, from its files: experiments, runs, jobs.

Reads only. Its public door is `xpm_scheduler.state`.
"""

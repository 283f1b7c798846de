"""Actions: what can be done with an experiment once it has run.

A lowest room. Its public door is `xpm_scheduler.actions`.
"""

"""The user's settings: records, and the YAML file that they are read from.

A lowest room. Its public door is `xpm_scheduler.settings`.
"""

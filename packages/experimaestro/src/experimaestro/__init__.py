"""Plan, run and track experiments: typed configurations, tasks that run once, launchers."""

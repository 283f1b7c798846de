"""Plan, run and track experiments: typed configurations, tasks run once, local and cluster launchers."""

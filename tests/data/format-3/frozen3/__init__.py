"""Classes of the frozen folders."""

"""Classes of the folders that release 2.7.0 has written."""

"""Functions that look after running jobs."""

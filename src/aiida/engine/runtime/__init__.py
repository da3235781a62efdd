"""Who runs what: checkpoints, the rows of what is alive, the runner of a thread."""

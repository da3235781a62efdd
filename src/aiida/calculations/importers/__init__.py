"""Taking over calculations that were run elsewhere."""

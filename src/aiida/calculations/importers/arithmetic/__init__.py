"""Taking over simple arithmetic."""

"""Simple arithmetic on a computer."""

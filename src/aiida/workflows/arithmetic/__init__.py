"""Simple arithmetic by workflows."""

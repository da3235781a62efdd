"""Processes that are run by workers in the background."""

"""Parsers of simple arithmetic."""

"""Parsers of jobs made from a template."""

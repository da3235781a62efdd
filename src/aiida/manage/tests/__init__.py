"""Fixtures for the tests of plugins, where they used to be."""

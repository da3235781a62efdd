"""A plugin as there are many: a program that adds numbers."""

__version__ = '1.2'

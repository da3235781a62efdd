"""From the files of a job to nodes."""

from aiida.parsers.parser import Parser

__all__ = ('Parser',)

"""How log messages look on the command line."""

from __future__ import annotations

import logging

import click

from aiida.cmdline.utils.styles import COLORS

__all__ = ('CliFormatter', 'CliHandler')


class CliHandler(logging.Handler):
    """Prints messages as the commands do: to standard error from ERROR on, otherwise to standard output."""

    is_ours = True

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message."""
        try:
            err = getattr(record, 'err', record.levelno >= logging.ERROR)
            click.echo(self.format(record), nl=getattr(record, 'nl', True), err=err)
        except Exception:
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the message with the name of its level in front."""
        return (self.formatter or CliFormatter()).format(record)


class CliFormatter(logging.Formatter):
    """Puts the name of the level in front, in its colour."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message with the name of its level in front."""
        message = record.getMessage()
        if record.exc_info:
            message = f'{message}\n{self.formatException(record.exc_info)}'
        if not getattr(record, 'prefix', True):
            return message
        level = record.levelname.lower()
        return f'{click.style(f"{level.capitalize()}:", fg=COLORS.get(level), bold=True)} {message}'

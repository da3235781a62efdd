"""Colours of what the commands print; a terminal shows them, a pipe or a file does not get them."""

from __future__ import annotations

__all__ = ('COLORS',)

COLORS = {
    'success': 'green',
    'highlight': 'green',
    'debug': 'white',
    'info': 'blue',
    'report': 'blue',
    'warning': 'bright_yellow',
    'error': 'red',
    'critical': 'red',
    'deprecated': 'red',
}

"""An argument that is defined once and used, with changes, by many commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ('OverridableArgument',)


class OverridableArgument:
    """A definition of an argument; calling it gives the decorator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep what :func:`click.argument` takes."""
        self.args = args
        self.kwargs = kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        """Return the decorator.

        :param args: another name.
        :param kwargs: what differs.
        """
        return click.argument(*(args or self.args), **{**self.kwargs, **kwargs})

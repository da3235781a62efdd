"""An option that is defined once and used, with changes, by many commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

__all__ = ('OverridableOption',)


class OverridableOption:
    """A definition of an option; calling it gives the decorator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep what :func:`click.option` takes."""
        self.args = args
        self.kwargs = kwargs

    def __call__(self, **kwargs: Any) -> Callable[[Any], Any]:
        """Return the decorator.

        :param kwargs: what differs.
        """
        return click.option(*self.args, **{**self.kwargs, **kwargs})

    def clone(self, **kwargs: Any) -> OverridableOption:
        """Return another definition.

        :param kwargs: what differs.
        """
        return type(self)(*self.args, **{**self.kwargs, **kwargs})

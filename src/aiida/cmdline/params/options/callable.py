"""An option whose default is looked up when the command is called, not for its help."""

from __future__ import annotations

from typing import Any

import click

__all__ = ('CallableDefaultOption',)


class CallableDefaultOption(click.Option):
    """An option whose default a function gives when the command is called."""

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """Return the default.

        :param call: whether the function is called; for the help, nothing is returned instead.
        """
        default = self.default
        if callable(default):
            return default() if call and not ctx.resilient_parsing else None
        return super().get_default(ctx, call=call)

"""What the types of parameters derive from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

__all__ = ('ParamType',)

if TYPE_CHECKING:
    ParamType = click.ParamType[Any]
else:  # older releases of click have no type parameter here
    ParamType = click.ParamType

"""Choices that are looked up when they are needed, and several values for one option."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import click

from aiida.cmdline.params.types.base import ParamType

__all__ = ('LazyChoice', 'MultipleValueParamType')

T = TypeVar('T')


class LazyChoice(ParamType, Generic[T]):
    """One of several values, which a function gives when they are first needed."""

    name = 'choice'

    def __init__(self, get_choices: Callable[[], Iterable[T]]) -> None:
        """
        :param get_choices: returns the values.
        """
        if not callable(get_choices):
            raise TypeError(f'get_choices has to be callable, got {get_choices!r}')
        self._get_choices = get_choices
        self._known: click.Choice[Any] | None = None

    @property
    def _choice(self) -> click.Choice[Any]:
        if self._known is None:
            self._known = click.Choice(list(self._get_choices()))
        return self._known

    @property
    def choices(self) -> list[Any]:
        """The values."""
        return list(self._choice.choices)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return the values as the help shows them."""
        return self._choice.get_metavar(param, ctx)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str | None:
        """Return what is said where the value is missing."""
        return self._choice.get_missing_message(param, ctx)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value that was chosen."""
        return self._choice.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the values that begin with a text."""
        return self._choice.shell_complete(ctx, param, incomplete)

    def __repr__(self) -> str:
        return 'LazyChoice(UNINITIALISED)' if self._known is None else f'LazyChoice({self.choices})'


class MultipleValueParamType(ParamType):
    """A tuple of values of another type."""

    def __init__(self, param_type: ParamType) -> None:
        """
        :param param_type: the type of each value.
        """
        self._param_type = param_type
        self.name = f'{param_type.name}...' if getattr(param_type, 'name', None) else 'value...'

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """Return how the values are written in the help."""
        inner = self._param_type.get_metavar(param, ctx) or self._param_type.name.upper()
        return f'{inner}...'

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return what completes one of the values."""
        return self._param_type.shell_complete(ctx, param, incomplete)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        """Return the values."""
        values = value if isinstance(value, (list, tuple)) else (value,)
        return tuple(self._param_type(item, param, ctx) for item in values)

"""Types of parameters that are text of a form."""

from __future__ import annotations

import re
from typing import Any

import click

__all__ = (
    'EmailType',
    'EntryPointType',
    'HostnameType',
    'LabelStringType',
    'MpirunCommandParamType',
    'NonEmptyStringParamType',
    'ShebangParamType',
)

Param = click.Parameter | None
Ctx = click.Context | None


class NonEmptyStringParamType(click.types.StringParamType):
    """Text that is not empty."""

    name = 'nonemptystring'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the text."""
        text = super().convert(value, param, ctx)
        if not text:
            self.fail('it must not be empty', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'NONEMPTYSTRING'


class LabelStringType(NonEmptyStringParamType):
    """A label: letters, digits, ``_``, ``-`` and ``.``."""

    name = 'labelstring'
    ALPHABET = r'\w\.\-'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the label."""
        text = super().convert(value, param, ctx)
        if not re.fullmatch(f'[{self.ALPHABET}]*', text):
            self.fail('only letters, digits, `_`, `-` and `.` are allowed', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'LABELSTRING'


class EntryPointType(NonEmptyStringParamType):
    """The name of an entry point."""

    name = 'entrypoint'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the name."""
        text = super().convert(value, param, ctx)
        if not re.fullmatch(r'[\w.\-]+', text):
            self.fail(f'{text!r} is no name of an entry point', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'ENTRYPOINT'


class HostnameType(click.types.StringParamType):
    """The name of a machine, or its address."""

    name = 'hostname'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the name."""
        text = super().convert(value, param, ctx)
        if not text:
            self.fail('it must not be empty', param, ctx)
        if not re.fullmatch(r'[A-Za-z0-9]([A-Za-z0-9_.:\-]*[A-Za-z0-9])?', text):
            self.fail(f'{text!r} is no name of a machine', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'HOSTNAME'


class EmailType(click.types.StringParamType):
    """An email address."""

    name = 'email'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the address."""
        text = super().convert(value, param, ctx)
        if not re.fullmatch(r'[^\s@]+@[^\s@]+', text):
            self.fail(f'{text!r} is no email address', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'EMAIL'


class ShebangParamType(click.types.StringParamType):
    """The first line of a script."""

    name = 'shebangline'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the line."""
        text = super().convert(value, param, ctx)
        if not text.startswith('#!'):
            self.fail(f'the first line of a script begins with `#!`, got {text!r}', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'SHEBANGLINE'


class MpirunCommandParamType(click.types.StringParamType):
    """The command a parallel program is started with; it may hold ``{tot_num_mpiprocs}`` and the like."""

    name = 'mpiruncommandstring'

    def convert(self, value: Any, param: Param, ctx: Ctx) -> Any:
        """Return the command."""
        text = super().convert(value, param, ctx)
        try:
            text.format_map(_Anything())
        except (ValueError, IndexError) as exception:
            self.fail(f'{text!r} is no command with fields in braces: {exception}', param, ctx)
        return text

    def __repr__(self) -> str:
        return 'MPIRUNCOMMANDSTRING'


class _Anything(dict):  # type: ignore[type-arg]
    def __missing__(self, key: str) -> str:
        return key

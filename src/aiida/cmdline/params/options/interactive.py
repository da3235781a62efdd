"""Options that are asked for on a terminal, where they were not given.

Nothing is asked where the command was called with ``--non-interactive`` or where standard input is not a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

__all__ = ('ConditionalOption', 'InteractiveOption', 'TemplateInteractiveOption')


class ConditionalOption(click.Option):
    """An option that is required where a function says so."""

    def __init__(
        self,
        param_decls: Sequence[str] | None = None,
        required_fn: Callable[[click.Context], bool] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param required_fn: says whether it is required; where it is given, ``required`` does not matter.
        """
        self.required_fn = required_fn
        super().__init__(param_decls, **kwargs)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Return the value.

        :raises click.MissingParameter: if there is none and it is required.
        """
        if self.required_fn is not None:
            self.required = bool(self.required_fn(ctx))
        return super().process_value(ctx, value)


class InteractiveOption(ConditionalOption):
    """An option that is asked for on a terminal; ``?`` prints what it is for, ``!`` says: no value, not the default."""

    PROMPT_COLOR = 'bright_yellow'
    CHARACTER_PROMPT_HELP = '?'
    CHARACTER_IGNORE_DEFAULT = '!'

    def __init__(
        self,
        param_decls: Sequence[str] | None = None,
        prompt_fn: Callable[[click.Context], bool] | None = None,
        contextual_default: Callable[[click.Context], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """
        :param prompt_fn: says whether it is asked for at all.
        :param contextual_default: gives the default where what was answered before matters.
        """
        super().__init__(param_decls, **kwargs)
        self._prompt_fn = prompt_fn
        self._contextual_default = contextual_default

    def get_default(self, ctx: click.Context, call: bool = True) -> Any:
        """Return the default."""
        if self._contextual_default is not None and call and not ctx.resilient_parsing:
            found = self._contextual_default(ctx)
            if found is not None:
                return found
        return super().get_default(ctx, call=call)

    @staticmethod
    def is_interactive(ctx: click.Context) -> bool:
        """Return whether anything may be asked."""
        return not ctx.params.get('non_interactive', False) and sys.stdin is not None and sys.stdin.isatty()

    def get_help_message(self) -> str:
        """Return what the option is for."""
        message = f'Expecting {self.type.name}' if not self.help else self.help
        choices = getattr(self.type, 'choices', None) or getattr(self.type, 'get_valid_arguments', list)()
        if choices:
            message += '\nSelect one of:\n' + '\n'.join(f'\t{choice}' for choice in choices)
        return message

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """Return the answer, or the default where nothing may be asked."""
        default = self.get_default(ctx)
        if not self.is_interactive(ctx) or (self._prompt_fn is not None and not self._prompt_fn(ctx)):
            return default
        # what is not set is None in older releases of click, and an object of its own in newer ones
        default = None if type(default).__name__ == 'Sentinel' else default
        if self.is_flag and self.is_bool_flag:
            return click.confirm(click.style(str(self.prompt), fg=self.PROMPT_COLOR), default=bool(default))
        while True:
            answer = click.prompt(
                click.style(str(self.prompt), fg=self.PROMPT_COLOR),
                default='' if default is None else default,
                show_default=default not in (None, ''),
                hide_input=self.hide_input,
            )
            if answer == self.CHARACTER_PROMPT_HELP:
                click.echo(self.get_help_message())
                continue
            value: Any = None if answer in ('', self.CHARACTER_IGNORE_DEFAULT) else answer
            if value is None and self.required:
                click.secho('Error: a value is needed; `?` says what for', fg='red', err=True)
                continue
            try:
                return super().process_value(ctx, value)
            except click.BadParameter as exception:
                click.secho(f'Error: {exception.format_message()}', fg='red', err=True)


class TemplateInteractiveOption(InteractiveOption):
    """An option with several lines of text, which is asked for in an editor."""

    def __init__(self, param_decls: Sequence[str] | None = None, **kwargs: Any) -> None:
        """
        :param header: what is written above the text, as comments.
        """
        self.header = kwargs.pop('header', '')
        self.extension = kwargs.pop('extension', '')
        super().__init__(param_decls, **kwargs)

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """Return the text, or the default where nothing may be asked."""
        default = self.get_default(ctx)
        if not self.is_interactive(ctx):
            return default
        if not click.confirm(click.style(f'{self.prompt}: edit?', fg=self.PROMPT_COLOR), default=False):
            return default
        lines = (click.edit(f'{self.header}\n{default or ""}', extension=self.extension) or default or '').splitlines()
        return '\n'.join(line for line in lines if not line.startswith('#=')).strip()

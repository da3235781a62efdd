"""An option that takes all words up to the next option: ``-P pk state label``."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.params.types.choice import MultipleValueParamType

__all__ = ('MultipleValueOption',)


class MultipleValueOption(click.Option):
    """An option with one or more values; a ``--`` ends them before an argument."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        param_type = kwargs.pop('type', None)
        default = kwargs.get('default')
        super().__init__(*args, **kwargs)
        if param_type is None:
            param_type = click.STRING
        self.type = MultipleValueParamType(click.types.convert_type(param_type))
        if isinstance(default, list):
            self.default = tuple(default)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser take the words that follow, up to the next option."""
        super().add_to_parser(parser, ctx)
        options = {id(known): known for known in (*parser._long_opt.values(), *parser._short_opt.values())}
        for option in options.values():
            if option.obj is self:
                option.process = _gather(option.process, parser)


def _gather(process: Any, parser: Any) -> Any:
    def gather(value: Any, state: Any) -> None:
        values = [] if value is None else [value]
        while state.rargs and not _is_option(state.rargs[0], parser):
            values.append(state.rargs.pop(0))
        process(tuple(values), state)

    return gather


def _is_option(word: str, parser: Any) -> bool:
    """Return whether a word begins an option; a negative number does not."""
    if word == '--':
        return True
    if len(word) < 2 or word[0] != '-':
        return False
    if word.split('=')[0] in parser._long_opt:
        return True
    return word[:2] in parser._short_opt or not word[1].isdigit()

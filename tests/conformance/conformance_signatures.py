"""Whether a call that is written for one signature works with another."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Parameters:
    """The parameters of a callable, without ``self`` or ``cls``."""

    positional: tuple[str, ...]
    keyword_only: tuple[str, ...]
    optional: frozenset[str]
    var_positional: bool
    var_keyword: bool

    @classmethod
    def parse(cls, text: str, *, drop_first: bool = False) -> Parameters:
        """Read ``(self, a, b=0, *args, c=0, **kwargs)``."""
        function = ast.parse(f'def f{text}: pass').body[0]
        assert isinstance(function, ast.FunctionDef)
        given = function.args
        positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
        optional = set(positional[len(positional) - len(given.defaults) :])
        optional |= {a.arg for a, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is not None}
        return cls(
            tuple(positional[1:] if drop_first else positional),
            tuple(argument.arg for argument in given.kwonlyargs),
            frozenset(optional),
            given.vararg is not None,
            given.kwarg is not None,
        )

    @classmethod
    def of(cls, function: Any, *, drop_first: bool = False) -> Parameters:
        """Return those of a callable."""
        parameters = list(inspect.signature(function).parameters.values())
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        names = [p.name for p in positional]
        return cls(
            tuple(names[1:] if drop_first else names),
            tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY),
            frozenset(p.name for p in parameters if p.default is not p.empty),
            any(p.kind is p.VAR_POSITIONAL for p in parameters),
            any(p.kind is p.VAR_KEYWORD for p in parameters),
        )


def incompatibility(ours: Parameters, documented: Parameters) -> str | None:
    """Return why a call that the documented signature allows may fail with ours, ``None`` if it cannot."""
    for index, name in enumerate(documented.positional):
        if index < len(ours.positional):
            if ours.positional[index] != name:
                return f'`{name}` is documented at position {index}, ours is `{ours.positional[index]}`'
        elif not ours.var_positional:
            return f'`{name}` is not taken by position'
        elif name not in ours.keyword_only and not ours.var_keyword:
            return f'`{name}` is not taken by keyword'
    known = {*ours.positional, *ours.keyword_only}
    unknown = set(documented.keyword_only) - known
    if unknown and not ours.var_keyword:
        return f'there is no {sorted(unknown)}'
    if documented.var_positional and not ours.var_positional:
        return 'there is no `*args`'
    if documented.var_keyword and not ours.var_keyword:
        return 'there is no `**kwargs`'
    expected = {*documented.positional, *documented.keyword_only} - documented.optional
    needed = known - ours.optional - expected
    return f'{sorted(needed)} must be given' if needed else None

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
    optional: dict[str, Any]
    var_positional: bool
    var_keyword: bool

    @classmethod
    def parse(cls, text: str, *, drop_first: bool = False) -> Parameters:
        """Read ``(self, a, b=0, *args, c=0, **kwargs)``; a default of ``...`` is any."""
        function = ast.parse(f'def f{text}: pass').body[0]
        assert isinstance(function, ast.FunctionDef)
        given = function.args
        positional = [argument.arg for argument in (*given.posonlyargs, *given.args)]
        values = dict(zip(positional[len(positional) - len(given.defaults) :], given.defaults, strict=True))
        values |= {
            a.arg: value for a, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value is not None
        }
        return cls(
            tuple(positional[1:] if drop_first else positional),
            tuple(argument.arg for argument in given.kwonlyargs),
            {name: ast.literal_eval(value) for name, value in values.items()},
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
            {p.name: p.default for p in parameters if p.default is not p.empty},
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
    expected = {*documented.positional, *documented.keyword_only} - set(documented.optional)
    needed = known - set(ours.optional) - expected
    return f'{sorted(needed)} must be given' if needed else _other_default(ours, documented)


def _other_default(ours: Parameters, documented: Parameters) -> str | None:
    """Return which default differs, of those that are plain values in both."""
    for name, value in documented.optional.items():
        default = ours.optional.get(name, value)
        if value is not ... and isinstance(default, bool | int | float | str | tuple | None) and default != value:
            return f'the default of `{name}` is documented as {value!r}, ours is {default!r}'
    return None

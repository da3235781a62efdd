"""`make_inline` of AiiDA 0.10: functions that create data, and give the calculation that records it too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from aiida.engine import calcfunction
from aiida.orm import CalcFunctionNode
from aiida.work.inputs import modern_inputs

__all__ = ('make_inline',)


def make_inline(func: Callable[..., Any]) -> Callable[..., tuple[CalcFunctionNode, dict[str, Any]]]:
    """Turn a function into one that is recorded, and returns the node of the calculation and the outputs by label.

    :param func: takes nodes by name, and returns a dictionary of nodes.
    :raises TypeError: if it is no plain function; when called, if inputs are not given by name.
    """
    made: Any = calcfunction(func)

    @functools.wraps(made)
    def wrapped(*args: Any, **kwargs: Any) -> tuple[CalcFunctionNode, dict[str, Any]]:
        if args:
            raise TypeError(f'the inputs of `{func.__name__}` are given by name, not as {args!r}')
        result, node = made.run_get_node(**modern_inputs(kwargs))
        return node, dict(result) if isinstance(result, Mapping) else {'result': result}

    return wrapped

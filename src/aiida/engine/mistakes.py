"""Refusing what a user got wrong in a few lines: nobody's mistake is found in the frames of the engine."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

__all__ = ('is_mistake', 'refuses_briefly')

P = ParamSpec('P')
R = TypeVar('R')

#: Who says that what was given cannot be taken: module and function.
_REFUSERS = frozenset(
    {
        ('plumpy.processes', 'on_create'),
        ('aiida.engine.processes.ports', 'serialize_input'),
        ('aiida.engine.utils', 'instantiate_process'),
    }
)
#: Modules whose frames are no code of the user's.
_OURS = ('aiida.engine.', 'aiida.work.', 'plumpy.')


def is_mistake(error: Exception) -> bool:
    """Return whether an error says that what was given cannot be taken, and came up through no code of the user's.

    :param error: as it was caught by whoever the user called.
    """
    trace = error.__traceback__
    last = None
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get('__name__', ''))
        if not name.startswith(_OURS):
            return False
        last = (name, trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    return last in _REFUSERS


def refuses_briefly(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that users call raise what is their mistake without the frames that lead to where it was found."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (TypeError, ValueError) as error:
            if is_mistake(error):
                raise error.with_traceback(None) from None
            raise

    return wrapper

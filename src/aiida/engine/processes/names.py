"""The names of a process class that mean something to the engine, and what a subclass may make of them."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import Any

__all__ = ('check_names',)

#: What every process is asked for by these names; a property of a subclass may narrow it.
_DATA = frozenset({'inputs', 'outputs', 'node', 'ctx', 'runner', 'uuid', 'pid'}) | frozenset(
    {'metadata', 'raw_inputs', 'paused', 'state', 'loop', 'creation_time'}
)
#: The machinery: a subclass has no reason to change it.
_MACHINERY = frozenset(
    {'transition_to', 'transition_failed', 'step_until_terminated', 'create_state', 'has_terminated', 'future', 'step'}
)
#: Methods that a subclass may extend, as long as they can be called as before.
_EXTENDED = frozenset(
    {'kill', 'pause', 'play', 'submit', 'out', 'out_many', 'report', 'resume', 'fail', 'close', 'save'}
)


def check_names(cls: type[Any]) -> None:
    """Refuse a process class that gives another meaning to a name the engine needs.

    :raises RuntimeError: with the name.
    """
    own = vars(cls)
    for name in (_DATA | _MACHINERY) & own.keys():
        plain = not hasattr(own[name], '__get__') or callable(own[name])
        if plain and any(hasattr(base, name) for base in cls.__bases__):
            raise _refusal(cls, name)
    for name in _EXTENDED & own.keys():
        known = next((getattr(base, name) for base in cls.__bases__ if hasattr(base, name)), None)
        if isinstance(known, FunctionType) and not _can_stand_in(own[name], known):
            raise _refusal(cls, name)


def _refusal(cls: type[Any], name: str) -> RuntimeError:
    return RuntimeError(
        f'the name `{name}` is kept by the engine and cannot be redefined, but `{cls.__name__}` does: give the '
        'attribute or method another name'
    )


def _can_stand_in(mine: Any, known: FunctionType) -> bool:
    """Return whether a method can be called as the one it replaces; of what says nothing about itself it is assumed."""
    if not callable(mine):
        return False
    try:
        parameters = inspect.signature(mine).parameters.values()
    except (TypeError, ValueError):
        return True
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    wanted = [item for item in inspect.signature(known).parameters.values() if item.kind in kinds]
    needed = sum(1 for item in wanted if item.default is inspect.Parameter.empty)
    given = [item for item in parameters if item.kind in kinds]
    required = sum(1 for item in given if item.default is inspect.Parameter.empty)
    # at least the first optional one, which is how the engine calls it: `kill(message)`
    return required <= len(wanted) and len(given) >= min(needed + 1, len(wanted))

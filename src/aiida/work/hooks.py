"""Methods of a process that subclasses overrode in AiiDA 0.10, and what is theirs to override today."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from aiida.engine.processes.workchains.workchain import Protect

__all__ = ('ProtectLess', 'adapt_hooks', 'inputs_of', 'is_of_old')

#: Methods whose parameters were others: what the engine of today calls without them.
_ARGUMENTS: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    'on_create': lambda process: (process.pid, inputs_of(process), None),
    'on_wait': lambda process: (process.awaited(),),
}
#: Methods that are protected today.
_UNPROTECTED = ('on_run', 'on_wait')
#: Methods of the engine of which there was none, so that a step could be called so.
_STEPS = ('close', 'fail', 'init', 'resume', 'run', 'start', 'step')
#: Whose methods these are today.
_ENGINE = ('aiida.engine.', 'aiida.work.', 'plumpy.')


def adapt_hooks(cls: type) -> None:
    """Let the hooks that a class defines with the parameters of AiiDA 0.10 be called by the engine of today."""
    for name, arguments in _ARGUMENTS.items():
        own = _to_adapt(cls, name)
        if own is not None and (count := _required(own)):
            setattr(cls, name, _filled(own, count, arguments))
    own = _to_adapt(cls, 'on_finish')
    if own is not None and len(inspect.signature(own).parameters) == 1:
        cls.on_finish = _remembering(own)  # type: ignore[attr-defined]


def _to_adapt(cls: type, name: str) -> FunctionType | None:
    own = cls.__dict__.get(name)
    return own if isinstance(own, FunctionType) and not is_of_old(own) else None


def inputs_of(process: Any) -> dict[str, Any]:
    """Return the inputs of a process as they were given, without metadata."""
    return {name: value for name, value in (process.raw_inputs or {}).items() if name != 'metadata'}


def is_of_old(method: Any) -> bool:
    """Return whether a hook has the parameters of AiiDA 0.10."""
    return hasattr(method, '_takes')


def _required(function: FunctionType) -> int:
    """Return how many arguments a method must be given."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(item.kind in kinds and item.default is item.empty for item in parameters) - 1


def _filled(
    method: Callable[..., None], count: int, arguments: Callable[[Any], tuple[Any, ...]]
) -> Callable[..., None]:
    """Return a method that can be called without arguments, and gives those of old to one that takes them."""

    @functools.wraps(method)
    def hook(self: Any, *given: Any) -> None:
        known = given if any(item is not None for item in given) else arguments(self)
        method(self, *known[:count])

    hook._takes = count  # type: ignore[attr-defined]
    return hook


def _remembering(method: Callable[[Any], None]) -> Callable[..., None]:
    """Return a method that can be called as ``on_finish`` is today, and calls one that takes nothing."""

    @functools.wraps(method)
    def on_finish(self: Any, result: Any = None, successful: bool = True) -> None:
        self._end = self._end or (result, successful)
        try:
            method(self)
        finally:
            self._end = None

    on_finish._takes = 0  # type: ignore[attr-defined]
    return on_finish


class _Step:
    """A step that is called as a method of the engine: the engine gets its own, everybody else the step."""

    def __init__(self, function: FunctionType) -> None:
        self._function = function

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._function
        if str(sys._getframe(1).f_globals.get('__name__', '')).startswith(_ENGINE):
            cls = next(cls for cls in type(instance).__mro__ if self in cls.__dict__.values())
            return getattr(super(cls, instance), self._function.__name__)
        return self._function.__get__(instance, owner)


class ProtectLess(Protect):
    """Metaclass that refuses what that of a work chain of today does, but what one of AiiDA 0.10 might have."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """
        :raises RuntimeError: as ``Protect`` does.
        """
        kept = {key: namespace[key] for key in _UNPROTECTED if isinstance(namespace.get(key), FunctionType)}
        for key in _STEPS:
            member = namespace.get(key)
            if bases and isinstance(member, FunctionType) and len(inspect.signature(member).parameters) == 1:
                kept[key] = _Step(member)
        made = super().__new__(mcs, name, bases, {key: item for key, item in namespace.items() if key not in kept})
        for key, member in kept.items():
            setattr(made, key, member)
        adapt_hooks(made)
        return made

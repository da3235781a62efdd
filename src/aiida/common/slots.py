"""Named places that the composition root fills.

A lower room sometimes needs what only a higher room can make: the orm needs the store of the loaded profile, the
engine needs a runner. It declares a :class:`Slot` for it; ``aiida.manage`` provides the value when a profile is loaded.
:func:`provide` does so without importing the room: a module that is not imported yet finds its slot filled when it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from aiida.common.exceptions import ConfigurationError

T = TypeVar('T')

__all__ = ('Slot', 'provide')

_declared: dict[str, Slot[Any]] = {}
_provided: dict[str, Callable[[], Any]] = {}


def provide(module_name: str, factory: Callable[[], Any] | None) -> None:
    """Fill the slot that a module declares, now or as soon as the module is imported.

    :param module_name: the module; it declares one slot.
    :param factory: what answers from now on; ``None`` empties the slot.
    """
    slot = _declared.get(module_name)
    if factory is None:
        _provided.pop(module_name, None)
        if slot is not None:
            slot.clear()
        return
    _provided[module_name] = factory
    if slot is not None:
        slot.fill(factory)


class Slot(Generic[T]):
    """A value handed down by the composition root, made when it is first asked for."""

    def __init__(self, name: str, hint: str) -> None:
        """
        :param name: what the slot holds, in the words of an error message (``the storage of a profile``).
        :param hint: what the reader of that message can do about an empty slot.
        """
        self._name = name
        self._hint = hint
        module_name = sys._getframe(1).f_globals.get('__name__', '')
        _declared[module_name] = self
        self._factory: Callable[[], T] | None = _provided.get(module_name)

    @property
    def is_filled(self) -> bool:
        """Whether a value can be asked for."""
        return self._factory is not None

    def fill(self, factory: Callable[[], T]) -> None:
        """Let ``factory`` answer from now on; it is called at each :meth:`get` and caches for itself if it should."""
        self._factory = factory

    def clear(self) -> None:
        """Forget the factory."""
        self._factory = None

    def get(self) -> T:
        """Return the value.

        :raises ConfigurationError: if nothing has been provided.
        """
        if self._factory is None:
            raise ConfigurationError(f'{self._name} is needed, but there is none: {self._hint}')
        return self._factory()

    @contextmanager
    def override(self, value: T) -> Iterator[T]:
        """Let ``value`` be the answer inside the context."""
        before = self._factory
        self._factory = lambda: value
        try:
            yield value
        finally:
            self._factory = before

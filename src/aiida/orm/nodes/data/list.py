"""A node that wraps a list."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from typing import Any

from aiida.orm.nodes.data.base import to_aiida_type
from aiida.orm.nodes.data.data import Data

__all__ = ('List',)


class List(Data, MutableSequence):  # type: ignore[type-arg]
    """A list of what JSON knows, with all that lists do; changes are refused once it is stored."""

    _LIST_KEY = 'list'

    def __init__(self, value: list[Any] | None = None, **kwargs: Any) -> None:
        """
        :param value: the list; ``list=`` is another name for it.
        :raises TypeError: if it is no list.
        """
        data = value if value is not None else kwargs.pop('list', None)
        kwargs.pop('list', None)
        super().__init__(**kwargs)
        self.set_list([] if data is None else data)

    def _read(self) -> list[Any]:
        """Return the list itself, for reading."""
        found: list[Any] = self._record.attributes.get(self._LIST_KEY, [])
        return found

    def _change(self) -> list[Any]:
        """Return the list itself, for changing it.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability_attributes([self._LIST_KEY])
        changeable: list[Any] = self._record.attributes.setdefault(self._LIST_KEY, [])
        return changeable

    def __getitem__(self, item: Any) -> Any:
        return self.get_list()[item]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._change()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._change()[key]

    def __len__(self) -> int:
        return len(self._read())

    def __str__(self) -> str:
        return f'{super().__str__()} value: {self._read()}'

    def __eq__(self, other: object) -> bool:
        return bool(self._read() == (other._read() if isinstance(other, List) else other))

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, value: Any) -> bool:
        return value in self._read()

    def __add__(self, other: Any) -> List:
        if not isinstance(other, List | list):
            return NotImplemented
        return List(self.get_list() + (other.get_list() if isinstance(other, List) else other))

    def __radd__(self, other: Any) -> List:
        return List(other + self.get_list()) if isinstance(other, list) else NotImplemented

    def append(self, value: Any) -> None:
        """Add a value at the end."""
        self._change().append(value)

    def extend(self, value: Iterable[Any]) -> None:
        """Add values at the end."""
        self._change().extend(value)

    def insert(self, i: int, value: Any) -> None:
        """Put a value before position ``i``."""
        self._change().insert(i, value)

    def remove(self, value: Any) -> None:
        """Remove the first item that equals ``value``.

        :raises ValueError: if there is none.
        """
        self._change().remove(value)

    def pop(self, index: int = -1) -> Any:
        """Remove the item at a position and return it."""
        return self._change().pop(index)

    def index(self, value: Any, start: int = 0, stop: int = 0) -> int:
        """Return the position of the first item that equals ``value``.

        :param start: where to begin.
        :param stop: where to end, 0 for the end of the list.
        :raises ValueError: if there is none.
        """
        data = self._read()
        return data.index(value, start, stop or len(data))

    def count(self, value: Any) -> int:
        """Return how many items equal ``value``."""
        return self._read().count(value)

    def sort(self, key: Any = None, reverse: bool = False) -> None:
        """Sort in place."""
        self._change().sort(key=key, reverse=reverse)

    def reverse(self) -> None:
        """Reverse in place."""
        self._change().reverse()

    def clear(self) -> None:
        """Remove all items."""
        self._change().clear()

    @property
    def value(self) -> list[Any]:
        """The list; see :meth:`get_list`."""
        return self.get_list()

    def get_list(self) -> list[Any]:
        """Return the list: itself while the node is not stored, a copy afterwards."""
        found: list[Any] = self.base.attributes.get(self._LIST_KEY, [])
        return found

    def set_list(self, data: list[Any]) -> None:
        """Replace the list.

        :raises TypeError: if ``data`` is no list.
        :raises ModificationNotAllowed: if the node is stored.
        """
        if not isinstance(data, list):
            raise TypeError(f'a List holds a list, not {data!r:.100} of type {type(data)}')
        self.base.attributes.set(self._LIST_KEY, data.copy())

    def _using_list_reference(self) -> bool:
        """Whether :meth:`get_list` gives out the list itself, so that changes of it are changes of the node."""
        return not self.is_stored


@to_aiida_type.register(list)
def _(value: list[Any]) -> List:
    return List(value)

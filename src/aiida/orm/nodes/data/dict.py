"""A node that wraps a dictionary."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aiida.orm.nodes.data.base import to_aiida_type
from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from aiida.orm.utils.managers import AttributeManager

__all__ = ('Dict',)


class Dict(Data):
    """A dictionary of what JSON knows; its top level is the attributes of the node, so that queries reach every key.

    As any node that holds no boolean, it is true, also when empty.
    """

    def __init__(self, value: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """
        :param value: the dictionary; ``dict=`` is another name for it. Keys are strings without a dot.
        :raises ValidationError: if a key is not.
        """
        dictionary = value if value is not None else kwargs.pop('dict', None)
        kwargs.pop('dict', None)
        super().__init__(**kwargs)
        if dictionary:
            self.set_dict(dictionary)
        elif dictionary is not None and not isinstance(dictionary, Mapping | Dict):
            raise TypeError(f'a Dict holds a dictionary, not {dictionary!r}')

    def __getitem__(self, key: str) -> Any:
        try:
            return self.base.attributes.get(key)
        except AttributeError:
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: Any) -> None:
        self.base.attributes.set(key, value)

    def __delitem__(self, key: str) -> None:
        self._check_mutability_attributes([key])
        if key not in self:
            raise KeyError(key)
        self.base.attributes.delete(key)

    def __contains__(self, key: object) -> bool:
        return key in self._attributes_now()

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._attributes_now()))

    def __len__(self) -> int:
        return len(self._attributes_now())

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return bool(self._attributes_now() == (other._attributes_now() if isinstance(other, Dict) else other))

    __hash__ = None  # type: ignore[assignment]

    def __or__(self, other: Any) -> Dict:
        if not isinstance(other, Mapping | Dict):
            return NotImplemented
        return Dict({**self.get_dict(), **dict(other.items())})

    def __ror__(self, other: Any) -> Dict:
        return Dict({**other, **self.get_dict()}) if isinstance(other, Mapping) else NotImplemented

    def get(self, key: str, default: Any = None, /) -> Any:  # type: ignore[override]
        """Return the value of a key, ``default`` if there is none."""
        return self.base.attributes.get(key, default)

    def set_dict(self, dictionary: Any) -> None:
        """Replace the dictionary.

        :raises TypeError: if it is none.
        :raises ModificationNotAllowed: if the node is stored.
        """
        self.base.attributes.reset(_as_dict(dictionary))

    def update_dict(self, dictionary: Any) -> None:
        """Set the keys of another dictionary; the others stay.

        :raises TypeError: if it is none.
        :raises ModificationNotAllowed: if the node is stored.
        """
        self._check_mutability_attributes()
        self.base.attributes.set_many(_as_dict(dictionary))

    def get_dict(self) -> builtins.dict[str, Any]:
        """Return a copy of the dictionary."""
        return dict(self.base.attributes.all)

    def keys(self) -> Iterator[str]:
        """Yield the keys."""
        yield from self._attributes_now()

    def values(self) -> Iterator[Any]:
        """Yield the values."""
        yield from self.base.attributes.all.values()

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield pairs of key and value."""
        yield from self.base.attributes.all.items()

    @property
    def value(self) -> builtins.dict[str, Any]:
        """A copy of the dictionary."""
        return self.get_dict()

    @property
    def dict(self) -> AttributeManager:
        """The keys as attributes: ``node.dict.energy``."""
        from aiida.orm.utils.managers import AttributeManager

        return AttributeManager(self)


def _as_dict(dictionary: Any) -> dict[str, Any]:
    if isinstance(dictionary, Dict):
        return dictionary.get_dict()
    if not isinstance(dictionary, Mapping):
        raise TypeError(f'a Dict holds a dictionary, not {dictionary!r:.100} of type {type(dictionary)}')
    return dict(dictionary)


@to_aiida_type.register(dict)
def _(value: dict[str, Any]) -> Dict:
    return Dict(value)

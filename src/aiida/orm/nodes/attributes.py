"""The attributes of a node: what it is, fixed once it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aiida.common.cleaning import clean_value, copy_json, validate_key

if TYPE_CHECKING:
    from aiida.orm.nodes.node import Node

__all__ = ('NodeAttributes',)

_NO_DEFAULT: Any = ()


class NodeAttributes:
    """The attributes of a node: a dictionary of what JSON knows.

    Of a node that is not stored the very values are given out; of a stored one, copies. Values are checked when they
    are written to the store.
    """

    __slots__ = ('_node',)

    def __init__(self, node: Node) -> None:
        self._node = node

    def __contains__(self, key: str) -> bool:
        return key in self._node._attributes_now()

    @property
    def all(self) -> dict[str, Any]:
        """All attributes; changes to the dictionary have no effect on a stored node."""
        attributes = self._node._attributes_now()
        return copy_json(attributes) if self._node._record.id is not None else attributes

    def get(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return an attribute.

        :raises AttributeError: if it does not exist and there is no default.
        """
        node = self._node
        try:
            value = node._attributes_now()[key]
        except KeyError:
            if default is _NO_DEFAULT:
                raise AttributeError(f"attribute '{key}' does not exist on {node}") from None
            return default
        if isinstance(value, dict | list) and node._record.id is not None:
            return copy_json(value)
        return value

    def get_many(self, keys: list[str]) -> list[Any]:
        """Return several attributes.

        :raises AttributeError: if one of them does not exist.
        """
        attributes = self._node._attributes_now()
        self._require(attributes, keys)
        values = [attributes[key] for key in keys]
        return copy_json(values) if self._node.is_stored else values

    def set(self, key: str, value: Any) -> None:
        """Set an attribute.

        :raises ModificationNotAllowed: if the node is stored.
        :raises ValidationError: if the key is no valid name or, on a stored node, the value not of what JSON knows.
        """
        node = self._node
        validate_key(key)
        if node._record.id is None:
            node._record.attributes[key] = value
        else:
            node._check_mutability_attributes([key])
            node._write_attributes({key: clean_value(value)}, ())

    def set_many(self, attributes: dict[str, Any]) -> None:
        """Set several attributes, all or none.

        :raises ModificationNotAllowed: if the node is stored.
        :raises ValidationError: as for :meth:`set`.
        """
        node = self._node
        for key in attributes:
            validate_key(key)
        if node._record.id is None:
            node._record.attributes.update(attributes)
        else:
            node._check_mutability_attributes(list(attributes))
            node._write_attributes(clean_value(attributes), ())

    def reset(self, attributes: dict[str, Any]) -> None:
        """Replace all attributes.

        :raises ModificationNotAllowed: if the node is stored.
        :raises ValidationError: as for :meth:`set`.
        """
        node = self._node
        for key in attributes:
            validate_key(key)
        node._check_mutability_attributes()
        if node._record.id is None:
            node._record.attributes = dict(attributes)
        else:
            removed = [key for key in node._attributes_now() if key not in attributes]
            node._write_attributes(clean_value(attributes), removed)

    def delete(self, key: str) -> None:
        """Remove an attribute.

        :raises ModificationNotAllowed: if the node is stored.
        :raises AttributeError: if it does not exist.
        """
        self.delete_many([key])

    def delete_many(self, keys: list[str]) -> None:
        """Remove several attributes, all or none.

        :raises ModificationNotAllowed: if the node is stored.
        :raises AttributeError: if one of them does not exist.
        """
        node = self._node
        node._check_mutability_attributes(keys)
        self._require(node._attributes_now(), keys)
        if node._record.id is not None:
            node._write_attributes({}, keys)
            return
        for key in keys:
            node._record.attributes.pop(key, None)

    def clear(self) -> None:
        """Remove all attributes.

        :raises ModificationNotAllowed: if the node is stored.
        """
        self.reset({})

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return pairs of name and value."""
        return self.all.items()

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._node._attributes_now().keys()

    def _require(self, attributes: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in keys:
            if key not in attributes:
                raise AttributeError(f"attribute '{key}' does not exist on {self._node}")

"""What anybody may note on a node or group at any time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from aiida.common.cleaning import clean_value, copy_json, validate_key

__all__ = ('EntityExtras',)

_NO_DEFAULT: Any = ()


class HasExtras(Protocol):
    """An entity with extras."""

    @property
    def is_stored(self) -> bool:
        """Whether there is a row in the store."""

    def _extras_now(self) -> dict[str, Any]:
        """Return the extras: of a stored entity a copy of what the database has now, else the very dict."""

    def _write_extras(self, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        """Set and remove extras."""


class EntityExtras:
    """The extras of a node or group: a dictionary of what JSON knows, that may change after storing."""

    def __init__(self, entity: HasExtras) -> None:
        self._entity = entity

    def __contains__(self, key: str) -> bool:
        return key in self._entity._extras_now()

    @property
    def all(self) -> dict[str, Any]:
        """All extras; changes to the dictionary have no effect on a stored entity."""
        return self._entity._extras_now()

    def get(self, key: str, default: Any = _NO_DEFAULT) -> Any:
        """Return an extra.

        :raises AttributeError: if it does not exist and there is no default.
        """
        extras = self._entity._extras_now()
        if key in extras:
            return extras[key]
        if default is _NO_DEFAULT:
            raise AttributeError(f"extra '{key}' does not exist on {self._entity}")
        return default

    def get_many(self, keys: list[str]) -> list[Any]:
        """Return several extras.

        :raises AttributeError: if one of them does not exist.
        """
        extras = self._entity._extras_now()
        self._require(extras, keys)
        return [extras[key] for key in keys]

    def set(self, key: str, value: Any) -> None:
        """Set an extra.

        :raises ValidationError: if the key is no valid name or the value is not of what JSON knows.
        """
        self.set_many({key: value})

    def set_many(self, extras: dict[str, Any]) -> None:
        """Set several extras, all or none.

        :raises ValidationError: if a key is no valid name or a value is not of what JSON knows.
        """
        for key in extras:
            validate_key(key)
        if self._entity.is_stored:
            extras = clean_value(extras)
        self._entity._write_extras(extras, ())

    def reset(self, extras: dict[str, Any]) -> None:
        """Replace all extras.

        :raises ValidationError: if a key is no valid name or a value is not of what JSON knows.
        """
        for key in extras:
            validate_key(key)
        if self._entity.is_stored:
            extras = clean_value(extras)
        self._entity._write_extras(extras, [key for key in self._entity._extras_now() if key not in extras])

    def delete(self, key: str) -> None:
        """Remove an extra.

        :raises AttributeError: if it does not exist.
        """
        self.delete_many([key])

    def delete_many(self, keys: list[str]) -> None:
        """Remove several extras, all or none.

        :raises AttributeError: if one of them does not exist.
        """
        self._require(self._entity._extras_now(), keys)
        self._entity._write_extras({}, keys)

    def clear(self) -> None:
        """Remove all extras."""
        self._entity._write_extras({}, list(self._entity._extras_now()))

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return pairs of name and value."""
        return self._entity._extras_now().items()

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self._entity._extras_now().keys()

    def _require(self, extras: Mapping[str, Any], keys: Sequence[str]) -> None:
        for key in keys:
            if key not in extras:
                raise AttributeError(f"extra '{key}' does not exist on {self._entity}")


def merged(values: Mapping[str, Any], changes: Mapping[str, Any], removed: Iterable[str]) -> dict[str, Any]:
    """Return a dictionary with changes applied; values are copied, as ``values`` may be shared."""
    result = {key: value for key, value in values.items() if key not in set(removed)}
    result.update(copy_json(dict(changes)))
    return result

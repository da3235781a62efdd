"""Dictionaries whose keys can be read and written as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiida.common.exceptions import ValidationError

__all__ = ('AttributeDict', 'DefaultFieldsAttributeDict', 'FixedFieldsAttributeDict')


class AttributeDict(dict):  # type: ignore[type-arg]
    """A dictionary whose keys are attributes too; mappings in it become such dictionaries."""

    def __init__(self, dictionary: Mapping[str, Any] | None = None) -> None:
        """
        :param dictionary: the first content; mappings below it are converted, at any depth.
        """
        super().__init__()
        for key, value in (dictionary or {}).items():
            self[key] = AttributeDict(value) if isinstance(value, Mapping) else value

    def __repr__(self) -> str:
        return f'{type(self).__name__}({dict.__repr__(self)})'

    def __getattr__(self, attr: str) -> Any:
        try:
            return self[attr]
        except KeyError:
            raise AttributeError(f'{type(self).__name__!r} object has no attribute {attr!r}') from None

    def __setattr__(self, attr: str, value: Any) -> None:
        try:
            self[attr] = value
        except KeyError as exception:
            raise AttributeError(str(exception.args[0])) from exception

    def __delattr__(self, attr: str) -> None:
        try:
            del self[attr]
        except KeyError:
            raise AttributeError(f'{type(self).__name__!r} object has no attribute {attr!r}') from None

    def __copy__(self) -> AttributeDict:
        return type(self)(self)

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> AttributeDict:
        from copy import deepcopy

        copied = type(self)()
        for key, value in self.items():
            dict.__setitem__(copied, key, deepcopy(value, memo))
        return copied

    def __getstate__(self) -> dict[str, Any]:
        return dict(self)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.update(state)

    def __dir__(self) -> list[str]:
        return [str(key) for key in self]


class FixedFieldsAttributeDict(AttributeDict):
    """A dictionary that takes only the keys its class lists in ``_valid_fields``."""

    _valid_fields: tuple[str, ...] = ()

    def __init__(self, init: Mapping[str, Any] | None = None) -> None:
        """
        :param init: the first content.
        :raises KeyError: for a key that is not a valid field.
        """
        for key in init or {}:
            self._check(key)
        super().__init__(init)

    def _check(self, key: str) -> None:
        if key not in self._valid_fields:
            valid = ', '.join(self._valid_fields)
            raise KeyError(f'{key!r} is not a valid key for {type(self).__name__!r}; valid are: {valid}')

    def __setitem__(self, item: str, value: Any) -> None:
        self._check(item)
        super().__setitem__(item, value)

    @classmethod
    def get_valid_fields(cls) -> tuple[str, ...]:
        """Return the keys that are taken."""
        return cls._valid_fields

    def __dir__(self) -> list[str]:
        return list(self._valid_fields)


class DefaultFieldsAttributeDict(AttributeDict):
    """A dictionary whose default fields read as ``None`` until they are set; other keys are taken too.

    A class lists its default fields in ``_default_fields`` and may define a method ``validate_<field>`` for each, which
    :meth:`validate` calls.
    """

    _default_fields: tuple[str, ...] = ()

    def validate(self) -> None:
        """Check the values of all keys that have a method for it.

        :raises ValidationError: for the first that its method refuses.
        """
        for key in self.get_default_fields():
            check = getattr(type(self), f'validate_{key}', None)
            if check is None:
                continue
            try:
                check(self, self[key])
            except Exception as exception:
                raise ValidationError(
                    f'Invalid value for key {key!r} [{type(exception).__name__}]: {exception}'
                ) from exception

    def __getitem__(self, key: str) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            if key in self._default_fields:
                return None
            raise

    @classmethod
    def get_default_fields(cls) -> list[str]:
        """Return the keys that always read."""
        return list(cls._default_fields)

    def defaultkeys(self) -> list[str]:
        """Return the default fields that are set."""
        return [key for key in self if key in self._default_fields]

    def extrakeys(self) -> list[str]:
        """Return the keys that are set and no default fields."""
        return [key for key in self if key not in self._default_fields]

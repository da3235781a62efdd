"""A node that wraps an object that turns itself into a dictionary."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from aiida.orm.nodes.data.data import Data

__all__ = ('JsonableData',)

_CONSTANTS = {'NaN': float('nan'), 'Infinity': float('inf'), '-Infinity': float('-inf')}


@runtime_checkable
class JsonSerializableProtocol(Protocol):
    """An object that can be written as a dictionary; ``from_dict`` of its class makes it again."""

    def as_dict(self) -> dict[str, Any]:
        """Return what is to be kept of the object."""


class JsonableData(Data):
    """An object of any class with ``as_dict`` and, to have it back, the class method ``from_dict``.

    NaN and infinities, which JSON does not know, are kept as the strings ``NaN``, ``Infinity`` and ``-Infinity``.
    """

    _obj: Any

    def __init__(self, obj: JsonSerializableProtocol, *args: Any, **kwargs: Any) -> None:
        """
        :param obj: the object; its class can be imported.
        :raises TypeError: if it has no ``as_dict``, or that gives something JSON does not know.
        """
        if not callable(getattr(obj, 'as_dict', None)):
            raise TypeError(f'{obj!r} of type {type(obj)} cannot be kept: it has no method `as_dict`')
        dictionary = dict(obj.as_dict())
        dictionary.setdefault('@class', type(obj).__name__)
        dictionary.setdefault('@module', type(obj).__module__)
        try:
            clean = json.loads(json.dumps(dictionary), parse_constant=lambda constant: constant)
        except TypeError as exception:
            raise TypeError(
                f'{obj!r} cannot be kept: its `as_dict` gives more than JSON knows: {exception}'
            ) from exception
        super().__init__(*args, **kwargs)
        self._obj = obj
        self.base.attributes.set_many(clean)

    @property
    def the_module(self) -> str:
        """The module the class of the object is in."""
        return str(self.base.attributes.get('@module'))

    @property
    def the_class(self) -> str:
        """The name of the class of the object."""
        return str(self.base.attributes.get('@class'))

    @classmethod
    def _deserialize_float_constants(cls, data: Any) -> Any:
        """Return the data with the strings that stand for NaN and infinities replaced by what they stand for."""
        if isinstance(data, dict):
            return {key: cls._deserialize_float_constants(value) for key, value in data.items()}
        if isinstance(data, list):
            return [cls._deserialize_float_constants(value) for value in data]
        return _CONSTANTS.get(data, data) if isinstance(data, str) else data

    def _get_object(self) -> Any:
        """Return the object, made again if it is not at hand.

        :raises ImportError: if the class cannot be imported.
        """
        if '_obj' in self.__dict__:
            return self._obj
        try:
            kind = getattr(import_module(self.the_module), self.the_class)
        except (ImportError, AttributeError) as exception:
            raise ImportError(
                f'the class `{self.the_module}.{self.the_class}` of the object cannot be imported: {exception}'
            ) from exception
        self._obj = kind.from_dict(self._deserialize_float_constants(self.base.attributes.all))
        return self._obj

    @property
    def obj(self) -> Any:
        """The object; one that was loaded from the store is made again when first asked for.

        :raises ImportError: if its class cannot be imported.
        """
        return self._get_object()

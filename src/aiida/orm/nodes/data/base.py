"""Nodes that wrap one value of a basic type of Python, and the conversion of Python values to nodes."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any, ClassVar

from aiida.orm.nodes.data.data import Data

if TYPE_CHECKING:
    from typing import Self

__all__ = ('BaseType', 'to_aiida_type')


@singledispatch
def to_aiida_type(value: Any) -> Any:
    """Return a node, not stored, that holds a Python value: an ``Int`` for an integer, a ``Dict`` for a dictionary, ...

    Register a converter for a further type with ``@to_aiida_type.register(TheType)``.

    :raises TypeError: if there is no converter for the type.
    """
    if type(value).__module__ == 'numpy' and _register_numpy():
        return to_aiida_type(value)
    known = ', '.join(sorted(cls.__name__ for cls in to_aiida_type.registry if cls is not object))
    raise TypeError(f'there is no node type for {value!r:.100} of type {type(value)}; there is one for {known}')


def _register_numpy() -> bool:
    """Add the types of numpy that its own registration with ``numbers`` leaves out; return whether that is news."""
    import numpy as np

    if np.ndarray in to_aiida_type.registry:
        return False
    from aiida.orm.nodes.data.array.array import ArrayData

    to_aiida_type.register(np.ndarray, ArrayData)
    to_aiida_type.register(np.bool_, lambda value: to_aiida_type(bool(value)))
    return True


class BaseType(Data):
    """A node with one value of type ``_type``; equal to another one, or to a plain value, if the values are."""

    _type: ClassVar[Any]

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        """
        :param value: anything the type converts, another node of this kind, or ``None`` for the type's empty value.
        """
        kind = self.__class__.__dict__.get('_type') or _inherited_type(self)
        super().__init__(**kwargs)
        if value is None:
            value = kind()
        elif value.__class__ is not kind:
            value = kind(value.value if isinstance(value, BaseType) else value)
        self._record.attributes['value'] = value

    @property
    def value(self) -> Any:
        """The value."""
        return self._record.attributes.get('value')

    @value.setter
    def value(self, value: Any) -> None:
        self.base.attributes.set('value', self._type(value))

    def __str__(self) -> str:
        return f'{super().__str__()} value: {self.value}'

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, BaseType) else other))

    # Equal to plain values that have hashes of their own, and changeable until stored.
    __hash__ = None  # type: ignore[assignment]

    def new(self, value: Any = None) -> Self:
        """Return a new node of the same class."""
        return type(self)(value)


def _inherited_type(node: BaseType) -> Any:
    kind = getattr(type(node), '_type', None)
    if kind is None:
        raise RuntimeError(f'{type(node).__name__} has no `_type`: use a subclass that says what it wraps')
    return kind

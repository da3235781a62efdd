"""A node that wraps a text."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from aiida.orm.nodes.data.base import BaseType, to_aiida_type
from aiida.orm.nodes.data.data import Data

__all__ = ('Str',)


def _operator(function: Callable[[Any, Any], Any], swapped: bool = False) -> Callable[[Str, Any], Any]:
    """Return the method of an operator; its result is a new node."""

    def method(self: Str, other: Any) -> Any:
        if isinstance(other, BaseType):
            other = other.value
        elif isinstance(other, Data):
            return NotImplemented
        return to_aiida_type(function(other, self.value) if swapped else function(self.value, other))

    return method


class Str(BaseType):
    """A text. Joining, repeating, slicing and comparisons of order give new nodes, which are not stored.

    As any node that holds no boolean, it is true, whatever the text.
    """

    _type = str

    __add__ = _operator(operator.add)
    __radd__ = _operator(operator.add, swapped=True)
    __mul__ = _operator(operator.mul)
    __rmul__ = _operator(operator.mul, swapped=True)
    __mod__ = _operator(operator.mod)
    __lt__ = _operator(operator.lt)
    __le__ = _operator(operator.le)
    __gt__ = _operator(operator.gt)
    __ge__ = _operator(operator.ge)

    def __getitem__(self, item: int | slice) -> Str:
        return Str(self.value[item])

    def __contains__(self, text: str | Str) -> bool:
        return (text.value if isinstance(text, Str) else text) in self.value

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return True


@to_aiida_type.register(str)
def _(value: str) -> Str:
    return Str(value)

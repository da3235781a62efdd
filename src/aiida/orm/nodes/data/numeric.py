"""What nodes that wrap a number have in common: they calculate like the number and give new nodes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from aiida.orm.nodes.data.base import BaseType, to_aiida_type
from aiida.orm.nodes.data.data import Data

__all__ = ('NumericType',)

Operator = Callable[[Any, Any], Any]


def _operand(other: Any) -> Any:
    """Return the number of a node, a plain value as it is, and ``NotImplemented`` for any other node."""
    if isinstance(other, NumericType):
        return other.value
    return NotImplemented if isinstance(other, Data) else other


def _left(function: Operator) -> Callable[[NumericType, Any], Any]:
    """Return the method for ``node <operator> other``."""

    def method(self: NumericType, other: Any) -> Any:
        operand = _operand(other)
        return NotImplemented if operand is NotImplemented else to_aiida_type(function(self.value, operand))

    return method


def _right(function: Operator) -> Callable[[NumericType, Any], Any]:
    """Return the method for ``other <operator> node``, where ``other`` is no node."""

    def method(self: NumericType, other: Any) -> Any:
        operand = _operand(other)
        return NotImplemented if operand is NotImplemented else to_aiida_type(function(operand, self.value))

    return method


class NumericType(BaseType):
    """A node that wraps a number. Arithmetic and comparisons of order give new nodes, which are not stored."""

    __add__ = _left(operator.add)
    __radd__ = _right(operator.add)
    __sub__ = _left(operator.sub)
    __rsub__ = _right(operator.sub)
    __mul__ = _left(operator.mul)
    __rmul__ = _right(operator.mul)
    __truediv__ = _left(operator.truediv)
    __rtruediv__ = _right(operator.truediv)
    __floordiv__ = _left(operator.floordiv)
    __rfloordiv__ = _right(operator.floordiv)
    __mod__ = _left(operator.mod)
    __rmod__ = _right(operator.mod)
    __pow__ = _left(operator.pow)
    __rpow__ = _right(operator.pow)
    __lt__ = _left(operator.lt)
    __le__ = _left(operator.le)
    __gt__ = _left(operator.gt)
    __ge__ = _left(operator.ge)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __round__(self, ndigits: int | None = None) -> Any:
        return round(self.value) if ndigits is None else round(self.value, ndigits)

    def __abs__(self) -> Any:
        return abs(self.value)

    def __pos__(self) -> Any:
        return +self.value

    def __neg__(self) -> Any:
        return to_aiida_type(-self.value)

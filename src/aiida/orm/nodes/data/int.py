"""A node that wraps an integer."""

from __future__ import annotations

import numbers
from typing import Any

from aiida.orm.nodes.data.base import to_aiida_type
from aiida.orm.nodes.data.numeric import NumericType

__all__ = ('Int',)


class Int(NumericType):
    """An integer."""

    _type = int


@to_aiida_type.register(numbers.Integral)
def _(value: Any) -> Int:
    return Int(value)

"""A node that wraps a floating point number."""

from __future__ import annotations

import numbers
from typing import Any

from aiida.orm.nodes.data.base import to_aiida_type
from aiida.orm.nodes.data.numeric import NumericType

__all__ = ('Float',)


class Float(NumericType):
    """A floating point number; NaN and infinity cannot be stored."""

    _type = float


@to_aiida_type.register(numbers.Real)
def _(value: Any) -> Float:
    return Float(value)

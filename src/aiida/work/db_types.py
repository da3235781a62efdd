"""`aiida.work.db_types` of AiiDA 0.10: from Python values to nodes and back."""

from __future__ import annotations

from typing import Any

from aiida.orm import Bool, Data, Dict, Float, Int, List, Str, to_aiida_type
from aiida.work.notices import tell_of_module

__all__ = ('get_db_type', 'to_db_type', 'to_native_type')

tell_of_module(__name__, '`to_aiida_type` of `aiida.orm`, and `value` of a node')

_TYPES: dict[type, type[Data]] = {bool: Bool, int: Int, float: Float, str: Str, list: List, dict: Dict}


def get_db_type(native_type: type) -> type[Data] | None:
    """Return the class of the nodes for values of a Python type, ``None`` if there is none."""
    return next((_TYPES[base] for base in native_type.__mro__ if base in _TYPES), None)


def to_db_type(value: Any) -> Data:
    """Return a node for a value; a node is returned unchanged.

    :raises TypeError: if there is none for its type.
    """
    return value if isinstance(value, Data) else to_aiida_type(value)


def to_native_type(data: Any) -> Any:
    """Return the Python value of a node; what has none is returned unchanged."""
    if isinstance(data, Dict):
        return data.get_dict()
    if isinstance(data, List):
        return data.get_list()
    return data.value if isinstance(data, Bool | Float | Int | Str) else data

"""What may be written into a JSON column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from aiida.common.exceptions import ValidationError

__all__ = ('clean_value', 'copy_json', 'validate_key')

_PLAIN = frozenset({str, int, bool, type(None)})


def clean_value(value: Any) -> Any:
    """Return a deep copy of a value in which there is nothing but what JSON knows.

    Mappings become dicts with string keys, sequences lists, numbers of other types Python's own.

    :raises ValidationError: for NaN, infinity and anything without a counterpart in JSON; the message says where.
    """
    return _clean(value, ())


def _clean(value: Any, path: tuple[str, ...]) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is float:
        if math.isfinite(value):
            return value
        raise ValidationError(f'{value} cannot be stored: JSON has no NaN and no infinity{_where(path)}')
    if kind is list or kind is tuple:
        return [item if type(item) in _PLAIN else _clean(item, (*path, f'[{n}]')) for n, item in enumerate(value)]
    if kind is dict:
        return _clean_mapping(value, path)
    return _clean_uncommon(value, path)


def _clean_mapping(value: Mapping[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
    cleaned = {}
    for key, item in value.items():
        name = key if type(key) is str else _clean_key(key, path)
        cleaned[name] = item if type(item) in _PLAIN else _clean(item, (*path, name))
    return cleaned


def _clean_key(key: Any, path: tuple[str, ...]) -> str:
    if isinstance(key, str | int | float | bool):
        return str(key)
    raise ValidationError(f'a key of a dictionary must be a string, not {key!r} of type {type(key)}{_where(path)}')


def _clean_uncommon(value: Any, path: tuple[str, ...]) -> Any:
    """Handle subclasses of what JSON knows, and what converts to it without loss of meaning."""
    if hasattr(value, 'is_stored') and hasattr(value, 'base'):
        return _clean_wrapper(value, path)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real | Decimal):
        return _clean(float(value), path)
    if isinstance(value, Mapping):
        return _clean_mapping(value, path)
    if type(value).__module__ == 'numpy' and hasattr(value, 'tolist'):
        return _clean(value.tolist(), path)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview | type):
        return [_clean(item, (*path, f'[{number}]')) for number, item in enumerate(value)]
    raise ValidationError(
        f'a value of type {type(value)} cannot be stored, as JSON has none like it: {value!r:.200}{_where(path)}'
    )


def _clean_wrapper(node: Any, path: tuple[str, ...]) -> Any:
    """Return the value of a node that wraps one number, string, list or dictionary."""
    getter = getattr(node, 'get_list', None) or getattr(node, 'get_dict', None)
    if getter is not None:
        return _clean(getter(), path)
    if type(node).__name__ in {'Bool', 'Float', 'Int', 'Str', 'BaseType', 'NumericType'}:
        return _clean(node.value, path)
    raise ValidationError(f'a node cannot be stored inside another one, but {node} was given{_where(path)}')


def _where(path: tuple[str, ...]) -> str:
    return f' (at {".".join(path).replace(".[", "[")})' if path else ''


def copy_json(value: Any) -> Any:
    """Return a deep copy of a value that consists of what JSON knows; quicker than ``copy.deepcopy``."""
    kind = type(value)
    if kind is dict:
        return {key: item if type(item) in _PLAIN else copy_json(item) for key, item in value.items()}
    if kind is list:
        return [item if type(item) in _PLAIN else copy_json(item) for item in value]
    return value


def validate_key(key: Any) -> None:
    """Check the name of an attribute or extra.

    :raises ValidationError: unless it is a string that is not empty and has no dot, which queries use as a separator.
    """
    if not key or not isinstance(key, str):
        raise ValidationError(f'the name of an attribute or extra must be a string that is not empty, not {key!r}')
    if '.' in key:
        raise ValidationError(f"the name of an attribute or extra must not contain a dot, as '{key}' does")

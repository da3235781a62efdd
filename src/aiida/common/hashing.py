"""A number that is the same for equal values, in every interpreter and on every machine."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import singledispatch
from numbers import Complex, Integral, Real
from operator import itemgetter
from pathlib import PurePath
from typing import Any
from uuid import UUID

from aiida.common.exceptions import HashingError

__all__ = ('chunked_file_hash', 'float_to_text', 'get_random_string', 'make_hash', 'make_hash_of_parts')

#: Decimal digits of a floating point number that count; the rest is noise of rounding.
SIGNIFICANT_DIGITS = 16
_DIGEST_BYTES = 32
_FLOAT_FORMAT = f'%.{SIGNIFICANT_DIGITS}g'


def make_hash(object_to_hash: Any, **kwargs: Any) -> str:
    """Return the BLAKE2b hash of a value as 64 hexadecimal digits.

    Nested mappings (in any order of keys), sequences, sets, strings, bytes, numbers, dates, UUIDs, paths, enumerations,
    arrays and whatever offers ``base.caching.compute_hash`` (nodes) can be hashed. Lists and tuples are the same, as
    JSON makes no difference; ``1``, ``1.0`` and ``True`` are different.

    :raises HashingError: if some part of the value cannot be hashed; the message says which.
    """
    return hashlib.blake2b(
        _encode(object_to_hash).encode('utf-8', 'surrogatepass'), digest_size=_DIGEST_BYTES
    ).hexdigest()


def make_hash_of_parts(parts: Iterable[str]) -> str:
    """Return the hash of a sequence of strings, each of which is told from its neighbours."""
    text = '\n'.join(f'{len(part)}:{part}' for part in parts)
    return hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=_DIGEST_BYTES).hexdigest()


def get_random_string(length: int = 12) -> str:
    """Return letters and digits that nobody can guess.

    :param length: how many.
    """
    import secrets
    import string

    return ''.join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def float_to_text(value: float, sig: int = SIGNIFICANT_DIGITS) -> str:
    """Return a number in decimal notation, rounded to ``sig`` significant digits; zero has no sign."""
    return f'{value or 0.0:.{sig}g}'


def chunked_file_hash(
    handle: Any, hash_cls: Callable[[], Any] = hashlib.sha256, chunk_size: int = 524288, **kwargs: Any
) -> str:
    """Return the hash of what can be read from a binary handle, a chunk (of ``chunk_size`` bytes) at a time."""
    hasher = hash_cls(**kwargs)
    while chunk := handle.read(chunk_size):
        hasher.update(chunk)
    return str(hasher.hexdigest())


def _encode_float(value: float) -> str:
    if not math.isfinite(value):
        return f'f{value}'
    return 'f' + _FLOAT_FORMAT % (value or 0.0)


def _encode_str(value: str) -> str:
    return f's{len(value)}:{value}'


def _encode_sequence(value: Sequence[Any]) -> str:
    return f'[{",".join([_encode(item) for item in value])}]'


def _encode_mapping(value: Mapping[Any, Any]) -> str:
    pairs = [(_encode(key), item) for key, item in value.items()]
    pairs.sort(key=itemgetter(0))
    return '{' + ','.join([f'{key}:{_encode(item)}' for key, item in pairs]) + '}'


_COMMON: dict[type, Callable[[Any], str]] = {
    str: _encode_str,
    int: str,
    float: _encode_float,
    bool: str,
    type(None): str,
    list: _encode_sequence,
    tuple: _encode_sequence,
    dict: _encode_mapping,
}


def _encode(value: Any) -> str:
    """Return a text that is the same for equal values only."""
    encode = _COMMON.get(type(value))
    return encode(value) if encode is not None else _encode_uncommon(value)


@singledispatch
def _encode_uncommon(value: Any) -> str:
    base = getattr(value, 'base', None)
    if hasattr(base, 'caching'):
        return f'node({base.caching.compute_hash(ignore_errors=False)})'  # type: ignore[union-attr]
    if type(value).__module__.startswith('numpy'):
        return _encode_numpy(value)
    if type(value).__name__ == 'Folder' and hasattr(value, 'abspath'):
        return _encode_folder(value)
    raise HashingError(f'a value of type {type(value)} cannot be hashed: {value!r:.200}')


def _encode_numpy(value: Any) -> str:
    if getattr(value, 'ndim', None) == 0 or not hasattr(value, 'tolist'):
        return _encode(value.item())
    return f'array{_encode_sequence(value.tolist())}'


def _encode_folder(folder: Any) -> str:
    """Return the names and contents of what is in a folder."""
    from pathlib import Path

    root = Path(folder.abspath)
    entries = []
    for path in sorted(root.rglob('*')):
        digest = ''
        if path.is_file():
            with path.open('rb') as handle:
                digest = chunked_file_hash(handle)
        entries.append([path.relative_to(root).as_posix(), digest])
    return f'folder{_encode_sequence(entries)}'


@_encode_uncommon.register
def _(value: Enum) -> str:
    return f'enum({type(value).__module__}.{type(value).__qualname__}:{_encode(value.value)})'


@_encode_uncommon.register
def _(value: str) -> str:
    return _encode_str(str.__str__(value))


@_encode_uncommon.register
def _(value: bytes) -> str:
    return f'b{value.hex()}'


@_encode_uncommon.register
def _(value: bytearray) -> str:
    return f'b{value.hex()}'


@_encode_uncommon.register
def _(value: Integral) -> str:
    return str(int(value))


@_encode_uncommon.register(Real)
@_encode_uncommon.register(Decimal)
def _(value: Any) -> str:
    return _encode_float(float(value))


@_encode_uncommon.register
def _(value: Complex) -> str:
    number = complex(value)
    return f'c({_encode_float(number.real)},{_encode_float(number.imag)})'


@_encode_uncommon.register
def _(value: Mapping) -> str:  # type: ignore[type-arg]
    return _encode_mapping(value)


@_encode_uncommon.register
def _(value: Sequence) -> str:  # type: ignore[type-arg]
    return _encode_sequence(value)


@_encode_uncommon.register
def _(value: Set) -> str:  # type: ignore[type-arg]
    return f'set[{",".join(sorted(_encode(item) for item in value))}]'


@_encode_uncommon.register
def _(value: datetime) -> str:
    moment = value.astimezone(UTC) if value.tzinfo is not None else value
    return f'time({moment.isoformat()})'


@_encode_uncommon.register
def _(value: date) -> str:
    return f'date({value.isoformat()})'


@_encode_uncommon.register
def _(value: UUID) -> str:
    return f'uuid({value})'


@_encode_uncommon.register(PurePath)
def _(value: PurePath) -> str:
    return f'path({_encode_str(str(value))})'


@_encode_uncommon.register
def _(value: type) -> str:
    return f'class({value.__module__}.{value.__qualname__})'

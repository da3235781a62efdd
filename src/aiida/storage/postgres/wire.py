"""Statements and values as they travel to a server of PostgreSQL and back: all as text, for the server to give types.

Times, JSON and uuids come back as text too; who reads a column knows what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from aiida.common.exceptions import IntegrityError

__all__ = ('Parameters', 'Row', 'Statement', 'encode', 'encode_all', 'many_rows', 'marked', 'read_rows')

Parameters = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]
Reader = Callable[[bytes], Any]

_MARK = re.compile(r'\?|(?<![:\w]):([a-z_]+)')
_VALUES = re.compile(r'VALUES\s*\((?P<row>[^()]*)\)')


class Statement(NamedTuple):
    """A statement with the server's marks; ``names`` are those of its parameters, in order, if they have any."""

    sql: bytes
    names: tuple[str, ...] | None


class Result(Protocol):
    """What libpq gives for a statement."""

    ntuples: int
    nfields: int

    def ftype(self, column_number: int) -> int:
        """The object id of a column's type."""

    def get_value(self, row_number: int, column_number: int) -> bytes | None:
        """A value as text."""


@cache
def marked(sql: str) -> Statement:
    """Return a statement whose marks ``?`` or ``:name`` are written as the server wants them."""
    names: list[str] = []
    counted = 0

    def replace(found: re.Match[str]) -> str:
        nonlocal counted
        name = found[1]
        if name is None:
            counted += 1
            return f'${counted}'
        if name not in names:
            names.append(name)
        return f'${names.index(name) + 1}'

    text = _MARK.sub(replace, sql)
    return Statement(text.encode(), tuple(names) if names else None)


def many_rows(sql: str, number: int) -> str:
    """Return an ``INSERT`` of one row as one of several rows."""
    return _VALUES.sub(lambda found: 'VALUES ' + ', '.join([f'({found["row"]})'] * number), sql)


def encode(value: Any) -> bytes | None:
    """Return a parameter as text.

    :raises IntegrityError: if it is a text that PostgreSQL cannot hold.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if '\0' in value:
            raise IntegrityError(f'PostgreSQL cannot hold a text with a NUL character: {value[:80]!r}')
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise IntegrityError(f'PostgreSQL cannot hold a text that is not Unicode: {value[:80]!r}') from error
    if isinstance(value, bool):
        return b'true' if value else b'false'
    if isinstance(value, bytes):
        return b'\\x' + value.hex().encode()
    if isinstance(value, (list, tuple)):
        return ('{' + ','.join(map(_element, value)) + '}').encode()
    return str(value).encode()


def encode_all(statement: Statement, parameters: Parameters) -> list[bytes | None]:
    """Return all parameters of a statement, in its order."""
    if statement.names is None:
        return [encode(value) for value in parameters]
    assert isinstance(parameters, Mapping)
    return [encode(parameters[name]) for name in statement.names]


def _element(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace('\\', '\\\\').replace('"', '\\"')
        return f'"{escaped}"'
    return 'NULL' if value is None else str(value)


def _read_number(text: bytes) -> float:
    return int(text) if text.lstrip(b'-').isdigit() else float(text)


def _read_bytes(text: bytes) -> bytes:
    return bytes.fromhex(text[2:].decode())


#: By the object id of the type; what is not here is text.
_READERS: dict[int, Reader] = {
    16: lambda text: text == b't',
    17: _read_bytes,
    20: int,
    21: int,
    23: int,
    26: int,
    700: float,
    701: float,
    1700: _read_number,
}


def read_rows(result: Result) -> list[Row]:
    """Return the rows of a result."""
    count = result.ntuples
    if not count:
        return []
    get = result.get_value
    readers = [(place, _READERS.get(result.ftype(place), bytes.decode)) for place in range(result.nfields)]
    rows = []
    for number in range(count):
        values = []
        for place, read in readers:
            value = get(number, place)
            values.append(None if value is None else read(value))
        rows.append(tuple(values))
    return rows

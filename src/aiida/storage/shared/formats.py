"""The columns of AiiDA's tables, and how Python values are written into them and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from aiida.common import json
from aiida.common.exceptions import InternalError
from aiida.storage.records import EntityKind

__all__ = ('Formats', 'decode_row', 'encode_column', 'entity_columns', 'read_json', 'write_json')

write_json = json.dumps


def read_json(value: str | float | None) -> Any:
    """Return the value of a JSON column; ``None`` for SQL's NULL."""
    # SQLite gives columns declared as JSON a numeric affinity: the text of a number is kept as that number
    return json.loads(value) if isinstance(value, str) else value


class Formats(NamedTuple):
    """What one database writes otherwise than another."""

    write_json: Callable[[Any], str]
    write_time: Callable[[datetime], str]
    read_time: Callable[[str], datetime]
    #: makes one parameter of several values, as the statements take it
    write_list: Callable[[Iterable[Any]], Any]


# the columns of each table that are not plain text or numbers
_SPECIAL: dict[EntityKind, dict[str, str]] = {
    EntityKind.USER: {},
    EntityKind.COMPUTER: {'metadata': 'json'},
    EntityKind.AUTHINFO: {'metadata': 'json', 'auth_params': 'json', 'enabled': 'bool'},
    EntityKind.GROUP: {'time': 'time', 'extras': 'json'},
    EntityKind.COMMENT: {'ctime': 'time', 'mtime': 'time'},
    EntityKind.LOG: {'time': 'time', 'metadata': 'json'},
    EntityKind.SETTING: {'val': 'json', 'time': 'time'},
}

_COLUMNS: dict[EntityKind, tuple[str, ...]] = {
    EntityKind.USER: ('id', 'email', 'first_name', 'last_name', 'institution'),
    EntityKind.COMPUTER: (
        'id',
        'uuid',
        'label',
        'hostname',
        'description',
        'scheduler_type',
        'transport_type',
        'metadata',
    ),
    EntityKind.AUTHINFO: ('id', 'aiidauser_id', 'dbcomputer_id', 'metadata', 'auth_params', 'enabled'),
    EntityKind.GROUP: ('id', 'uuid', 'label', 'type_string', 'time', 'description', 'extras', 'user_id'),
    EntityKind.COMMENT: ('id', 'uuid', 'dbnode_id', 'ctime', 'mtime', 'user_id', 'content'),
    EntityKind.LOG: ('id', 'uuid', 'time', 'loggername', 'levelname', 'dbnode_id', 'message', 'metadata'),
    EntityKind.SETTING: ('id', 'key', 'val', 'description', 'time'),
}


def entity_columns(kind: EntityKind) -> tuple[str, ...]:
    """Return the names of the columns of a table, in its order."""
    return _COLUMNS[kind]


def encode_column(formats: Formats, kind: EntityKind, column: str, value: Any) -> Any:
    """Return a value in the form its column takes.

    :raises InternalError: if the table has no such column.
    """
    if column not in _COLUMNS[kind]:
        raise InternalError(f'{kind.value} has no column `{column}`: it has {", ".join(_COLUMNS[kind])}')
    form = _SPECIAL[kind].get(column)
    if form == 'json':
        return formats.write_json(value)
    if value is None:
        return None
    if form == 'time':
        return formats.write_time(value)
    return int(value) if form == 'bool' else value


def decode_row(formats: Formats, kind: EntityKind, row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of a table as Python values by the names of their columns."""
    values = dict(zip(_COLUMNS[kind], row, strict=True))
    for column, form in _SPECIAL[kind].items():
        value = values[column]
        if form == 'json':
            values[column] = read_json(value)
        elif form == 'time':
            values[column] = formats.read_time(value)
        else:
            values[column] = bool(value)
    return values

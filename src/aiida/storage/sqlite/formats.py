"""How Python values are written into AiiDA's columns in SQLite, and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aiida.storage.shared.formats import Formats, read_json, write_json

__all__ = ('FORMATS', 'read_json', 'read_time', 'write_json', 'write_time')


def write_time(value: datetime) -> str:
    """Return a time as AiiDA writes it: UTC without saying so, with microseconds."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(' ', 'microseconds')[:26]


def read_time(text: str) -> datetime:
    """Return the aware time that was written."""
    return datetime.fromisoformat(text + '+00:00')


def _write_list(values: Iterable[Any]) -> str:
    return write_json(list(values))


FORMATS = Formats(write_json, write_time, read_time, _write_list)

"""How Python values are written into AiiDA's columns in PostgreSQL, and back."""

from __future__ import annotations

from datetime import datetime

from aiida.storage.shared.formats import Formats, read_json, write_json

__all__ = ('FORMATS', 'read_json', 'read_time', 'write_json', 'write_time')

write_time = datetime.isoformat

#: The sessions of the store are in UTC, so that is the zone of what they give.
read_time = datetime.fromisoformat

FORMATS = Formats(write_time, read_time, list)

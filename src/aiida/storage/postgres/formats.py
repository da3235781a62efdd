"""How Python values are written into AiiDA's columns in PostgreSQL, and back."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiida.common import json
from aiida.storage.shared.formats import Formats, read_json

__all__ = ('FORMATS', 'read_json', 'read_time', 'write_json', 'write_time')

write_time = datetime.isoformat

_LARGE = re.compile(r'\d[eE]\+?\d')
_TEXT_OR_LARGE = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE]\+?\d+')


def write_json(value: Any) -> str:
    """Return ``value`` as JSON in which large floats are written with a point.

    PostgreSQL keeps numbers as decimals: ``1e16`` would come back as an integer, ``10000000000000000.0`` is a float.
    """
    text = json.dumps(value)
    # that is rare, but for hashes that look like it
    return text if _LARGE.search(text) is None else _TEXT_OR_LARGE.sub(_with_a_point, text)


def _with_a_point(found: re.Match[str]) -> str:
    text = found[0]
    if text[0] == '"':
        return text
    digits = format(Decimal(text), 'f')
    return digits if '.' in digits else f'{digits}.0'


#: The sessions of the store are in UTC, so that is the zone of what they give.
read_time = datetime.fromisoformat

FORMATS = Formats(write_json, write_time, read_time, list)

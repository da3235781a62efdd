"""JSON as text, fast, and never with NaN or infinity turned into something else.

Well-formed values go through ``orjson``; what it does not take (integers beyond 64 bits, keys that are numbers,
text with lone surrogates) goes through the standard library.
"""

from __future__ import annotations

import json as _json
from math import isfinite
from typing import IO, Any

import orjson

__all__ = ('dump', 'dumps', 'load', 'loads')

_DIGITS_TO_ZERO = bytes.maketrans(b'123456789', b'000000000')
_LONG_NUMBER = b'0' * 19
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def dumps(value: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return ``value`` as JSON.

    :param indent: number of spaces of a level; ``None`` gives one line without blanks.
    :raises ValueError: if a number is NaN or infinite.
    :raises TypeError: if something has no form in JSON.
    """
    if indent not in (None, 2):
        return _dumps_slowly(value, indent, sort_keys)
    options = _OPTIONS
    if indent:
        options |= orjson.OPT_INDENT_2
    if sort_keys:
        options |= orjson.OPT_SORT_KEYS
    try:
        text = orjson.dumps(value, option=options)
    except orjson.JSONEncodeError:
        return _dumps_slowly(value, indent, sort_keys)
    # orjson writes NaN and infinity as null; only then is it worth looking where a null comes from
    if b'null' in text:
        _refuse_not_finite(value)
    return text.decode()


def loads(text: str | bytes | bytearray) -> Any:
    """Return the value of a JSON text.

    :raises ValueError: if the text is not JSON.
    """
    data = text.encode('utf-8', 'surrogatepass') if isinstance(text, str) else bytes(text)
    # orjson reads an integer beyond 64 bits (19 digits or more) as a float
    if _LONG_NUMBER in data.translate(_DIGITS_TO_ZERO):
        return _json.loads(text)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        # NaN, infinity and lone surrogates, written by other programs
        return _json.loads(text)


def dump(value: Any, handle: IO[Any], indent: int | None = None, sort_keys: bool = False) -> None:
    """Write ``value`` as JSON to a file that is open for text or for bytes."""
    text = dumps(value, indent=indent, sort_keys=sort_keys)
    try:
        handle.write(text)
    except TypeError:
        handle.write(text.encode())


def load(handle: IO[Any]) -> Any:
    """Return the value of the JSON text in an open file."""
    return loads(handle.read())


def _dumps_slowly(value: Any, indent: int | None, sort_keys: bool) -> str:
    separators = (',', ':') if indent is None else None
    return _json.dumps(value, allow_nan=False, indent=indent, sort_keys=sort_keys, separators=separators)


def _refuse_not_finite(value: Any) -> None:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float):
            if not isfinite(item):
                raise ValueError(f'{item} has no form in JSON; replace it, for example by null or by a text')
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, (list, tuple)):
            pending.extend(item)

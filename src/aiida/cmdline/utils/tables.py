"""Tables of text for a terminal or a pipe."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Any

__all__ = ('count_of', 'format_table', 'terminal_width', 'text_width')

_GAP = '  '
_HEADER_PADDING = 2  # a heading's column is at least this much wider than the heading


def count_of(number: int, noun: str) -> str:
    """Return a number of things in words: ``1 node``, ``2 nodes``."""
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'


def text_width(text: str) -> int:
    """Return the number of columns of a terminal that a line takes."""
    return len(text) if text.isascii() else _wide_width(text)


@lru_cache(1024)  # in a long table the same few states come again and again
def _wide_width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in 'WF' else 1 for char in text
    )


def terminal_width() -> int | None:
    """Return the columns of the terminal that the standard output is, ``None`` when it is a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    columns = shutil.get_terminal_size().columns
    return columns if columns > 0 or 'COLUMNS' in os.environ else None


def format_table(
    rows: Sequence[Sequence[Any]],
    headers: Sequence[str] | None = None,
    *,
    width: int | None = None,
    shrinkable: Sequence[int] = (),
) -> str:
    """Return rows in aligned columns, numbers to the right; a cell may have several lines.

    :param headers: the headings, underlined with dashes; without them the rows alone.
    :param width: columns of the terminal that lines should fit in, ``None`` for any length.
    :param shrinkable: indices of the columns whose text may be cut (and ends in ``…`` then) to fit, the first first.
    """
    count = max([len(headers or ()), *(len(row) for row in rows)])
    cells = [[_lines(row[index]) if index < len(row) else [''] for index in range(count)] for row in rows]
    right = [_is_numeric([row[index] for row in rows if index < len(row)]) for index in range(count)]
    widths = [max([text_width(line) for row in cells for line in row[index]], default=0) for index in range(count)]
    if headers:
        widths = [max(have, text_width(head) + _HEADER_PADDING) for have, head in zip(widths, headers, strict=True)]
    if width is not None:
        _shrink(widths, width, shrinkable, headers)

    def draw(line: Sequence[str]) -> str:
        parts = (_pad(text, have, side) for text, have, side in zip(line, widths, right, strict=True))
        return _GAP.join(parts).rstrip()

    lines = []
    if headers:
        lines.append(draw(headers))
        lines.append(_GAP.join('-' * have for have in widths))
    for row in cells:
        lines.extend(draw(line) for line in zip_longest(*row, fillvalue=''))
    return '\n'.join(lines)


def _lines(value: Any) -> list[str]:
    return str('' if value is None else value).splitlines() or ['']


def _is_numeric(values: Sequence[Any]) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return bool(kinds) and kinds <= {int, float}


def _pad(text: str, width: int, right: bool) -> str:
    have = text_width(text)
    if have > width:
        text = _cut(text, width)
        have = text_width(text)
    fill = ' ' * (width - have)
    return fill + text if right else text + fill


def _cut(text: str, width: int) -> str:
    while text and text_width(text) > width - 1:
        text = text[:-1]
    return text + '…'


def _shrink(widths: list[int], width: int, shrinkable: Sequence[int], headers: Sequence[str] | None) -> None:
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    for index in shrinkable:
        if excess <= 0:
            return
        least = max(text_width(headers[index]) if headers else 0, 8)
        taken = max(0, min(excess, widths[index] - least))
        widths[index] -= taken
        excess -= taken

"""Statements by name, read from the files of this folder.

A file of named statements is a sequence of blocks: ``-- name: what it is for`` in one line, then one statement, with
``?`` or ``:name`` where its parameters go. What has the same text in every store stands in a file without the name of a
database. A file whose name begins with ``schema`` or ``runtime`` is a script, taken whole.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ('load_script', 'load_statements')

_FOLDER = Path(__file__).parent
_HEADER = re.compile(r'^-- (?P<name>[a-z_]+): (?P<purpose>\S.*)$', re.MULTILINE)


def load_script(name: str) -> str:
    """Return the text of a script.

    :param name: the name of the file, without its suffix.
    """
    return (_FOLDER / f'{name}.sql').read_text(encoding='utf-8')


@cache
def load_statements(*files: str) -> dict[str, str]:
    """Return the statements of one file or several, by their names.

    :param files: the names of the files, without their suffix: what all stores have in common, what one has alone.
    :raises ValueError: if two blocks have the same name.
    """
    # [text before the first header, name, purpose, text, name, purpose, text, ...]
    parts = [part for file in files for part in _HEADER.split(load_script(file))[1:]]
    names, texts = parts[0::3], parts[2::3]
    if len(set(names)) != len(names):
        raise ValueError(f'a name occurs twice in {" and ".join(files)}: {sorted(names)}')
    return {key: text.strip().rstrip(';') for key, text in zip(names, texts, strict=True)}

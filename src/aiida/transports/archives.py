"""The commands that pack and unpack archives on a computer, by its `tar`."""

from __future__ import annotations

import os

from aiida.common.escaping import escape_for_bash

__all__ = ('FORMATS', 'check_format', 'pack_command', 'unpack_command')

#: What `tar` is told for each format.
FORMATS = {'tar': '', 'tar.gz': 'z', 'tar.bz2': 'j', 'tar.xz': 'J'}


def check_format(format: str) -> None:
    """Check that a format is one that is known.

    :raises ValueError: if it is not.
    """
    if format not in FORMATS:
        raise ValueError(f'{format!r} is not a format of archives: use one of {", ".join(FORMATS)}')


def pack_command(format: str, target: str, root_dir: str, paths: list[str], dereference: bool) -> str:
    """Return the command that packs files and folders.

    :param paths: absolute; their names in the archive are relative to ``root_dir``.
    """
    options = f'-c{FORMATS[format]}{"h" if dereference else ""}f'
    names = ' '.join(escape_for_bash(os.path.relpath(path, root_dir)) for path in paths)
    return f'tar {options} {escape_for_bash(target)} -C {escape_for_bash(root_dir)} -- {names}'


def unpack_command(source: str, target: str, overwrite: bool, strip_components: int) -> str:
    """Return the command that unpacks an archive into a folder; `tar` finds out the format."""
    keep = '' if overwrite else ' --keep-old-files'
    strip = f' --strip-components {int(strip_components)}' if strip_components else ''
    return f'tar -xf {escape_for_bash(source)} -C {escape_for_bash(target)}{keep}{strip}'

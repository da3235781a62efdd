"""Files of nodes, as the commands list and print them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.orm import Node

__all__ = ('cat_object', 'list_repository_contents', 'write_bytes_to_stdout')


def list_repository_contents(node: Node, path: str | None, color: bool) -> None:
    """Print the names in a folder of a node's repository, folders first in bold if ``color``.

    :raises FileNotFoundError: if there is no such folder.
    :raises NotADirectoryError: if it is a file.
    """
    from aiida.repository.common import FileType

    for entry in node.base.repository.list_objects(path):
        is_folder = entry.file_type == FileType.DIRECTORY
        click.echo(click.style(entry.name, bold=color and is_folder, fg='blue' if color and is_folder else None))


def write_bytes_to_stdout(source: Any) -> None:
    """Copy an open binary file to the standard output, byte for byte."""
    sys.stdout.flush()
    shutil.copyfileobj(source, sys.stdout.buffer)


def cat_object(node: Node, path: str, what: str) -> None:
    """Print a file of a node's repository; the command ends if it cannot be read.

    :param what: whose file it is, for the error message.
    """
    try:
        with node.base.repository.open(path, mode='rb') as handle:
            write_bytes_to_stdout(handle)
    except (FileNotFoundError, IsADirectoryError) as exception:
        names = ', '.join(node.base.repository.list_object_names()) or 'none'
        echo.echo_critical(f'no file `{path}` {what} ({exception}); at its top there is: {names}')

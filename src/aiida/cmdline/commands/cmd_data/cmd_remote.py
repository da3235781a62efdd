"""``verdi data core.remote``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from aiida.cmdline.commands.cmd_data import verdi_data
from aiida.cmdline.params import arguments, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import RemoteData

__all__ = ('remote',)

_REMOTE = types.DataParamType(sub_classes=('aiida.data:core.remote',))


@verdi_data.group('core.remote')
def remote() -> None:
    """Look into folders on computers."""


@remote.command('ls')
@arguments.DATUM(type=_REMOTE)
@click.option('-l', '--long', 'ls_long', is_flag=True, help='Show permissions, sizes and times too.')
@click.option('-p', '--path', type=click.STRING, default='.', help='A folder below.')
@decorators.with_dbenv()
def remote_ls(datum: RemoteData, ls_long: bool, path: str) -> None:
    """List what is in a folder."""
    import datetime
    import stat

    try:
        entries = datum.listdir_withattributes(path=path)
    except OSError as exception:
        echo.echo_critical(f'{path} cannot be listed, perhaps it is gone: {exception}')
    for entry in sorted(entries, key=lambda found: found['name']):
        name = f'{entry["name"]}/' if entry['isdir'] else entry['name']
        if not ls_long:
            click.echo(name)
            continue
        attributes = entry['attributes']
        changed = datetime.datetime.fromtimestamp(attributes.st_mtime).strftime('%Y-%m-%d %H:%M')
        click.echo(f'{stat.filemode(attributes.st_mode)}  {attributes.st_size:10d}  {changed}  {name}')


@remote.command('cat')
@arguments.DATUM(type=_REMOTE)
@click.argument('path', type=click.STRING)
@decorators.with_dbenv()
def remote_cat(datum: RemoteData, path: str) -> None:
    """Print the content of a file in a folder, as it is."""
    import pathlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / 'file'
        try:
            datum.getfile(path, str(copy))
        except OSError as exception:
            echo.echo_critical(f'{path} cannot be read: {exception}')
        sys.stdout.buffer.write(copy.read_bytes())
    sys.stdout.flush()


@remote.command('show')
@arguments.DATUM(type=_REMOTE)
@decorators.with_dbenv()
def remote_show(datum: RemoteData) -> None:
    """Show where a folder is."""
    computer = datum.computer
    click.echo(f'- Remote computer: {computer.label if computer is not None else "none"}')
    click.echo(f'- Remote folder: {datum.get_remote_path()}')

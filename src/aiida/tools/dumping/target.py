"""The folder a dump is written to, and what must not be written to."""

from __future__ import annotations

from pathlib import Path

from aiida.common.exceptions import InvalidOperation
from aiida.tools.dumping.folder import LOG_NAME, SAFEGUARD_NAME, is_dumped
from aiida.tools.dumping.record import DumpLog

__all__ = ('open_target',)


def open_target(path: Path, entity: str, uuid: str, overwrite: bool) -> DumpLog:
    """Return the log of the dump in a folder, an empty one if nothing was dumped into it yet; nothing is written.

    :param entity: what is dumped: ``process``, ``group`` or ``profile``.
    :param uuid: which one.
    :param overwrite: whether a dump of something else may be replaced.
    :raises InvalidOperation: if it is a file, holds files that are of no dump, or is part of another dump.
    """
    _check(path)
    if not (path / LOG_NAME).is_file():
        return DumpLog(path, entity, uuid)
    try:
        log = DumpLog.read(path)
    except (ValueError, KeyError, TypeError, AttributeError) as exception:
        if overwrite:
            return DumpLog(path, entity, uuid)
        raise InvalidOperation(
            f'the log of the dump {path / LOG_NAME} cannot be read ({exception}): write all anew with `overwrite` '
            '(`verdi ... dump --overwrite`), or choose another folder'
        ) from exception
    found = (log.entity, log.uuid) if log.entity else _guess(log, uuid)
    if found is not None and found != (entity, uuid):
        if not overwrite:
            raise InvalidOperation(
                f'{path} is the dump of something else, {found[0]} {found[1]}: choose another folder, or replace it '
                'with `overwrite` (`verdi ... dump --overwrite`)'
            )
        log.is_replaced = True
    log.entity, log.uuid = entity, uuid
    return log


def _check(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise InvalidOperation(f'{path} is a file: choose another folder')
    for parent in path.parents:
        if is_dumped(parent):
            raise InvalidOperation(f'{path} is part of the dump {parent}: choose a folder outside of it')
    if path.is_dir() and not is_dumped(path) and any(path.iterdir()):
        raise InvalidOperation(
            f'{path} holds files and is no folder of a dump (there is no {SAFEGUARD_NAME} in it), so nothing is '
            'written to it: choose a folder that is empty or does not exist, with `--path` or `output_path`'
        )


def _guess(log: DumpLog, uuid: str) -> tuple[str, str] | None:
    """Return what a log of aiida-core is about, as far as it tells.

    :param uuid: of what is to be dumped; a dump of a profile is taken to be that of this one.
    """
    if '.' in log.at:
        return 'process', log.at['.']
    for group, path in log.groups.items():
        if path == '.':
            return 'group', group
    return ('profile', uuid) if log.at or log.groups else None

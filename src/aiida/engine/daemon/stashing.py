"""Putting files of a job aside on the computer, before its scratch space is cleaned."""

from __future__ import annotations

import glob
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.datastructures import StashMode
from aiida.common.exceptions import StashingError
from aiida.orm import RemoteStashCompressedData, RemoteStashCustomData, RemoteStashFolderData
from aiida.transports.transport import has_magic

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiida.orm import CalcJobNode, RemoteData, RemoteStashData
    from aiida.transports import Transport

__all__ = ('COMPRESSED_MODES', 'archive_root', 'merge_into', 'stash_calculation')

COMPRESSED_MODES = (
    StashMode.COMPRESS_TAR,
    StashMode.COMPRESS_TARBZ2,
    StashMode.COMPRESS_TARGZ,
    StashMode.COMPRESS_TARXZ,
)


def stash_calculation(
    calculation: CalcJobNode, transport: Transport, source: RemoteData | None = None
) -> RemoteStashData | None:
    """Put files aside as the option ``stash`` of a job says, and return a node for them.

    What is not there is left out and warned about, unless the option ``fail_on_missing`` is on. With the mode
    ``submit_custom_code`` the program that was run has done it already.

    :param source: whose files they are, by default those of the job's own working directory.
    :return: ``None`` if nothing was to be put aside, or nothing was there to be packed.
    :raises StashingError: if something is missing that may not be.
    :raises OSError: if the files cannot be copied or packed.
    """
    options: dict[str, Any] = calculation.get_option('stash') or {}
    mode, sources = StashMode(options['stash_mode']), list(options['source_list'])
    common: dict[str, Any] = {'computer': calculation.computer, 'stash_mode': mode, 'source_list': sources}
    if mode is StashMode.SUBMIT_CUSTOM_CODE:
        return RemoteStashCustomData(target_basepath=options['target_base'], **common)
    if not sources:
        calculation.logger.warning('nothing is put aside: `metadata.options.stash.source_list` is empty')
        return None
    owner = calculation if source is None else source
    workdir = PurePosixPath(str(calculation.get_remote_workdir() if source is None else source.get_remote_path()))
    base = PurePosixPath(options['target_base'])
    common['fail_on_missing'] = bool(options.get('fail_on_missing', False))
    found = _find(calculation, transport, workdir, common)
    if mode is StashMode.COPY:
        return _copy(transport, found, workdir, base / owner.uuid[:2] / owner.uuid[2:4] / owner.uuid[4:], common)
    if not found:
        calculation.logger.warning('nothing of %s is in %s: there is nothing to pack', sources, workdir)
        return None
    target = base / f'{owner.uuid}.{mode.value}'
    return _pack(transport, found, workdir, target, bool(options.get('dereference')), common)


def _copy(
    transport: Transport, found: list[PurePosixPath], workdir: PurePosixPath, folder: PurePosixPath, common: Any
) -> RemoteStashFolderData:
    transport.makedirs(str(folder), ignore_existing=True)
    for path in found:
        merge_into(transport, path, folder / path.relative_to(workdir), transport.copy)
    return RemoteStashFolderData(target_basepath=str(folder), **common)


def _pack(
    transport: Transport,
    found: list[PurePosixPath],
    workdir: PurePosixPath,
    target: PurePosixPath,
    dereference: bool,
    common: Any,
) -> RemoteStashCompressedData:
    # A name with the signs of a pattern would be taken for one.
    names: list[Any] = [glob.escape(str(path)) if has_magic(str(path)) else str(path) for path in found]
    transport.compress(
        common['stash_mode'].value, names, str(target), root_dir=str(archive_root(workdir)), dereference=dereference
    )
    return RemoteStashCompressedData(target_basepath=str(target), dereference=dereference, **common)


def archive_root(workdir: PurePosixPath) -> PurePosixPath:
    """Return the folder that names in an archive are relative to: three above, where the folders of all jobs are.

    So the names begin with the last three parts of the path, which tell the job.
    """
    parents = workdir.parents
    return parents[2] if len(parents) > 2 else workdir


def _find(calculation: CalcJobNode, transport: Transport, workdir: PurePosixPath, common: Any) -> list[PurePosixPath]:
    """Return the absolute paths of what is to be put aside, each once."""
    found: dict[PurePosixPath, None] = {}
    for name in common['source_list']:
        path = workdir / name
        if has_magic(name) and not transport.path_exists(str(path)):
            matches = transport.glob(str(PurePosixPath(glob.escape(str(workdir))) / name))
            if not matches:
                calculation.logger.warning('nothing in %s fits %s, it is left out', workdir, name)
        elif transport.path_exists(str(path)):
            matches = [str(path)]
        elif common['fail_on_missing']:
            raise StashingError(
                f'{path} does not exist, and `metadata.options.stash.fail_on_missing` is on: nothing was put aside'
            )
        else:
            calculation.logger.warning('%s does not exist, it is not put aside', path)
            continue
        for match in sorted(matches):
            if transport.path_exists(match):
                found[PurePosixPath(match)] = None
            else:
                calculation.logger.warning('%s is a link that leads nowhere, it is not put aside', match)
    # What is in a folder that is put aside goes with it.
    return [path for path in found if found.keys().isdisjoint(path.parents)]


def merge_into(
    transport: Transport, source: PurePosixPath, target: PurePosixPath, take: Callable[[str, str], Any]
) -> None:
    """Bring a file or folder to a place; files that are there are replaced, folders that are there are added to.

    :param take: what copies or moves from one path to another where nothing is.
    """
    if transport.isdir(str(source)) and transport.isdir(str(target)):
        for name in transport.listdir(str(source)):
            merge_into(transport, source / name, target / name, take)
        return
    transport.makedirs(str(target.parent), ignore_existing=True)
    transport.rmtree(str(target))
    take(str(source), str(target))

"""Putting files of a job aside on the computer, before its scratch space is cleaned."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.datastructures import StashMode
from aiida.common.exceptions import StashingError
from aiida.common.log import AIIDA_LOGGER
from aiida.orm import RemoteStashCompressedData, RemoteStashFolderData
from aiida.transports.transport import has_magic

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode, RemoteStashData
    from aiida.transports import Transport

__all__ = ('COMPRESSED_MODES', 'stash_calculation')

LOGGER = AIIDA_LOGGER.getChild('execmanager')

COMPRESSED_MODES = (
    StashMode.COMPRESS_TAR,
    StashMode.COMPRESS_TARBZ2,
    StashMode.COMPRESS_TARGZ,
    StashMode.COMPRESS_TARXZ,
)


def stash_calculation(calculation: CalcJobNode, transport: Transport) -> RemoteStashData:
    """Copy or pack files of the working directory to where the option ``stash`` says, and return a node for them.

    What is not there is left out, unless the option ``fail_on_missing`` is on.

    :raises StashingError: if something is missing that may not be, or nothing was there to be packed.
    :raises OSError: if the files cannot be copied or packed.
    """
    options: dict[str, Any] = calculation.get_option('stash') or {}
    mode = StashMode(options['stash_mode'])
    workdir = PurePosixPath(str(calculation.get_remote_workdir()))
    base = PurePosixPath(options['target_base'])
    strict = bool(options.get('fail_on_missing', False))
    found = _find(transport, workdir, options['source_list'], strict)
    common: dict[str, Any] = {
        'computer': calculation.computer,
        'stash_mode': mode,
        'source_list': list(options['source_list']),
        'fail_on_missing': strict,
    }
    if mode in COMPRESSED_MODES:
        target = base / f'{calculation.uuid}.{mode.value}'
        dereference = bool(options.get('dereference', False))
        if not found:
            raise StashingError(f'nothing of {common["source_list"]} is in {workdir}: there is nothing to pack')
        transport.compress(
            mode.value, [str(path) for path in found], str(target), root_dir=str(workdir), dereference=dereference
        )
        return RemoteStashCompressedData(target_basepath=str(target), dereference=dereference, **common)
    uuid = calculation.uuid
    folder = base / uuid[:2] / uuid[2:4] / uuid[4:]
    for path in found:
        place = folder / path.relative_to(workdir)
        transport.makedirs(str(place.parent), ignore_existing=True)
        # An interruption may have left a part of it; copying into a folder that exists would nest it.
        transport.rmtree(str(place))
        transport.copy(str(path), str(place))
    return RemoteStashFolderData(target_basepath=str(folder), **common)


def _find(transport: Transport, workdir: PurePosixPath, sources: list[str], strict: bool) -> list[PurePosixPath]:
    """Return the absolute paths of what is to be put aside."""
    found: list[PurePosixPath] = []
    for source in sources:
        path = workdir / source
        if has_magic(source):
            found += [PurePosixPath(match) for match in transport.glob(str(path))]
        elif transport.path_exists(str(path)):
            found.append(path)
        elif strict:
            raise StashingError(f'File {path} does not exist. Stashing failed.')
        else:
            LOGGER.warning('%s does not exist, it is not put aside', path)
    return found

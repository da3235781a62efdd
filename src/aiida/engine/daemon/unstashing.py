"""Bringing back what was put aside on the computer."""

from __future__ import annotations

import glob
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from aiida.common.datastructures import UnstashTargetMode
from aiida.common.exceptions import StashingError
from aiida.engine.daemon.stashing import merge_into
from aiida.orm import CalcJobNode, RemoteData, RemoteStashCompressedData, RemoteStashCustomData
from aiida.transports.transport import has_magic

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiida.orm import RemoteStashData
    from aiida.transports import Transport

__all__ = ('original_place', 'unstash_calculation')

#: In a list of what is to be brought back: all of it, with the files whose names begin with a dot.
EVERYTHING = '*'


def original_place(source: RemoteStashData) -> str | None:
    """Return the folder that files were put aside from, ``None`` if the provenance does not say."""
    creator = source.creator
    if not isinstance(creator, CalcJobNode):
        return None
    given = creator.base.links.get_incoming(link_label_filter='source_node').first()
    node = given.node if given is not None else None
    if isinstance(node, RemoteData):
        # A plugin may have an input of that name too: what was put aside is named by the uuid of its owner.
        target = str(getattr(source, 'target_basepath', '')).replace('/', '').replace('-', '')
        if isinstance(source, RemoteStashCustomData) or node.uuid.replace('-', '') in target:
            return node.get_remote_path()
    return creator.get_remote_workdir()


def unstash_calculation(calculation: CalcJobNode, transport: Transport, source: RemoteStashData) -> None:
    """Bring files back as the option ``unstash`` of a job says: into its working directory, or to where they were.

    What a program of the user had put aside is left to the program that was run.

    :raises StashingError: if something is named that was not put aside or is gone, before anything is brought back.
    :raises OSError: if the files cannot be copied or unpacked.
    """
    if isinstance(source, RemoteStashCustomData):
        return
    options: dict[str, Any] = calculation.get_option('unstash') or {}
    original = original_place(source)
    target = original
    if UnstashTargetMode(options['unstash_target_mode']) is UnstashTargetMode.NewRemoteData:
        target = calculation.get_remote_workdir()
    if target is None:
        raise StashingError(
            f'where the files of {source} were is not known, as no job put them aside: unstash them with the mode '
            f'`{UnstashTargetMode.NewRemoteData.value}`'
        )
    place, kept = PurePosixPath(target), PurePosixPath(str(getattr(source, 'target_basepath', None)))
    if not transport.path_exists(str(kept)):
        raise StashingError(f'{kept}, where {source} was put, is not there any more')
    names = list(options['source_list'])
    if not isinstance(source, RemoteStashCompressedData):
        _bring(calculation, transport, kept, place, names, transport.copy)
        return
    # Beside the place, so that moving what was unpacked there costs nothing.
    unpacked = place.parent / f'.unstash-{calculation.uuid}'
    transport.rmtree(str(unpacked))
    try:
        transport.extract(str(kept), str(unpacked))
        root = _content_of(transport, unpacked, original)
        _bring(calculation, transport, root, place, names, transport.rename)
    finally:
        transport.rmtree(str(unpacked))


def _content_of(transport: Transport, unpacked: PurePosixPath, original: str | None) -> PurePosixPath:
    """Return the folder, of what was unpacked, that stands for the one the files were put aside from."""
    if original is not None:
        place = unpacked.joinpath(*PurePosixPath(original).parts[-3:])
        return place if len(PurePosixPath(original).parts) > 3 and transport.isdir(str(place)) else unpacked
    place = unpacked
    for _ in range(3):
        names = transport.listdir(str(place))
        if len(names) != 1 or not transport.isdir(str(place / names[0])):
            return unpacked
        place /= names[0]
    return place


def _bring(
    calculation: CalcJobNode,
    transport: Transport,
    root: PurePosixPath,
    place: PurePosixPath,
    names: list[str],
    take: Callable[[str, str], Any],
) -> None:
    """Bring what is named from one folder to another, or nothing if something is missing."""
    found: dict[PurePosixPath, None] = {}
    missing = []
    for name in names:
        if name == EVERYTHING:
            matches = [str(root / entry) for entry in transport.listdir(str(root))]
        elif transport.path_exists(str(root / name)):
            matches = [str(root / name)]
        elif has_magic(name):
            matches = transport.glob(str(PurePosixPath(glob.escape(str(root))) / name))
        else:
            missing.append(name)
            continue
        if not matches:
            calculation.logger.warning('nothing that was put aside fits %s', name)
        found.update(dict.fromkeys(map(PurePosixPath, sorted(matches))))
    if missing:
        raise StashingError(
            f'{", ".join(missing)} in `metadata.options.unstash.source_list` is not among what was put aside: nothing '
            'was brought back'
        )
    transport.makedirs(str(place), ignore_existing=True)
    # What is in a folder that is brought goes with it.
    for path in [path for path in found if found.keys().isdisjoint(path.parents)]:
        merge_into(transport, path, place / path.relative_to(root), take)

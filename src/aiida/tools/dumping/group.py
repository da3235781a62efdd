"""Dumping one group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aiida.common.exceptions import InvalidOperation
from aiida.tools.dumping import selection
from aiida.tools.dumping.collection import Section, dump_sections
from aiida.tools.dumping.names import group_path
from aiida.tools.dumping.options import CollectionOptions, ContentOptions
from aiida.tools.dumping.target import open_target

if TYPE_CHECKING:
    from aiida.orm import Group

__all__ = ('dump_group',)


def dump_group(
    group: Group,
    output_path: str | Path | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
    content: ContentOptions | None = None,
    options: CollectionOptions | None = None,
) -> Path:
    """Write the files of the processes of a group into a folder.

    :param output_path: the folder, by default one with the label of the group in the current one.
    :param dry_run: whether only to say what would be written.
    :param overwrite: whether to write what is up to date too, and to replace the dump of something else.
    :return: the absolute path of the folder.
    :raises InvalidOperation: if the group is not stored, or if the folder must not be written to.
    """
    if group.pk is None:
        raise InvalidOperation(f'{group} is not stored, so there is nothing to write: store it first')
    path = Path(output_path if output_path is not None else group_path(group)).absolute()
    log = open_target(path, 'group', group.uuid, overwrite)
    return dump_sections(
        log,
        [Section('.', selection.members(group.pk), group=group.uuid)],
        content or ContentOptions(),
        options or CollectionOptions(),
        dry_run=dry_run,
        overwrite=overwrite,
    )

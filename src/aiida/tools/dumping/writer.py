"""Writing processes with all that they called, and leaving what is up to date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, cast

from aiida.common.links import LinkType
from aiida.tools.dumping.content import write_content, write_readme
from aiida.tools.dumping.folder import NodeFolder, remove_folder
from aiida.tools.dumping.names import Row, child_name

if TYPE_CHECKING:
    from aiida.orm import ProcessNode
    from aiida.tools.dumping.options import ContentOptions
    from aiida.tools.dumping.record import DumpLog

__all__ = ('ProcessWriter', 'walk')

_SECONDS_BETWEEN_SAVES = 10.0


def walk(node: ProcessNode, place: str) -> Iterator[tuple[ProcessNode, Row, str]]:
    """Yield a process and all that it called, in the order of calls, with the places for them.

    :param place: the place of the process, relative to the folder of the dump.
    """
    yield node, Row.of(node), place
    links = node.base.links.get_outgoing(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK)).all()
    links.sort(key=lambda link: (link.node.ctime, link.node.pk or 0))
    for index, link in enumerate(links, start=1):
        child = cast('ProcessNode', link.node)
        name = child_name(index, link.link_label, Row.of(child))
        yield from walk(child, name if place == '.' else f'{place}/{name}')


class ProcessWriter:
    """Writes processes into the folder of a dump, and notes in its log what is complete."""

    def __init__(self, log: DumpLog, options: ContentOptions, *, symlink_calcs: bool = False) -> None:
        """
        :param symlink_calcs: whether a calculation that stands somewhere already is linked to.
        """
        self._log = log
        self._options = options
        self._symlink_calcs = symlink_calcs
        self._saved = monotonic()
        #: How many processes were written.
        self.count = 0

    def write(self, node: ProcessNode, place: str, readme: bool = False) -> None:
        """Write a process and all that it called, but what is up to date; remove what stood below it before.

        :param place: where to, relative to the folder of the dump.
        :param readme: whether to describe it on a page, which is written anew whenever anything is.
        """
        tree = list(walk(node, place))
        places = {path for _, _, path in tree}
        gone = [path for path in self._log.below(place) if path not in places]
        for path in sorted(gone, reverse=True):
            self._log.discard(path)
        stale = {path for _, row, path in tree if not self._log.is_fresh(row, path)}
        if stale:
            # until all is written, the process itself counts as not written: an interrupted dump is looked at again
            self._log.outdate(place)
        for process, row, path in tree:
            if self._is_wanted_as_link(row, path):
                self._link(row, path)
            elif path in stale or self._log.is_link(path) or (stale and readme and path == place):
                self._write_one(process, row, path, readme and path == place)
                if path == place:
                    self._log.outdate(place)
        self._log.confirm(Row.of(node), place)

    def _write_one(self, node: ProcessNode, row: Row, place: str, readme: bool) -> None:
        path = self._log.root / place
        if self._log.is_link(place) and path.is_symlink():
            path.unlink()
        with NodeFolder(path) as folder:
            write_content(node, folder, self._options)
            if readme:
                write_readme(node, folder)
        self._log.note(row, place, folder.size)
        self.count += 1
        if monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
            self._log.save()
            self._saved = monotonic()

    def _is_wanted_as_link(self, row: Row, place: str) -> bool:
        """Return whether a link is to be made: to a calculation that stands somewhere else and is up to date there."""
        entry = self._log.entries.get(row.uuid)
        if not (self._symlink_calcs and row.is_calculation and entry) or entry.path == place:
            return False
        return self._log.is_fresh(row, entry.path)

    def _link(self, row: Row, place: str) -> None:
        """Make a link, if what stands there can be removed."""
        link = self._log.root / place
        target = os.path.relpath(self._log.root / self._log.entries[row.uuid].path, link.parent)
        if self._log.is_link(place) and link.is_symlink() and os.readlink(link) == target:
            return
        if remove_folder(link):
            self._log.forget(place)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target, target_is_directory=True)
            self._log.note_link(row, place)

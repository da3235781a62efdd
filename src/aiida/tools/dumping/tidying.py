"""Keeping a dump in step with what was renamed, regrouped and deleted."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Container, Mapping
from pathlib import PurePosixPath

from aiida.tools.dumping import selection
from aiida.tools.dumping.folder import remove_folder
from aiida.tools.dumping.names import Row
from aiida.tools.dumping.record import DumpLog

__all__ = ('Tidying',)

_LOGGER = logging.getLogger('aiida.tools.dumping')
_KINDS = ('calculations', 'workflows')


class Tidying:
    """Moves and removes folders of a dump; in a dry run only its log, in memory."""

    def __init__(self, log: DumpLog, dry_run: bool) -> None:
        self._log = log
        self._dry_run = dry_run
        #: Old and new places.
        self.moved: list[tuple[str, str]] = []
        #: Places that are gone.
        self.removed: list[str] = []

    def move_groups(self, paths: Mapping[str, str]) -> None:
        """Move the folders of groups that were relabelled.

        :param paths: the folders they should have, by their UUIDs.
        """
        for uuid, new in paths.items():
            old = self._log.groups.get(uuid)
            if old is None or old == new:
                continue
            alone = not any(other.startswith(f'{old}/') for other in self._log.groups.values())
            inside = new.startswith(f'{old}/')
            pairs = [(old, new)] if alone and not inside else [(f'{old}/{kind}', f'{new}/{kind}') for kind in _KINDS]
            if new in self._log.groups.values() or any(self._log.exists(target) for _, target in pairs):
                _LOGGER.warning('the group in %s was relabelled, but %s is taken: its folder keeps the name', old, new)
                continue
            for source, target in pairs:
                self._move(source, target)
            self._log.groups[uuid] = new

    def move_processes(self, wanted: Mapping[str, Row]) -> None:
        """Move the folders of processes that were relabelled.

        :param wanted: the processes by the places they should have.
        """
        for place, row in wanted.items():
            entry = self._log.entries.get(row.uuid)
            if entry is None or place in self._log.at:
                continue
            for old in entry.places:
                if PurePosixPath(old).parent == PurePosixPath(place).parent and not self._log.exists(place):
                    self._move(old, place)
                    break

    def _move(self, old: str, new: str) -> None:
        if self._log.exists(old):
            self._log.move(old, new, dry_run=self._dry_run)
            self.moved.append((old, new))

    def delete_missing(self) -> None:
        """Remove processes and groups that exist no more."""
        from aiida import orm

        existing = selection.stamps(self._log.uuids())
        for place, uuid in list(self._log.at.items()):
            if uuid not in existing:
                self._remove(place)
        query = orm.QueryBuilder().append(orm.Group, project='uuid')
        groups = {uuid for (uuid,) in query.iterall()}
        gone = [(uuid, path) for uuid, path in self._log.groups.items() if uuid not in groups]
        for uuid, path in gone:
            del self._log.groups[uuid]
            self._log.members.pop(uuid, None)
            self._remove_section(path)

    def delete_others(self, path: str, wanted: Container[str], kept: Callable[[], set[str]]) -> None:
        """Remove from the folder of a section what does not belong to it any more.

        :param wanted: places that are known to belong to it.
        :param kept: returns the processes that may stay; asked only if there are other places.
        """
        folders = _KINDS if path == '.' else tuple(f'{path}/{kind}' for kind in _KINDS)
        others = [place for folder in folders for place in self._log.children(folder) if place not in wanted]
        if not others:
            return
        uuids = kept()
        for place in others:
            if self._log.at.get(place, '') not in uuids:
                self._remove(place)

    def _remove_section(self, path: str) -> None:
        """Remove the folder of a group, but not those of groups inside of it."""
        for kind in _KINDS:
            for place in self._log.children(f'{path}/{kind}'):
                self._remove(place)
        self.removed.append(path)
        inner = any(other.startswith(f'{path}/') for other in self._log.groups.values())
        if not self._dry_run and not inner:
            remove_folder(self._log.root / path)

    def _remove(self, place: str) -> None:
        if place not in self._log.at:
            return
        self.removed.append(place)
        if self._dry_run:
            self._log.forget(place, dry_run=True)
        else:
            self._log.discard(place)

    def mend_links(self) -> None:
        """Lead the links to where their calculations stand now; what is a link no more is forgotten."""
        if not (self.moved or self.removed):
            return
        for entry in list(self._log.entries.values()):
            for place in list(entry.symlinks):
                link = self._log.root / place
                if not link.is_symlink():
                    self._log.forget(place)
                    continue
                target = os.path.relpath(self._log.root / entry.path, link.parent)
                if os.readlink(link) != target:
                    link.unlink()
                    link.symlink_to(target, target_is_directory=True)

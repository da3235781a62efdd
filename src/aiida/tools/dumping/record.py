"""The log of a dump: what stands where, and how it was when it was written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from aiida.common import timezone
from aiida.tools.dumping.folder import LOG_NAME, remove_folder, remove_if_empty
from aiida.tools.dumping.names import Kind, Row

__all__ = ('DumpLog', 'Entry')

_KINDS: tuple[Kind, ...] = ('calculations', 'workflows')


@dataclass(slots=True)
class Entry:
    """Where a process stands in the dump."""

    kind: Kind
    path: str
    duplicates: list[str] = field(default_factory=list)
    symlinks: list[str] = field(default_factory=list)
    #: The stamp of the process in each of its folders.
    stamps: dict[str, str | None] = field(default_factory=dict)
    dir_mtime: str | None = None
    dir_size: int = 0

    @property
    def places(self) -> list[str]:
        """All places, links too."""
        return list(dict.fromkeys([self.path, *self.duplicates, *self.symlinks]))


@dataclass
class DumpLog:
    """The log of a dump; all paths in it are relative to the folder of the dump."""

    root: Path
    entity: str
    uuid: str
    entries: dict[str, Entry] = field(default_factory=dict)
    #: The folders of groups by their UUID.
    groups: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, Any] | None = None
    last_dump_time: str | None = None
    #: Whether it is of something else, which is to be replaced.
    is_replaced: bool = False
    #: Whether it was made by aiida-core, so that the files in its folders are not known.
    is_foreign: bool = False
    #: The process at each place.
    at: dict[str, str] = field(default_factory=dict)
    _inside: dict[str, set[str]] = field(default_factory=dict)
    _pretended: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> DumpLog:
        """Return the log in a folder; logs of aiida-core do not say whose they are (``entity`` is empty).

        :raises ValueError: if it cannot be read.
        """
        content = json.loads((root / LOG_NAME).read_text(encoding='utf-8'))
        if not isinstance(content, dict):
            raise ValueError('no object')
        dumped = content.get('dumped') or {}
        log = cls(
            root,
            dumped.get('entity', ''),
            dumped.get('uuid', ''),
            is_foreign=not dumped,
            options=dumped.get('options'),
            last_dump_time=content.get('last_dump_time'),
            groups={uuid: entry['path'] for uuid, entry in (content.get('groups') or {}).items()},
            members=(content.get('group_node_mapping') or {}).get('group_to_nodes') or {},
        )
        for kind in _KINDS:
            for uuid, entry in (content.get(kind) or {}).items():
                log.entries[uuid] = Entry(
                    kind,
                    entry['path'],
                    list(entry.get('duplicates', ())),
                    [link for link in entry.get('symlinks', ()) if link != entry['path']],
                    dict(entry.get('stamps', ())),
                    entry.get('dir_mtime'),
                    entry.get('dir_size', 0),
                )
        log._index()
        return log

    def _index(self) -> None:
        self.at, self._inside = {}, {}
        for uuid, entry in self.entries.items():
            for place in entry.places:
                self._enter(place, uuid)

    def _enter(self, place: str, uuid: str) -> None:
        self.at[place] = uuid
        if place != '.':
            self._inside.setdefault(str(PurePosixPath(place).parent), set()).add(place)

    def save(self) -> None:
        """Write the log, at once as a whole."""
        partial = self.root / f'{LOG_NAME}.new'
        partial.write_text(json.dumps(self._content(), indent=4), encoding='utf-8')
        partial.replace(self.root / LOG_NAME)

    def _content(self) -> dict[str, Any]:
        entries: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
        for uuid, entry in self.entries.items():
            entries[entry.kind][uuid] = {
                name: getattr(entry, name)
                for name in ('path', 'symlinks', 'duplicates', 'dir_mtime', 'dir_size', 'stamps')
            }
        groups_of: dict[str, list[str]] = {}
        for group, nodes in self.members.items():
            for node in nodes:
                groups_of.setdefault(node, []).append(group)
        return {
            **entries,
            'groups': {
                uuid: {'path': path, 'symlinks': [], 'duplicates': [], 'dir_mtime': None, 'dir_size': None}
                for uuid, path in self.groups.items()
            },
            'last_dump_time': self.last_dump_time,
            'group_node_mapping': {'group_to_nodes': self.members, 'node_to_groups': groups_of},
            'dumped': {'entity': self.entity, 'uuid': self.uuid, 'options': self.options},
        }

    def is_fresh(self, row: Row, place: str) -> bool:
        """Return whether a process stands at a place as it is now."""
        entry = self.entries.get(row.uuid) if self.at.get(place) == row.uuid else None
        if entry is None or not self.exists(place):
            return False
        return place in entry.symlinks or (row.stamp is not None and entry.stamps.get(place) == row.stamp)

    def is_link(self, place: str) -> bool:
        """Return whether a dump made a link at a place."""
        return place in self.at and place in self.entries[self.at[place]].symlinks

    def outdate(self, place: str | None = None) -> None:
        """Have a place written again, or all of them."""
        for entry in self.entries.values():
            if place is None:
                entry.stamps.clear()
            else:
                entry.stamps.pop(place, None)

    def confirm(self, row: Row, place: str) -> None:
        """Note that a process is written at a place with all that it called."""
        entry = self.entries.get(row.uuid)
        if entry is not None and self.at.get(place) == row.uuid and place not in entry.symlinks:
            entry.stamps[place] = row.stamp

    def note(self, row: Row, place: str, size: int) -> None:
        """Note that a process was written into a folder."""
        self._take(row, place)
        entry = self.entries.setdefault(row.uuid, Entry(row.kind, place))
        if place in entry.symlinks:
            entry.symlinks.remove(place)
        if place != entry.path and place not in entry.duplicates:
            entry.duplicates.append(place)
        entry.stamps[place] = row.stamp
        if place == entry.path:
            entry.dir_mtime, entry.dir_size = timezone.now().isoformat(), size

    def note_link(self, row: Row, place: str) -> None:
        """Note that a link to a process was made."""
        self._take(row, place)
        entry = self.entries[row.uuid]
        if place not in entry.symlinks:
            entry.symlinks.append(place)

    def _take(self, row: Row, place: str) -> None:
        if self.at.get(place) not in (None, row.uuid):
            self.forget(place)
        self._enter(place, row.uuid)

    def forget(self, place: str, dry_run: bool = False) -> None:
        """Forget a place and all below it; a copy becomes the folder its process stands in.

        :param dry_run: whether links that lead to it stay.
        """
        for gone in [place, *self.below(place)]:
            uuid = self.at.pop(gone, None)
            if uuid is None:
                continue
            self._inside.get(str(PurePosixPath(gone).parent), set()).discard(gone)
            entry = self.entries[uuid]
            entry.stamps.pop(gone, None)
            for places in (entry.duplicates, entry.symlinks):
                if gone in places:
                    places.remove(gone)
            if gone == entry.path:
                if entry.duplicates:
                    entry.path = entry.duplicates.pop(0)
                else:
                    del self.entries[uuid]
                    for link in entry.symlinks:
                        self.at.pop(link, None)
                        self._inside.get(str(PurePosixPath(link).parent), set()).discard(link)
                        if not dry_run and (self.root / link).is_symlink():
                            (self.root / link).unlink()

    def exists(self, place: str) -> bool:
        """Return whether there is anything at a place."""
        for old, new in reversed(self._pretended):
            if place == new or place.startswith(f'{new}/'):
                place = old + place[len(new) :]
        return os.path.lexists(self.root / place)

    def move(self, old: str, new: str, dry_run: bool = False) -> None:
        """Move a folder with all that stands in it.

        :param dry_run: whether only to pretend so.
        """
        if dry_run:
            self._pretended.append((old, new))
        else:
            (self.root / new).parent.mkdir(parents=True, exist_ok=True)
            (self.root / old).rename(self.root / new)

        def moved(place: str) -> str:
            return new + place[len(old) :] if place == old or place.startswith(f'{old}/') else place

        for entry in self.entries.values():
            entry.path = moved(entry.path)
            entry.duplicates = [moved(place) for place in entry.duplicates]
            entry.symlinks = [moved(place) for place in entry.symlinks]
            entry.stamps = {moved(place): stamp for place, stamp in entry.stamps.items()}
        self._index()
        self.groups = {uuid: moved(path) for uuid, path in self.groups.items()}

    def below(self, place: str) -> list[str]:
        """Return the places below that of a process, inner ones after the outer."""
        found = []
        for child in self.children(place):
            found += [child, *self.below(child)]
        return found

    def children(self, place: str) -> list[str]:
        """Return the places one level below a folder."""
        return sorted(self._inside.get(place, ()))

    def discard(self, place: str) -> None:
        """Remove what dumps wrote at a place and below it, and forget it."""
        for link in [place, *self.below(place)]:
            if self.is_link(link) and (self.root / link).is_symlink():
                (self.root / link).unlink()
        remove_folder(self.root / place)
        self.forget(place)
        if PurePosixPath(place).parent.name in _KINDS:
            remove_if_empty((self.root / place).parent)

    def clear(self) -> None:
        """Remove all that dumps wrote into the folder."""
        for place in sorted(self.at):
            if place in self.at and place != '.':
                self.discard(place)
        remove_folder(self.root)
        self.entries, self.groups, self.members = {}, {}, {}
        self._index()

    def uuids(self) -> Iterable[str]:
        """Return the processes in the dump."""
        return self.entries.keys()

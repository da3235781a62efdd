"""How the folders of a dump are called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from aiida.common import timezone

if TYPE_CHECKING:
    from aiida.orm import Group, ProcessNode

__all__ = ('Row', 'child_name', 'group_path', 'plain_name', 'process_name')

Kind = Literal['calculations', 'workflows']

_UNFIT = re.compile(r'[/\\\x00-\x1f\x7f]+')
_LONGEST = 180


@dataclass(frozen=True, slots=True)
class Row:
    """What has to be known of a process to place it."""

    pk: int
    uuid: str
    label: str
    process_label: str
    mtime: datetime
    is_calculation: bool
    is_sealed: bool

    @classmethod
    def of(cls, node: ProcessNode) -> Row:
        """Return what has to be known of a node."""
        return cls(
            pk=node.pk or 0,
            uuid=node.uuid,
            label=node.label,
            process_label=node.process_label or type(node).__name__,
            mtime=node.mtime or timezone.now(),
            is_calculation=node.node_type.startswith('process.calculation.'),
            is_sealed=node.is_sealed,
        )

    @property
    def kind(self) -> Kind:
        """The folder it stands in, and the part of the log."""
        return 'calculations' if self.is_calculation else 'workflows'

    @property
    def stamp(self) -> str | None:
        """What tells whether it has changed, ``None`` as long as it may change any time."""
        return self.mtime.isoformat() if self.is_sealed else None


def plain_name(text: str) -> str:
    """Return a text as the name of one folder: without what separates folders, and not too long."""
    name = _UNFIT.sub('-', text).strip()
    while len(name.encode()) > _LONGEST:
        name = name[:-1]
    return name if name.strip('.') else '_' * max(len(name), 1)


def process_name(row: Row) -> str:
    """Return the name of the folder of a process: its label, or that of its class, and its number."""
    return f'{plain_name(row.label or row.process_label)}-{row.pk}'


def child_name(index: int, link_label: str, row: Row) -> str:
    """Return the name of the folder of a process in that of its caller; the label of its node plays no part.

    :param index: which of the calls it was, from one on.
    :param link_label: what the caller called it.
    """
    label = '' if link_label == 'CALL' else f'{plain_name(link_label)}-'
    return f'{index:02d}-{label}{plain_name(row.process_label)}-{row.pk}'


def group_path(group: Group, taken: Iterable[str] = ()) -> PurePosixPath:
    """Return the folder of a group: one level for each part of its label.

    :param taken: the folders that others have; its number is added if the label leads to one of them.
    """
    path = PurePosixPath(*(plain_name(part) for part in group.label.split('/')))
    return path if str(path) not in set(taken) else path.with_name(f'{path.name}-{group.pk}')

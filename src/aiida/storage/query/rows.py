"""Rows of a statement made into Python values and records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from aiida.storage.query.entities import ColumnKind, EntityTable
from aiida.storage.records import LinkRecord, NodeRecord

if TYPE_CHECKING:
    from aiida.storage.query.dialect import Dialect

__all__ = ('AncestryRecord', 'MembershipRecord', 'Output', 'RowReader', 'entity_reader', 'value_reader')

Row = Sequence[Any]


class AncestryRecord(NamedTuple):
    """The whole of a line of descent: ``depth`` is the number of nodes in between on the shortest way."""

    ancestor_id: int
    descendant_id: int
    depth: int


class MembershipRecord(NamedTuple):
    """The whole of a membership in a group."""

    id: int
    node_id: int
    group_id: int


@dataclass(frozen=True, slots=True)
class Output:
    """One thing a row holds.

    :param entity: its kind if it is a whole one, which is read as a record (a dictionary for the seldom ones).
    :param read: takes the whole row for a whole entity, else the value in the column; ``None`` leaves that as it is.
    """

    tag: str
    key: str
    entity: str | None
    start: int
    read: Callable[[Any], Any] | None


class RowReader:
    """Makes lists of values of rows."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self.outputs = tuple(outputs)
        self._plain = all(output.read is None for output in outputs)

    def read(self, row: Row) -> list[Any]:
        """Return the values of a row, one for each output."""
        if self._plain:
            return list(row)
        values = []
        for output in self.outputs:
            if output.read is None:
                values.append(row[output.start])
            elif output.entity is None:
                values.append(output.read(row[output.start]))
            else:
                values.append(output.read(row))
        return values


def value_reader(kind: ColumnKind, dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what makes a Python value of a column of this kind."""
    if kind is ColumnKind.JSON:
        return dialect.read_json
    if kind is ColumnKind.TIME:
        return dialect.read_time
    return _read_boolean if kind is ColumnKind.BOOLEAN else None


def _read_boolean(value: Any) -> bool | None:
    return None if value is None else bool(value)


def entity_reader(entity: EntityTable, start: int, dialect: Dialect) -> Callable[[Row], Any]:
    """Return what makes a record of a whole entity whose columns begin at ``start``; it gives ``None`` for none."""
    if entity.name == 'node':
        return _node_reader(start, dialect)
    if entity.name == 'link':
        # in the order of the table: id, input_id, output_id, label, type
        return _unless_absent(
            start, lambda row: LinkRecord(row[start + 1], row[start + 2], row[start + 4], row[start + 3])
        )
    if entity.table == 'ancestry':
        return _unless_absent(start, lambda row: AncestryRecord(*row[start : start + 3]))
    if entity.table == 'db_dbgroup_dbnodes':
        return _unless_absent(start, lambda row: MembershipRecord(*row[start : start + 3]))
    readers = [(name, value_reader(kind, dialect)) for name, kind in entity.columns.items()]

    def read(row: Row) -> dict[str, Any]:
        return {
            name: row[place] if reader is None else reader(row[place])
            for place, (name, reader) in enumerate(readers, start)
        }

    return _unless_absent(start, read)


def _unless_absent(start: int, read: Callable[[Row], Any]) -> Callable[[Row], Any]:
    """Let an outer join's missing side be ``None``."""
    return lambda row: None if row[start] is None else read(row)


def _node_reader(start: int, dialect: Dialect) -> Callable[[Row], NodeRecord | None]:
    stop = start + 13
    read_json, read_time = dialect.read_json, dialect.read_time

    def read(row: Row) -> NodeRecord | None:
        node_id, uuid, node_type, process_type, label, description, ctime, mtime, *rest = row[start:stop]
        if node_id is None:
            return None
        attributes, extras, metadata, computer_id, user_id = rest
        return NodeRecord(
            id=node_id,
            uuid=uuid,
            node_type=node_type,
            process_type=process_type,
            label=label,
            description=description,
            ctime=read_time(ctime),  # type: ignore[arg-type]
            mtime=read_time(mtime),  # type: ignore[arg-type]
            attributes=read_json(attributes),
            extras=read_json(extras),
            repository_metadata=read_json(metadata),
            dbcomputer_id=computer_id,
            user_id=user_id,
        )

    return read

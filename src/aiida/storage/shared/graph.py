"""Nodes, the links between them and their logs: the verbs of every store."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from aiida.common.exceptions import InternalError, NotExistent
from aiida.storage.records import LinkRecord, LogRecord, NodeRecord
from aiida.storage.shared.base import DatabaseUser
from aiida.storage.shared.formats import read_json

__all__ = ('GraphVerbs', 'hyphenate', 'no_node')

_JSON_COLUMNS = frozenset({'attributes', 'extras', 'repository_metadata'})
_TIME_COLUMNS = frozenset({'ctime', 'mtime'})
_COLUMNS = frozenset(NodeRecord.__slots__) - {'id'}


class GraphVerbs(DatabaseUser):
    """The verbs on nodes, links and logs."""

    _graph_sql: ClassVar[Mapping[str, str]]

    # nodes

    def insert_node(self, record: NodeRecord) -> int:
        """Insert the row, set ``record.id`` and return it.

        :raises IntegrityError: if there is a node with this uuid.
        """
        with self._database.transaction():
            node_id = self._database.insert(
                self._graph_sql['insert_node'],
                (
                    record.uuid,
                    record.node_type,
                    record.process_type,
                    record.label,
                    record.description,
                    self._formats.write_time(record.ctime),
                    self._formats.write_time(record.mtime),
                    self._formats.write_json(record.attributes),
                    self._formats.write_json(record.extras),
                    self._formats.write_json(record.repository_metadata),
                    record.dbcomputer_id,
                    record.user_id,
                ),
            )
        record.id = node_id
        return node_id

    def read_node(self, node_id: int) -> NodeRecord:
        """Return the row.

        :raises NotExistent: if there is none.
        """
        rows = self._database.execute(self._graph_sql['read_node'], (node_id,))
        if not rows:
            raise no_node(node_id)
        return self._node_record(rows[0])

    def read_nodes(self, node_ids: Sequence[int]) -> list[NodeRecord]:
        """Return the rows in the order asked for; absent ones are left out."""
        rows = self._database.execute(self._graph_sql['read_nodes'], (self._formats.write_list(node_ids),))
        by_id = {row[0]: row for row in rows}
        return [self._node_record(by_id[node_id]) for node_id in node_ids if node_id in by_id]

    def find_nodes(self, column: Literal['uuid', 'label'], value: str, prefix: bool = False) -> list[int]:
        """Return the ids of the nodes whose column equals ``value`` (or begins with it), oldest first."""
        if prefix:
            start = hyphenate(value) if column == 'uuid' else value
            rows = self._database.execute(self._graph_sql[f'find_nodes_{column}_prefix'], self._range(column, start))
        else:
            rows = self._database.execute(self._graph_sql[f'find_nodes_{column}'], (value,))
        return [row[0] for row in rows]

    def _range(self, column: str, start: str) -> tuple[str, str]:
        """Return the ends of the range of texts that begin with ``start``; the upper one belongs to it no more."""
        # the largest code point there is
        return start, f'{start}\U0010ffff'

    def read_attributes(self, node_id: int) -> dict[str, Any]:
        """Return the attributes as they are in the database now.

        :raises NotExistent: if there is no such node.
        """
        return self._read_json_column('read_attributes', node_id)

    def read_extras(self, node_id: int) -> dict[str, Any]:
        """Return the extras as they are in the database now.

        :raises NotExistent: if there is no such node.
        """
        return self._read_json_column('read_extras', node_id)

    def _read_json_column(self, statement: str, node_id: int) -> dict[str, Any]:
        rows = self._database.execute(self._graph_sql[statement], (node_id,))
        if not rows:
            raise no_node(node_id)
        values: dict[str, Any] | None = read_json(rows[0][0])
        return values or {}

    def update_node(self, node_id: int, columns: Mapping[str, Any], mtime: datetime) -> None:
        """Replace whole columns (names of :class:`NodeRecord`) of a row.

        :raises NotExistent: if there is no such node.
        """
        values = {**columns, 'mtime': mtime}
        unknown = values.keys() - _COLUMNS
        if unknown:
            raise InternalError(f'a node has no columns {sorted(unknown)}: it has {sorted(_COLUMNS)}')
        assignments = ', '.join(f'{column} = ?' for column in values)
        encoded = [self._encode(column, value) for column, value in values.items()]
        with self._database.transaction():
            if not self._database.change(f'UPDATE db_dbnode SET {assignments} WHERE id = ?', (*encoded, node_id)):
                raise no_node(node_id)

    def patch_node(
        self,
        node_id: int,
        column: Literal['attributes', 'extras'],
        changes: Mapping[str, Any],
        removed: Iterable[str],
        mtime: datetime,
    ) -> None:
        """Set and remove top-level keys of a JSON column; keys that are not named keep what others wrote meanwhile.

        :raises NotExistent: if there is no such node.
        """
        with self._database.transaction():
            if not self._patch(node_id, column, changes, list(removed), mtime):
                raise no_node(node_id)

    @abstractmethod
    def _patch(
        self, node_id: int, column: str, changes: Mapping[str, Any], removed: Sequence[str], mtime: datetime
    ) -> bool:
        """Set and remove keys of a JSON column, with nobody writing in between; return whether there is the node."""

    def delete_nodes(self, node_ids: Sequence[int]) -> None:
        """Delete nodes with their links, logs, comments, memberships in groups and what is alive of them."""
        ids = self._formats.write_list(node_ids)
        with self._database.transaction():
            self._bury(node_ids)
            for statement in ('delete_memberships', 'delete_links_from', 'delete_nodes'):
                self._database.change(self._graph_sql[statement], (ids,))

    def _bury(self, node_ids: Iterable[int]) -> None:
        """Let what waits for these nodes go on without them; the store's other rooms say how."""

    # links

    def insert_links(self, links: Iterable[LinkRecord]) -> None:
        """Insert rows; the rules of the graph were checked by the caller, in the same transaction.

        :raises IntegrityError: at the commit, if there is no node at one of the ends.
        """
        rows = [(link.source_id, link.target_id, link.link_type, link.label) for link in links]
        with self._database.transaction():
            self._database.execute_many(self._graph_sql['insert_link'], rows)

    def read_links(
        self,
        node_id: int,
        direction: Literal['incoming', 'outgoing'],
        link_types: Sequence[str] | None = None,
        label: str | None = None,
    ) -> list[LinkRecord]:
        """Return links of a node in the order they were stored; ``label`` is compared exactly."""
        types = None if link_types is None else self._formats.write_list(link_types)
        rows = self._database.execute(
            self._graph_sql[f'read_links_{direction}'], {'node_id': node_id, 'types': types, 'label': label}
        )
        return [LinkRecord._make(row) for row in rows]

    def is_ancestor(self, ancestor_id: int, node_id: int, link_types: Sequence[str]) -> bool:
        """Whether ``node_id`` can be reached from ``ancestor_id`` along links of these types."""
        parameters = {'types': self._formats.write_list(link_types), 'node_id': node_id, 'ancestor_id': ancestor_id}
        return bool(self._database.execute(self._graph_sql['is_ancestor'], parameters))

    # logs

    def insert_logs(self, logs: Iterable[LogRecord]) -> None:
        """Insert rows.

        :raises IntegrityError: at the commit, if there is no node a record is of.
        """
        rows = [
            (
                log.uuid,
                self._formats.write_time(log.time),
                log.loggername,
                log.levelname,
                log.node_id,
                log.message,
                self._formats.write_json(log.metadata),
            )
            for log in logs
        ]
        with self._database.transaction():
            self._database.execute_many(self._graph_sql['insert_log'], rows)

    # rows

    def _node_record(self, row: tuple[Any, ...]) -> NodeRecord:
        read_time = self._formats.read_time
        return NodeRecord(
            id=row[0],
            uuid=row[1],
            node_type=row[2],
            process_type=row[3],
            label=row[4],
            description=row[5],
            ctime=read_time(row[6]),
            mtime=read_time(row[7]),
            attributes=read_json(row[8]),
            extras=read_json(row[9]),
            repository_metadata=read_json(row[10]),
            dbcomputer_id=row[11],
            user_id=row[12],
        )

    def _encode(self, column: str, value: Any) -> Any:
        if column in _JSON_COLUMNS:
            return self._formats.write_json(value)
        return self._formats.write_time(value) if column in _TIME_COLUMNS else value


def no_node(node_id: int) -> NotExistent:
    """Return what to say of a node that is not there."""
    return NotExistent(f'there is no node with pk {node_id}')


def hyphenate(start: str) -> str:
    """Return the beginning of a uuid with its hyphens, which may have been left out."""
    digits = start.replace('-', '').lower()
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    hyphenated = '-'.join(group for group in groups if group)
    # `12345678-` begins fewer uuids than `12345678`
    return hyphenated + '-' if start.endswith('-') and not hyphenated.endswith('-') else hyphenated

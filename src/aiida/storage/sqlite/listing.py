"""The list of processes, in SQLite, without building a node."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from aiida.storage.records import ProcessRow
from aiida.storage.sqlite.base import DatabaseUser
from aiida.storage.sqlite.formats import read_json, read_time, write_json, write_time

__all__ = ('LISTED_ATTRIBUTES', 'ProcessListVerbs')

#: What is read of the attributes; one call of ``json_extract`` reads them all.
LISTED_ATTRIBUTES = (
    'process_state',
    'process_status',
    'process_label',
    'exit_status',
    'exit_message',
    'exception',
    'paused',
    'sealed',
    'state',
    'scheduler_state',
    'job_id',
)
_PATHS = ', '.join(f"'$.{name}'" for name in LISTED_ATTRIBUTES)
#: A process in one of these states is not sealed, so an index over the few that are not finds it.
_LIVE_STATES = frozenset({'created', 'running', 'waiting'})
_CACHED_FROM = '_aiida_cached_from'

_COLUMNS = f"""
SELECT node.id, node.uuid, node.node_type, node.process_type, node.label, node.description, node.ctime, node.mtime,
       json_extract(node.attributes, {_PATHS}), json_extract(node.extras, '$.{_CACHED_FROM}'),
       run.desired_state, run.attempts, run.last_error
FROM db_dbnode AS node {{index}} LEFT JOIN process_run AS run ON run.node_id = node.id
"""


class ProcessListVerbs(DatabaseUser):
    """The one verb that reads processes for a list."""

    def list_processes(
        self,
        *,
        node_ids: Sequence[int] | None = None,
        states: Sequence[str] | None = None,
        exit_status: int | None = None,
        failed: bool = False,
        paused: bool = False,
        process_label: str | None = None,
        created_after: datetime | None = None,
        group_ids: Sequence[int] | None = None,
        user_id: int | None = None,
        order_by: Literal['id', 'ctime'] = 'ctime',
        descending: bool = False,
        limit: int | None = None,
    ) -> list[ProcessRow]:
        """Return processes with what a list shows of them; all filters must hold, ``None`` is no filter.

        The attributes are those of :data:`LISTED_ATTRIBUTES` that have a value, and the extra ``_aiida_cached_from``.

        :param failed: only those that are finished with an exit status above 0.
        :param process_label: compared exactly, or as a pattern if it contains ``%``.
        """
        query = _ListQuery()
        query.restrict_nodes(node_ids, group_ids, user_id, created_after)
        query.restrict_outcome(states, exit_status, failed, paused, process_label)
        sql, parameters = query.build(order_by, descending, limit)
        return [_process_row(row) for row in self._database.execute(sql, parameters)]


class _ListQuery:
    """The statement for one list, as its conditions come in."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self._parameters: list[Any] = []
        self._names_nodes = False
        self._has_start = False
        self._only_live = False

    def _where(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self._parameters.extend(values)

    def restrict_nodes(
        self,
        node_ids: Sequence[int] | None,
        group_ids: Sequence[int] | None,
        user_id: int | None,
        created_after: datetime | None,
    ) -> None:
        """Ask which nodes they are."""
        self._names_nodes = node_ids is not None or group_ids is not None
        self._has_start = created_after is not None
        if node_ids is not None:
            self._where('node.id IN (SELECT value FROM json_each(?))', write_json(list(node_ids)))
        if group_ids is not None:
            self._where(
                'node.id IN (SELECT dbnode_id FROM db_dbgroup_dbnodes'
                ' WHERE dbgroup_id IN (SELECT value FROM json_each(?)))',
                write_json(list(group_ids)),
            )
        if user_id is not None:
            self._where('+node.user_id = ?', user_id)
        if created_after is not None:
            self._where('node.ctime > ?', write_time(created_after))

    def restrict_outcome(
        self,
        states: Sequence[str] | None,
        exit_status: int | None,
        failed: bool,
        paused: bool,
        process_label: str | None,
    ) -> None:
        """Ask what became of them."""
        if states is not None:
            self._only_live = _LIVE_STATES.issuperset(states)
            self._where(
                "json_extract(node.attributes, '$.process_state') IN (SELECT value FROM json_each(?))",
                write_json(list(states)),
            )
        if exit_status is not None:
            self._where("json_extract(node.attributes, '$.exit_status') = ?", exit_status)
        if failed:
            self._where("json_extract(node.attributes, '$.process_state') = 'finished'")
            self._where("json_extract(node.attributes, '$.exit_status') > 0")
        if paused:
            self._where("json_extract(node.attributes, '$.paused') IS TRUE")
        if process_label is not None:
            comparison = 'LIKE' if '%' in process_label else '='
            self._where(f"json_extract(node.attributes, '$.process_label') {comparison} ?", process_label)

    def build(self, order_by: str, descending: bool, limit: int | None) -> tuple[str, list[Any]]:
        """Return the statement and its parameters, with the index that fits the conditions."""
        # a range, and not LIKE, so that the index on the column serves; `/` is what follows `.`
        kind = "node.node_type >= 'process.' AND node.node_type < 'process/'"
        index = ''
        if not self._names_nodes:
            if self._only_live:
                index = 'INDEXED BY ix_nabucco_process_live'
                kind += " AND json_extract(node.attributes, '$.sealed') IS NULL"
            elif limit is not None or self._has_start:
                # along the index that has the order, to stop early, instead of gathering all and sorting them
                kind = kind.replace('node.', '+node.')
        direction = 'DESC' if descending else 'ASC'
        order = f'node.id {direction}' if order_by == 'id' else f'node.ctime {direction}, node.id {direction}'
        sql = f'{_COLUMNS.format(index=index)} WHERE {" AND ".join([kind, *self._conditions])} ORDER BY {order}'
        return (sql, self._parameters) if limit is None else (f'{sql} LIMIT ?', [*self._parameters, limit])


def _process_row(row: tuple[Any, ...]) -> ProcessRow:
    values, cached_from = row[8:10]
    pairs = zip(LISTED_ATTRIBUTES, read_json(values) or (), strict=False)
    attributes = {name: value for name, value in pairs if value is not None}
    if cached_from is not None:
        attributes[_CACHED_FROM] = cached_from
    return ProcessRow._make(
        (*row[:6], read_time(row[6]), read_time(row[7]), attributes, row[10], row[11] or 0, row[12])
    )

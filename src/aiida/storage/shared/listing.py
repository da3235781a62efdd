"""The list of processes, without building a node: the verb of every store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal

from aiida.storage.records import ProcessRow
from aiida.storage.shared.base import DatabaseUser
from aiida.storage.shared.formats import Formats, read_json

__all__ = ('CACHED_FROM', 'LISTED_ATTRIBUTES', 'ListQuery', 'ProcessListVerbs')

#: What is read of the attributes.
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
CACHED_FROM = '_aiida_cached_from'
#: A process in one of these states is not sealed, so an index over the few that are not finds it.
_LIVE_STATES = frozenset({'created', 'running', 'waiting'})

_AWAITED = 'SELECT parent_id, child_id FROM process_wait ORDER BY parent_id, child_id'
_DOOMED = """
WITH RECURSIVE doomed (node_id, asked_id) AS (
    SELECT node_id, node_id FROM process_run WHERE desired_state = 'kill'
    UNION
    SELECT link.output_id, doomed.asked_id FROM doomed
    JOIN db_dblink AS link ON link.input_id = doomed.node_id AND link.type IN ('call_calc', 'call_work')
)
SELECT node_id, asked_id FROM doomed ORDER BY node_id
"""


class ProcessListVerbs(DatabaseUser):
    """The verbs that read processes for a list."""

    _list_query: ClassVar[type[ListQuery]]

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
        query = self._list_query(self._formats)
        query.restrict_nodes(node_ids, group_ids, user_id, created_after)
        query.restrict_outcome(states, exit_status, failed, paused, process_label)
        sql, parameters = query.build(order_by, descending, limit)
        return [self._process_row(row) for row in self._database.execute(sql, parameters)]

    def awaited(self) -> dict[int, list[int]]:
        """Return which processes still wait for which others that they gave themselves up for, all by pk."""
        waiting: dict[int, list[int]] = {}
        for parent_id, child_id in self._database.execute(_AWAITED):
            waiting.setdefault(parent_id, []).append(child_id)
        return waiting

    def doomed(self) -> dict[int, int]:
        """Return the processes that are asked to be killed, and all they called: which was asked, by pk.

        What was called is in it whether it is terminated or not.
        """
        doomed: dict[int, int] = {}
        for node_id, asked_id in self._database.execute(_DOOMED):
            if doomed.get(node_id) != node_id:  # what was asked itself is killed for its own sake
                doomed[node_id] = asked_id
        return doomed

    def _process_row(self, row: tuple[Any, ...]) -> ProcessRow:
        values, cached_from = row[8:10]
        pairs = zip(LISTED_ATTRIBUTES, read_json(values) or (), strict=False)
        attributes = {name: value for name, value in pairs if value is not None}
        if cached_from is not None:
            attributes[CACHED_FROM] = cached_from
        read_time = self._formats.read_time
        return ProcessRow._make(
            (
                *row[:6],
                read_time(row[6]),
                read_time(row[7]),
                attributes,
                row[10],
                row[11] or 0,
                *row[12:-1],
                row[-1] != 0,
            )
        )


class ListQuery(ABC):
    """The statement for one list, as its conditions come in; a store says how they are written."""

    def __init__(self, formats: Formats) -> None:
        """
        :param formats: how values are written.
        """
        self._formats = formats
        self._conditions: list[str] = []
        self._parameters: list[Any] = []
        self.names_nodes = False
        self.has_start = False
        self.only_live = False

    @abstractmethod
    def member_of(self, expression: str) -> str:
        """The condition that an expression is in a list of values."""

    @abstractmethod
    def compare(self, name: str, operator: str, number: str) -> str:
        """The comparison of an attribute with a number, or with the ``?`` of one."""

    @abstractmethod
    def text_attribute(self, name: str) -> str:
        """The text of an attribute."""

    @abstractmethod
    def is_true(self, name: str) -> str:
        """The condition that an attribute is ``True``."""

    @abstractmethod
    def frame(self, limited: bool) -> tuple[str, str]:
        """Return the columns with their tables, and the condition that a node is a process, for these conditions."""

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
        self.names_nodes = node_ids is not None or group_ids is not None
        self.has_start = created_after is not None
        write_list = self._formats.write_list
        if node_ids is not None:
            self._where(self.member_of('node.id'), write_list(node_ids))
        if group_ids is not None:
            groups = f'SELECT dbnode_id FROM db_dbgroup_dbnodes WHERE {self.member_of("dbgroup_id")}'
            self._where(f'node.id IN ({groups})', write_list(group_ids))
        if user_id is not None:
            # the index on users would find most of all nodes
            self._where('+node.user_id = ?', user_id)
        if created_after is not None:
            self._where('node.ctime > ?', self._formats.write_time(created_after))

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
            self.only_live = _LIVE_STATES.issuperset(states)
            self._where(self.member_of(self.text_attribute('process_state')), self._formats.write_list(states))
        if exit_status is not None:
            self._where(self.compare('exit_status', '=', '?'), exit_status)
        if failed:
            self._where(f"{self.text_attribute('process_state')} = 'finished'")
            self._where(self.compare('exit_status', '>', '0'))
        if paused:
            self._where(self.is_true('paused'))
        if process_label is not None:
            comparison = 'LIKE' if '%' in process_label else '='
            self._where(f'{self.text_attribute("process_label")} {comparison} ?', process_label)

    def build(self, order_by: str, descending: bool, limit: int | None) -> tuple[str, list[Any]]:
        """Return the statement and its parameters."""
        select, is_process = self.frame(limit is not None)
        direction = 'DESC' if descending else 'ASC'
        order = f'node.id {direction}' if order_by == 'id' else f'node.ctime {direction}, node.id {direction}'
        sql = f'{select} WHERE {" AND ".join([is_process, *self._conditions])} ORDER BY {order}'
        return (sql, self._parameters) if limit is None else (f'{sql} LIMIT ?', [*self._parameters, limit])

"""Nodes, the links between them and their logs, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from aiida.storage.postgres.formats import FORMATS, write_json
from aiida.storage.shared import entities, graph
from aiida.storage.sql import load_statements

__all__ = ('EntityVerbs', 'GraphVerbs')

_STATEMENTS: Mapping[str, str] = load_statements('graph', 'graph_postgres')
_DIGITS = frozenset('0123456789abcdef')
#: A range in which no uuid is.
_NOWHERE = (str(UUID(int=1)), str(UUID(int=0)))


class GraphVerbs(graph.GraphVerbs):
    """The verbs on nodes, links and logs."""

    _formats = FORMATS
    _graph_sql = _STATEMENTS

    def find_nodes(self, column: Literal['uuid', 'label'], value: str, prefix: bool = False) -> list[int]:
        """Return the ids of the nodes whose column equals ``value`` (or begins with it), oldest first."""
        if column == 'uuid' and not prefix and not _is_uuid(value):
            return []
        return super().find_nodes(column, value, prefix)

    def _range(self, column: str, start: str) -> tuple[str, str]:
        if column != 'uuid':
            return super()._range(column, start)
        digits = start.replace('-', '')
        if len(digits) > 32 or not _DIGITS.issuperset(digits):
            return _NOWHERE
        first, last = str(UUID(digits.ljust(32, '0'))), str(UUID(digits.ljust(32, 'f')))
        # hyphens stand in their places only
        return (first, last) if first.startswith(start) else _NOWHERE

    def _patch(
        self, node_id: int, column: str, changes: Mapping[str, Any], removed: Sequence[str], mtime: datetime
    ) -> bool:
        # in one statement, so that two programs that patch the same node take turns
        parameters = {
            'node_id': node_id,
            'changes': write_json(dict(changes)),
            'removed': removed,
            'mtime': self._formats.write_time(mtime),
        }
        return bool(self._database.change(self._graph_sql[f'patch_{column}'], parameters))


class EntityVerbs(entities.EntityVerbs):
    """The verbs on the tables whose rows are few and seldom written."""

    _formats = FORMATS
    _graph_sql = _STATEMENTS

    def read_setting(self, key: str) -> Any:
        """Return the value of a global setting, ``None`` if there is none.

        In a transaction nobody else reads or writes it in one of theirs before this one ends, so that it can be
        replaced by what depends on it.
        """
        if self.in_transaction:
            self._database.execute(self._graph_sql['lock_setting'], (key,))
        return super().read_setting(key)


def _is_uuid(value: str) -> bool:
    """Whether a text is a uuid in the form in which it is given out."""
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False

"""Nodes, the links between them and their logs, in SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aiida.storage.shared import graph
from aiida.storage.sql import load_statements
from aiida.storage.sqlite.formats import FORMATS, read_json, write_json

__all__ = ('GraphVerbs',)


class GraphVerbs(graph.GraphVerbs):
    """The verbs on nodes, links and logs."""

    _formats = FORMATS
    _graph_sql = load_statements('graph', 'graph_sqlite')

    def _patch(
        self, node_id: int, column: str, changes: Mapping[str, Any], removed: Sequence[str], mtime: datetime
    ) -> bool:
        # the transaction holds the only write lock there is: nobody writes between reading and writing
        rows = self._database.execute(self._graph_sql[f'read_{column}'], (node_id,))
        if not rows:
            return False
        values: dict[str, Any] = read_json(rows[0][0]) or {}
        values.update(changes)
        for key in removed:
            values.pop(key, None)
        parameters = (write_json(values), self._formats.write_time(mtime), node_id)
        self._database.change(self._graph_sql[f'write_{column}'], parameters)
        return True

"""Who may run what, what waits for what and where to resume from, in PostgreSQL.

Several programs write at the same time, so what a decision rests on is locked until it is written. Rows of
``process_run`` are locked in one order, so that no two programs wait for each other: a child before its parents, larger
numbers first.

* A write that carries a fence holds its row with ``FOR KEY SHARE``: nobody claims it (``FOR UPDATE``), but a child may
  make it ready meanwhile.
* Who ends holds its own row with ``FOR UPDATE``, so that nobody begins to wait for it (``FOR KEY SHARE``), and then the
  rows of the parents, so that the last child that ends sees that it is the last.
"""

from __future__ import annotations

from aiida.storage.postgres.formats import FORMATS
from aiida.storage.shared import runtime
from aiida.storage.sql import load_statements

__all__ = ('RuntimeVerbs',)


class RuntimeVerbs(runtime.RuntimeVerbs):
    """The verbs on what is alive."""

    _formats = FORMATS
    _runtime_sql = load_statements('processes', 'processes_postgres')

    def _lock_run(self, node_id: int) -> None:
        self._database.execute(self._runtime_sql['lock_run'], (node_id,))

    def _lock_parent(self, node_id: int) -> None:
        self._database.execute(self._runtime_sql['lock_parent'], (node_id,))

    def _read_fence(self, node_id: int) -> int | None:
        if not self.in_transaction:
            return super()._read_fence(node_id)
        rows = self._database.execute(self._runtime_sql['lock_fence'], (node_id,))
        return int(rows[0][0]) if rows else None

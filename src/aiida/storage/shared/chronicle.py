"""What happened to processes, and who runs them: the verbs of every store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from aiida.storage.records import WorkerRecord
from aiida.storage.shared.base import DatabaseUser
from aiida.storage.shared.formats import read_json, write_json

__all__ = ('KEPT_EVENTS', 'ChronicleVerbs')

#: How many of the latest events are kept; they tell who watches what is new, the provenance is in the graph.
KEPT_EVENTS = 50_000
_PRUNE_EVERY = 1_000


class ChronicleVerbs(DatabaseUser):
    """The verbs on events and workers."""

    _runtime_sql: ClassVar[Mapping[str, str]]

    # events

    def record_event(self, node_id: int, kind: str, payload: Mapping[str, Any] | None = None) -> None:
        """Append to what happened."""
        with self._database.transaction():
            number = self._database.insert(
                self._runtime_sql['record_event'], (node_id, kind, self.now(), write_json(dict(payload or {})))
            )
            if number % _PRUNE_EVERY == 0:
                self._database.change(self._runtime_sql['prune_events'], (number - KEPT_EVENTS,))

    def last_event(self) -> int:
        """Return the sequence number of what happened last, 0 if nothing did."""
        number: int = self._database.execute(self._runtime_sql['last_event'])[0][0]
        return number

    def read_events(self, after: int = 0, limit: int = 1000) -> list[tuple[int, int, str, float, dict[str, Any]]]:
        """Return (sequence number, node, kind, time, payload) of the events after a sequence number, in order."""
        rows = self._database.execute(self._runtime_sql['read_events'], (after, limit))
        return [(number, node_id, kind, when, read_json(payload)) for number, node_id, kind, when, payload in rows]

    # workers

    def register_worker(self, worker: WorkerRecord) -> None:
        """Insert or replace a worker's row."""
        with self._database.transaction():
            self._database.execute(self._runtime_sql['register_worker'], tuple(worker))

    def remove_worker(self, worker_id: str) -> None:
        """Delete a worker's row."""
        with self._database.transaction():
            self._database.change(self._runtime_sql['remove_worker'], (worker_id,))

    def list_workers(self) -> list[WorkerRecord]:
        """Return the workers that are registered."""
        return [WorkerRecord._make(row) for row in self._database.execute(self._runtime_sql['list_workers'])]

    def change_counter(self) -> int:
        """Return a number that is another one after anybody committed a change."""
        return self._database.change_counter()

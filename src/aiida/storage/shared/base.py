"""What the rooms of a store have in common: the database and its transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Protocol

from aiida.storage.shared.formats import Formats

__all__ = ('Database', 'DatabaseUser')

Parameters = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]


class Database(Protocol):
    """What the verbs need of a database; statements have ``?`` or ``:name`` where their parameters go."""

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run a statement and return its rows."""

    def insert(self, sql: str, parameters: Parameters) -> int:
        """Run a statement that inserts one row and return the row's id; only inside of a transaction."""

    def change(self, sql: str, parameters: Parameters) -> int:
        """Run a statement and return how many rows it changed; only inside of a transaction."""

    def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run an ``INSERT`` of one row once for each of ``rows``; only inside of a transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open; an exception rolls back the whole of it."""

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""

    def on_commit(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the commit of the open transaction, at once if there is none."""

    def on_rollback(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` after the rollback of the open transaction; no-op when there is none."""

    def stream(self, sql: str, parameters: Parameters, batch_size: int) -> Iterator[Row]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time, as they were when the first was fetched."""

    def change_counter(self) -> int:
        """Return another number after any connection committed a change."""

    def now(self) -> float:
        """Return the time, in seconds since the epoch, by the clock of all who use the database."""

    @property
    def place(self) -> str:
        """What the database is, for messages."""

    def close(self) -> None:
        """Close the connections of all threads."""


class DatabaseUser:
    """Part of a store: some verbs over one database."""

    _formats: ClassVar[Formats]

    def __init__(self, database: Database) -> None:
        """
        :param database: where the statements run.
        """
        self._database = database

    def transaction(self) -> AbstractContextManager[None]:
        """Open a write transaction, or join the one this thread has open; an exception rolls back the whole of it."""
        return self._database.transaction()

    @property
    def in_transaction(self) -> bool:
        """Whether this thread has a transaction open."""
        return self._database.in_transaction

    def now(self) -> float:
        """Return the time, in seconds since the epoch, by the clock of all who use the store, not of one host."""
        return self._database.now()

    def on_commit(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` once the open transaction is committed, at once if there is none."""
        self._database.on_commit(action)

    def on_rollback(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` if the open transaction is rolled back; no-op when there is none."""
        self._database.on_rollback(action)

"""What the rooms of the store have in common: the database and its transactions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from aiida.storage.sqlite.connection import Database

__all__ = ('DatabaseUser',)


class DatabaseUser:
    """Part of a store: some verbs over one database."""

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

    def on_commit(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` once the open transaction is committed, at once if there is none."""
        self._database.on_commit(action)

    def on_rollback(self, action: Callable[[], Any]) -> None:
        """Call ``action()`` if the open transaction is rolled back; no-op when there is none."""
        self._database.on_rollback(action)

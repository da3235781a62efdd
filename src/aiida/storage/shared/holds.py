"""Which computers cannot be used at the moment: the verbs of every store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aiida.storage.records import HoldRecord
from aiida.storage.shared.base import DatabaseUser

__all__ = ('HoldVerbs',)


class HoldVerbs(DatabaseUser):
    """The verbs on the failures of computers."""

    _runtime_sql: ClassVar[Mapping[str, str]]

    def read_hold(self, computer_id: int) -> HoldRecord | None:
        """Return how a computer is held, or that it failed lately; ``None`` if all is well with it."""
        rows = self._database.execute(self._runtime_sql['read_hold'], (computer_id,))
        return HoldRecord._make(rows[0]) if rows else None

    def list_holds(self) -> list[HoldRecord]:
        """Return the computers that are held, or failed lately, by id."""
        return [HoldRecord._make(row) for row in self._database.execute(self._runtime_sql['list_holds'])]

    def write_hold(self, hold: HoldRecord) -> bool:
        """Insert a row of revision 1, or replace the row of the revision before.

        :return: whether it was; not if somebody was quicker.
        :raises IntegrityError: if there is no such computer.
        """
        name = 'insert_hold' if hold.revision == 1 else 'update_hold'
        with self._database.transaction():
            return self._database.change(self._runtime_sql[name], hold._asdict()) > 0

    def lift_hold(self, computer_id: int, stage: int) -> bool:
        """Forget the failures of a computer, unless they had come further than ``stage``; return whether it was."""
        with self._database.transaction():
            return self._database.change(self._runtime_sql['lift_hold'], (computer_id, stage)) > 0

"""Who may run what, what waits for what and where to resume from, in SQLite."""

from __future__ import annotations

from aiida.storage.shared import runtime
from aiida.storage.sql import load_statements
from aiida.storage.sqlite.formats import FORMATS

__all__ = ('RuntimeVerbs',)


class RuntimeVerbs(runtime.RuntimeVerbs):
    """The verbs on what is alive; there is one writer at a time, so nothing has to be locked."""

    _formats = FORMATS
    _runtime_sql = load_statements('processes', 'processes_sqlite')

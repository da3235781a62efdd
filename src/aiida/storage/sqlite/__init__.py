"""The store for SQLite: one file, several programs and threads at once."""

from aiida.storage.sqlite.store import SqliteStore

__all__ = ('SqliteStore',)

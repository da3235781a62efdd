"""The store for PostgreSQL: a server, programs on several machines at once."""

from aiida.storage.postgres.store import PostgresStore

__all__ = ('PostgresStore',)

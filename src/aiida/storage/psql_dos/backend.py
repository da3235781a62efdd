"""The PostgreSQL store, under the path plugins know."""

from aiida.storage.postgres.backend import PsqlDosBackend

__all__ = ('PsqlDosBackend',)

"""The store ``core.sqlite_temp``, in memory, where plugins look for it."""

from __future__ import annotations

from aiida.storage.sqlite.backend import SqliteTempBackend

__all__ = ('SqliteTempBackend',)

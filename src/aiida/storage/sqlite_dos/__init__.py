"""The store ``core.sqlite_dos``, in a file and a container, where plugins look for it."""

from __future__ import annotations

from aiida.storage.sqlite.backend import SqliteDosStorage

__all__ = ('SqliteDosStorage',)

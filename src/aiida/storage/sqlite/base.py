"""What the rooms of the store have in common: the database and its transactions."""

from __future__ import annotations

from aiida.storage.shared.base import DatabaseUser

__all__ = ('DatabaseUser',)

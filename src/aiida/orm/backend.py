"""The store that the graph of the loaded profile lives in."""

from __future__ import annotations

from aiida.common.slots import Slot
from aiida.storage.ports import Store

__all__ = ('STORE', 'get_store')

#: The store of the loaded profile; filled by ``aiida.manage``.
STORE: Slot[Store] = Slot(
    'the storage of a profile', 'load a profile first, e.g. with `from aiida import load_profile; load_profile()`'
)


def get_store() -> Store:
    """Return the store of the loaded profile.

    :raises ConfigurationError: if no profile is loaded.
    """
    return STORE.get()

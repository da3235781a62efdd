"""Beginning although the store cannot be reached yet, as when the machine has just been switched on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from aiida.common.exceptions import StorageUnavailable, UnreachableStorage

__all__ = ('is_away', 'open_when_reachable')

LOGGER = logging.getLogger('aiida.engine.daemon.worker')

#: Seconds between two attempts.
_LOOK = 2.0


def is_away(exception: Exception) -> bool:
    """Return whether an error says that a store does not answer, which may change without anybody doing anything."""
    if isinstance(exception, UnreachableStorage):
        return isinstance(exception.__cause__, StorageUnavailable)
    return isinstance(exception, StorageUnavailable)


def open_when_reachable(open_store: Callable[[], object]) -> None:
    """Open the store of the profile as soon as it can be reached, however long that takes.

    :param open_store: does so, or raises that it cannot be reached.
    :raises AiidaException: what ``open_store`` raises for another reason.
    """
    reason = ''
    while True:
        try:
            open_store()
        except (StorageUnavailable, UnreachableStorage) as exception:
            if not is_away(exception):
                raise
            if reason != (reason := str(exception)):
                LOGGER.warning('the worker begins when the store can be reached: %s', reason)
            time.sleep(_LOOK)
        else:
            if reason:
                LOGGER.warning('the store can be reached')
            return

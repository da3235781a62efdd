"""Saying of processes that they are paused, if who was to pause them did not come to that."""

from __future__ import annotations

import logging
from typing import Any

from aiida.orm import load_node
from aiida.orm.backend import get_store

__all__ = ('mark_pauses',)

LOGGER = logging.getLogger('aiida.engine.runtime.pauses')


def mark_pauses(owner: str) -> None:
    """Let the nodes of processes say that these are paused, where their rows keep everybody from taking them up.

    A worker died between the request and the next step, or who asked for the pause died before it was carried out.

    :param owner: the name under which a row is held meanwhile.
    :raises StorageUnavailable: if the store is out of reach.
    """
    store: Any = get_store()
    for pk in store.unmarked_pauses():
        with store.transaction():
            now = store.now()
            run = store.claim_one(pk, owner, now, now + 1)
            if run is None:
                continue
            if run.desired_state == 'pause':
                node: Any = load_node(pk=pk)
                node.pause()
                node.set_process_status(run.desired_message)
                store.record_event(pk, 'paused', {'status': run.desired_message})
                LOGGER.info('Process<%s> is paused; who was to do that is gone', pk)
            store.release(pk, run.fence, run.ready_since)

"""What happens to processes, as it happens, wherever they are run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from aiida.orm import load_node
from aiida.orm.backend import get_store

__all__ = ('ASKED', 'News', 'latest', 'watch')

#: The kind of news that whoever runs a process has heard what is asked of it; the payload says what is `wanted`.
ASKED = 'asked'
_LOOK = 0.05


class News(NamedTuple):
    """Something that happened to a process."""

    pk: int
    kind: str
    time: float
    payload: dict[str, Any]


def latest() -> int:
    """Return the number of the last thing that happened."""
    return get_store().last_event()


def watch(pks: Collection[int], after: int) -> Iterator[News]:
    """Yield what happens to processes, until all of them are terminated.

    :param pks: which.
    :param after: the number of the event after which to begin, see :func:`latest`.
    """
    store = get_store()
    alive = set(pks)
    while True:
        alive = {pk for pk in alive if not load_node(pk=pk).is_terminated}  # before the news: the end is told too
        for number, pk, kind, when, payload in store.read_events(after):
            after = number
            if pk in pks:
                yield News(pk, kind, when, payload)
        if not alive:
            return
        counter = store.change_counter()
        while store.change_counter() == counter:
            time.sleep(_LOOK)

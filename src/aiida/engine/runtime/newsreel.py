"""What happens to processes, as it happens, wherever they are run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from aiida.orm import load_node
from aiida.orm.backend import get_store

__all__ = ('ASKED', 'News', 'follow', 'latest', 'watch')

#: The kind of news that whoever runs a process has heard what is asked of it; the payload says what is `wanted`.
ASKED = 'asked'
_LOOK = 0.05
_LOOK_ANYWAY = 1.0


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
    for batch in follow(pks, after):
        yield from batch


def follow(pks: Collection[int], after: int) -> Iterator[list[News]]:
    """Yield what happens to processes, all at a time that came since the last look, until all are terminated.

    A list is empty if there was nothing for a second, or nothing but changes of what is no news.

    :param pks: which.
    :param after: the number of the event after which to begin, see :func:`latest`.
    """
    store = get_store()
    alive = set(pks)
    while True:
        counter = store.change_counter()  # before the rows: what changes meanwhile is seen at the next look
        alive = {pk for pk in alive if not load_node(pk=pk).is_terminated}  # before the news: the end is told too
        batch = []
        while events := store.read_events(after):
            for number, pk, kind, when, payload in events:
                after = number
                if pk in pks:
                    batch.append(News(pk, kind, when, payload))
        yield batch
        if not alive:
            return
        deadline = time.monotonic() + _LOOK_ANYWAY
        while store.change_counter() == counter and time.monotonic() < deadline:
            time.sleep(_LOOK)

"""When the queues of computers are asked next: noted by who asks them, for whoever wonders what a job waits for."""

from __future__ import annotations

from typing import Any

__all__ = ('next_polls', 'note_next_poll')

_KEY = 'process|next_poll|{}'
_DESCRIPTION = 'When the queue of computer {} is asked next, by who asks'
#: Seconds; a queue that is asked more often than this is not waited for, and to note it each time would only cost.
_WORTH_NOTING = 4.0
#: Seconds after which a question that was due and is not followed by another one is forgotten.
_FORGOTTEN_AFTER = 3600.0


def note_next_poll(store: Any, computer_id: int, owner: str, now: float, moment: float) -> None:
    """Note when the queue of a computer is asked next, unless that is very soon.

    :param store: the store of the profile.
    :param owner: the name under which who asks holds processes.
    :param now: the time, in seconds since the epoch.
    :param moment: the time of the question, in seconds since the epoch.
    """
    if moment - now < _WORTH_NOTING:
        return
    with store.transaction():
        known = next_polls(store, computer_id)
        noted = {who: when for who, when in known.items() if when > now - _FORGOTTEN_AFTER}
        store.write_setting(_KEY.format(computer_id), {**noted, owner: moment}, _DESCRIPTION.format(computer_id))


def next_polls(store: Any, computer_id: int) -> dict[str, float]:
    """Return when the queue of a computer is asked next, by who asks, in seconds since the epoch."""
    noted = store.read_setting(_KEY.format(computer_id))
    return dict(noted) if isinstance(noted, dict) else {}

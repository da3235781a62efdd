"""What ``verdi process watch`` prints."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Any

from aiida.cmdline.utils import echo
from aiida.cmdline.utils.daemon import alive_workers
from aiida.cmdline.utils.processes import ACTIVE_STATES, describe_news, describe_now, note_on_abandoned
from aiida.cmdline.utils.reasons import Reasons
from aiida.engine.runtime.newsreel import News, follow
from aiida.manage.manager import get_manager

__all__ = ('print_until_the_end',)

#: Seconds between two looks at what processes wait for.
_LOOK = 1.0
#: What comes again and again, and is no news.
_RECURRING = re.compile(r', next poll at .*')
#: What is told as an event a moment later.
_ANNOUNCED = ('is being paused', 'is being killed')


def print_until_the_end(pks: Collection[int], after: int) -> None:
    """Print how processes stand and what happens to them, until all of them are terminated.

    :param after: the number of the event after which to begin.
    """
    standing = _Standing(pks)
    standing.print_changes()
    if note := note_on_abandoned(standing.rows, workers=bool(alive_workers())):
        echo.echo_warning(note)
    looked = time.monotonic()
    for batch in follow(pks, after):
        for news in batch:
            echo.echo(describe_news(news, standing.digits))
            standing.note(news)
        if standing.is_due or time.monotonic() - looked > _LOOK:
            standing.print_changes()
            looked = time.monotonic()


class _Standing:
    """How processes stand, and what of it was printed."""

    def __init__(self, pks: Collection[int]) -> None:
        """
        :param pks: the processes that are watched.
        """
        self.rows: list[Any] = []
        #: Whether something has happened that makes a process wait.
        self.is_due = False
        self._pks = list(pks)
        self.digits = max((len(str(pk)) for pk in pks), default=0)
        self._told: dict[int, str] = {}

    def note(self, news: News) -> None:
        """Remember that something was printed, so that it is not printed once more."""
        self.is_due = self.is_due or news.payload.get('to') == 'waiting'
        if news.kind in ('paused', 'played'):
            self._told[news.pk] = str(news.payload.get('status') or '')

    def print_changes(self) -> None:
        """Print how those processes stand that wait for something else than what was printed last."""
        self.is_due = False
        store = get_manager().get_profile_storage()
        self.rows = store.list_processes(node_ids=self._pks)
        reasons = Reasons(store)
        for row in self.rows:
            if row.attributes.get('process_state') not in ACTIVE_STATES:
                continue
            reason = reasons.of(row)
            essence = _RECURRING.sub('', reason)
            if row.id in self._told and reason in _ANNOUNCED:
                continue
            if row.id not in self._told or (reason and essence != self._told[row.id]):
                echo.echo(describe_now(row, reason, self.digits))
            self._told[row.id] = essence

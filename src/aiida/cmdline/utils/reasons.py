"""Why a process that is active does not go on, in one sentence: for the list and for all that tells of one process.

Like the list it needs no node, only a :class:`~aiida.storage.records.ProcessRow`.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import cached_property
from typing import Any

from aiida.common import timezone
from aiida.common.claims import MAX_ATTEMPTS, owner_is_alive
from aiida.common.polls import next_polls
from aiida.storage.records import ProcessRow

__all__ = ('ACTIVE_STATES', 'Reasons', 'reason_of')

ACTIVE_STATES = ('created', 'running', 'waiting')

_AWAITS = 'Waiting for child processes: '
_MONITORS = 'Monitoring scheduler'
_JOB = 'process.calculation.calcjob.'
#: What a job waits for, by its state; a job writes it together with what comes of it, so as not to write twice.
_TASKS = {
    'uploading': 'Waiting for transport task: upload',
    'submitting': 'Waiting for transport task: submit',
    'withscheduler': _MONITORS,
    'unstashing': 'Waiting for transport task: unstash',
    'stashing': 'Waiting for transport task: stash',
    'retrieving': 'Waiting for transport task: retrieve',
}


def reason_of(store: Any, pk: int) -> str:
    """Return what keeps a process from going on, or what it says of itself; the empty text if that is nothing."""
    rows = store.list_processes(node_ids=[pk])
    return Reasons(store).of(rows[0]) if rows else ''


class Reasons:
    """Tells of processes what keeps them; what is to be known of others is read once for all of them."""

    def __init__(self, store: Any = None) -> None:
        """
        :param store: the store the processes are in; without one only their rows are looked at.
        """
        self._store = store
        self._polls: dict[int, dict[str, float]] = {}
        self._alive: dict[str, bool] = {}

    @cached_property
    def _now(self) -> float:
        """The time, by the clock that the moments in the rows are of."""
        return time.time() if self._store is None else float(self._store.now())

    @cached_property
    def _awaited(self) -> dict[int, list[int]]:
        return {} if self._store is None else dict(self._store.awaited())

    @cached_property
    def _doomed(self) -> dict[int, int]:
        return {} if self._store is None else dict(self._store.doomed())

    def has_lost_its_program(self, row: ProcessRow) -> bool:
        """Return whether the program that runs a process, and is no worker, has ended or was killed."""
        if row.owner is None or row.lease_until is not None:
            return False
        if row.owner not in self._alive:
            self._alive[row.owner] = owner_is_alive(row.owner)
        return not self._alive[row.owner]

    def of(self, row: ProcessRow) -> str:
        """Return what keeps a process from going on, or what it says of itself."""
        says = str(row.attributes.get('process_status') or '')
        if row.attributes.get('process_state') not in ACTIVE_STATES:
            return says
        for find in (self._of_its_end, self._of_a_pause, self._of_its_row, self._of_what_it_waits_for):
            reason = find(row, says)
            if reason is not None:
                return reason
        return says

    def _of_its_end(self, row: ProcessRow, says: str) -> str | None:
        """Say that a process is being killed, by itself or with one above it, and what makes that take long."""
        trouble = f': {says}' if says.startswith(('retry ', 'computer ')) else ''
        if row.desired_state == 'kill':
            return f'is being killed{trouble}'
        asked = self._doomed.get(row.id, row.id)
        return None if asked == row.id else f'is being killed with Process<{asked}>{trouble}'

    def _of_a_pause(self, row: ProcessRow, says: str) -> str | None:
        if row.attributes.get('paused'):
            return says or row.desired_message or 'Paused'
        return 'is being paused' if row.desired_state == 'pause' else None

    def _of_its_row(self, row: ProcessRow, says: str) -> str | None:
        """Say why nobody runs a process that could be run."""
        if row.desired_state is None:
            return None
        if row.owner is not None:
            return 'Left alone: the program that ran it is gone' if self.has_lost_its_program(row) else None
        if row.ready_since is None:
            return None
        if not row.last_error:
            return 'Waiting for a worker'
        moment = f' at {_clock(row.ready_since)}' if row.ready_since > self._now else ''
        if not row.is_counted:  # it is no fault of the process
            return f'{row.last_error}; next try{moment or " by the next worker"}'
        if row.attempts < MAX_ATTEMPTS:
            return f'retry {row.attempts + 1} of {MAX_ATTEMPTS}{moment}: {row.last_error}'
        return f'is set aside{moment} after {row.attempts} attempts: {row.last_error}'

    def _of_what_it_waits_for(self, row: ProcessRow, says: str) -> str | None:
        if not says and row.attributes['process_state'] == 'waiting' and row.node_type.startswith(_JOB):
            says = _TASKS.get(row.attributes.get('state') or 'uploading', '')
        if says.startswith(_AWAITS):
            return self._of_children(row, says)
        if says.startswith(_MONITORS) and row.computer_id is not None:
            return self._of_a_job(row, row.computer_id, says)
        return says or None

    def _of_children(self, row: ProcessRow, says: str) -> str | None:
        """Say which of its children a process still waits for: while nobody runs it, it does not write that itself."""
        named = says.removeprefix(_AWAITS).split(', ')
        left = self._awaited.get(row.id, ()) if row.owner is None else ()
        if not left or len(left) >= len(named):
            return None
        return f'Waiting for {len(left)} of {len(named)} child processes: {", ".join(map(str, left))}'

    def _of_a_job(self, row: ProcessRow, computer_id: int, says: str) -> str | None:
        """Say when the queue is asked for a job."""
        if computer_id not in self._polls:
            self._polls[computer_id] = {} if self._store is None else next_polls(self._store, computer_id)
        moment = self._polls[computer_id].get(row.owner or '')
        return says if moment is None or moment < self._now else f'{says}, next poll at {_clock(moment)}'


def _clock(moment: float) -> str:
    return timezone.clock(datetime.fromtimestamp(moment, timezone.utc))

"""Who may run what, what waits for what and where to resume from: the verbs of every store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aiida.common.claims import MAX_ATTEMPTS, back_off
from aiida.common.exceptions import IntegrityError, LostLease, NotExistent
from aiida.storage.ports import DesiredState
from aiida.storage.records import RunRecord
from aiida.storage.shared.chronicle import ChronicleVerbs
from aiida.storage.shared.holds import HoldVerbs

__all__ = ('RuntimeVerbs',)

#: By how many seconds a time may be ahead of the clock without being wrong: no host knows that of a server precisely.
_TOLERANCE = 1.0


class RuntimeVerbs(ChronicleVerbs, HoldVerbs):
    """The verbs on what is alive."""

    # what a database with several writers has to lock; one writer has to lock nothing

    def _lock_run(self, node_id: int) -> None:
        """Let nobody claim a row, or begin to wait for it, before the open transaction ends."""

    def _lock_parent(self, node_id: int) -> None:
        """Let nobody wake a row before the open transaction ends."""

    def _read_fence(self, node_id: int) -> int | None:
        """Return the fence of a row, which stays what it is until the open transaction ends; ``None`` without a row."""
        rows = self._database.execute(self._runtime_sql['read_fence'], (node_id,))
        return int(rows[0][0]) if rows else None

    # runs

    def enlist(
        self, node_id: int, *, owner: str | None = None, lease_until: float | None = None, priority: int = 0
    ) -> int:
        """Say that this node is to be run, by ``owner`` or by whoever claims it; return the fence.

        :raises IntegrityError: if it is to be run already, or (at the commit) if there is no such node.
        """
        fence = 0 if owner is None else 1
        try:
            with self._database.transaction():
                self._database.execute(
                    self._runtime_sql['enlist'],
                    (node_id, self.now(), priority, owner, lease_until if owner else None, fence),
                )
        except IntegrityError as error:
            raise IntegrityError(f'process {node_id} cannot be enlisted: {error}') from error
        return fence

    def claim(
        self, owner: str, now: float, lease_until: float, limit: int = 1, lost_before: float | None = None
    ) -> list[RunRecord]:
        """Take rows that are ready and free, or whose lease has run out, oldest of the highest priority first.

        :param lost_before: leases that ran until a time before this one have run out; ``now`` for ``None``.
        """
        lost = now if lost_before is None else lost_before
        # looking first costs no write lock, and most of the time there is nothing to take
        if not self._database.execute(self._runtime_sql['claimable'], {'now': now, 'lost': lost})[0][0]:
            return []
        parameters = {'owner': owner, 'now': now, 'lost': lost, 'lease_until': lease_until, 'limit': limit}
        with self._database.transaction():
            rows = self._database.execute(self._runtime_sql['claim'], parameters)
        runs = [RunRecord._make(row) for row in rows]
        runs.sort(key=lambda run: (-run.priority, run.ready_since or 0.0, run.node_id))
        return runs

    def claim_one(self, node_id: int, owner: str, now: float, lease_until: float | None) -> RunRecord | None:
        """Take this row if it is free or its lease has run out; without ``lease_until`` it is held for good."""
        parameters = {'owner': owner, 'now': now, 'lease_until': lease_until, 'node_id': node_id}
        with self._database.transaction():
            rows = self._database.execute(self._runtime_sql['claim_one'], parameters)
        return RunRecord._make(rows[0]) if rows else None

    def renew(self, owner: str, lease_until: float) -> list[RunRecord]:
        """Extend the leases of ``owner`` and return the rows, desired states included; a worker's heart beats too.

        A row that somebody is writing is left out, and cannot be claimed meanwhile: nobody is waited for.
        """
        with self._database.transaction():
            rows = self._database.execute(self._runtime_sql['renew'], {'owner': owner, 'lease_until': lease_until})
            self._database.execute(self._runtime_sql['heartbeat'], (self.now(), owner))
        return [RunRecord._make(row) for row in rows]

    def pull_forward(self, now: float, lease: float) -> int:
        """Bring back what a clock that was set back has left too far in the future; return how many rows that were.

        A process may be ready later by its back-off at most, a lease may run for ``lease`` seconds, and no worker was
        heard of later than ``now``.
        """
        latest = now + _TOLERANCE
        rests = {'now': now, 'latest': latest, 'rested': latest + back_off(MAX_ATTEMPTS)}
        leases = {'lease_until': now + lease, 'lease_latest': latest + lease}
        looked = {'latest': latest, 'rested': rests['rested'], 'lease_latest': leases['lease_latest']}
        if not self._database.execute(self._runtime_sql['ahead'], looked)[0][0]:  # costs no write lock
            return 0
        with self._database.transaction():
            return (
                self._database.change(self._runtime_sql['shorten_rests'], rests)
                + self._database.change(self._runtime_sql['shorten_leases'], leases)
                + self._database.change(self._runtime_sql['set_back_heartbeats'], {'now': now, 'latest': latest})
            )

    def runs_of(self, owner: str) -> list[RunRecord]:
        """Return the rows that ``owner`` holds."""
        return [RunRecord._make(row) for row in self._database.execute(self._runtime_sql['runs_of'], (owner,))]

    def lease_holders(self) -> list[str]:
        """Return the owners that hold a row with a lease, each once."""
        return [row[0] for row in self._database.execute(self._runtime_sql['lease_holders'])]

    def reclaim(self, now: float, gone: Sequence[str] = (), lost_before: float | None = None) -> list[RunRecord]:
        """Free the rows whose lease has run out, and those with a lease of owners that are ``gone``; count the attempt.

        :param lost_before: leases that ran until a time before this one have run out; ``now`` for ``None``.
        :return: the rows as they are now, ready since ``now``.
        """
        lost = now if lost_before is None else lost_before
        parameters = {'lost': lost, 'gone': self._formats.write_list(gone)}
        if not self._database.execute(self._runtime_sql['lost'], parameters)[0][0]:  # costs no write lock
            return []
        with self._database.transaction():
            rows = self._database.execute(self._runtime_sql['reclaim'], {**parameters, 'now': now})
        return sorted((RunRecord._make(row) for row in rows), key=lambda run: run.node_id)

    def disown(self, owner: str) -> list[int]:
        """Free all rows of ``owner``, which gives them up in the middle of their steps; no attempt is counted.

        The fences move, so that what the steps still write is refused.

        :return: the nodes.
        """
        with self._database.transaction():
            rows = self._database.execute(self._runtime_sql['disown'], {'owner': owner, 'now': self.now()})
        return sorted(int(row[0]) for row in rows)

    def hurry(self) -> int:
        """Let what rests for trouble that is no fault of its own be tried now; return how many rows that were."""
        with self._database.transaction():
            return self._database.change(self._runtime_sql['hurry'], {'now': self.now()})

    def resting(self) -> list[tuple[str, int]]:
        """Return why processes rest that are not at fault, and how many do for each reason, most first."""
        return [(row[0], int(row[1])) for row in self._database.execute(self._runtime_sql['resting'])]

    def note_progress(self, node_id: int) -> None:
        """Forget the failed attempts of a process: it has come further than where they failed."""
        with self._database.transaction():
            self._database.change(self._runtime_sql['note_progress'], (node_id,))

    def release(
        self, node_id: int, fence: int, ready_since: float | None, error: str | None = None, counts: bool = True
    ) -> None:
        """Give a row back; ``ready_since`` in the future is a back-off, ``None`` waits for children.

        :param error: why; without one, failed attempts are forgotten.
        :param counts: whether that is a failed attempt, and not trouble that is no fault of the process.

        :raises LostLease: if ``fence`` is not the row's.
        """
        parameters = {
            'node_id': node_id,
            'fence': fence,
            'ready_since': ready_since,
            'error': error,
            'counted': int(counts),
            'now': self.now(),
        }
        with self._database.transaction():
            if not self._database.change(self._runtime_sql['release'], parameters):
                raise self._lost(node_id, fence)

    def finish(self, node_id: int, fence: int | None = None) -> list[int]:
        """Remove all that is alive of a node; return the parents that this made ready.

        :raises LostLease: if ``fence`` is given and not the row's.
        """
        with self._database.transaction():
            self._lock_run(node_id)
            if fence is not None:
                self.check_fence(node_id, fence)
            parents = self._database.execute(self._runtime_sql['parents_of'], (node_id,))
            self._database.change(self._runtime_sql['delete_run'], (node_id,))
            self._database.change(self._runtime_sql['delete_checkpoints'], (node_id,))
            now = self.now()
            return [
                parent_id
                for (parent_id,) in parents
                if self._database.execute(self._runtime_sql['wake'], {'parent_id': parent_id, 'now': now})
            ]

    def _bury(self, node_ids: Iterable[int]) -> None:
        for (node_id,) in self._database.execute(self._runtime_sql['alive_of'], (self._formats.write_list(node_ids),)):
            self.finish(node_id)

    def read_run(self, node_id: int) -> RunRecord | None:
        """Return the row, ``None`` when the node is not to be run (any more)."""
        rows = self._database.execute(self._runtime_sql['read_run'], (node_id,))
        return RunRecord._make(rows[0]) if rows else None

    def check_fence(self, node_id: int, fence: int) -> None:
        """Raise :class:`~aiida.common.exceptions.LostLease` unless ``fence`` is the row's."""
        if self._read_fence(node_id) != fence:
            raise self._lost(node_id, fence)

    def _lost(self, node_id: int, fence: int) -> LostLease:
        run = self.read_run(node_id)
        if run is None:
            return LostLease(
                f'process {node_id} is not to be run any more: it was finished or deleted by another worker'
            )
        return LostLease(
            f'process {node_id} was claimed by {run.owner or "another worker"}: its fence is {run.fence}, not {fence}'
        )

    def set_desired(self, node_id: int, state: DesiredState, message: str | None = None) -> bool:
        """Say what is wanted of a process; return whether it is alive."""
        parameters = {'node_id': node_id, 'state': state, 'message': message, 'now': self.now()}
        with self._database.transaction():
            return self._database.change(self._runtime_sql['set_desired'], parameters) > 0

    def unmarked_pauses(self) -> list[int]:
        """Return the processes that are to be paused and that nobody holds, though their nodes do not say so."""
        return [row[0] for row in self._database.execute(self._runtime_sql['unmarked_pauses'])]

    # checkpoints

    def save_checkpoint(self, node_id: int, bundle: bytes, fence: int, tag: str = '') -> None:
        """Replace the checkpoint of a node.

        :param fence: what the claim gave out; 0 for a process that nobody claimed.
        :raises LostLease: if ``fence`` is not the row's.
        """
        with self._database.transaction():
            if (self._read_fence(node_id) or 0) != fence:
                raise self._lost(node_id, fence)
            self._database.execute(self._runtime_sql['save_checkpoint'], (node_id, tag, fence, self.now(), bundle))

    def load_checkpoint(self, node_id: int, tag: str = '') -> bytes:
        """Return the checkpoint.

        :raises NotExistent: if there is none.
        """
        rows = self._database.execute(self._runtime_sql['load_checkpoint'], (node_id, tag))
        if not rows:
            named = f' with tag `{tag}`' if tag else ''
            raise NotExistent(f'there is no checkpoint of process {node_id}{named}')
        return bytes(rows[0][0])

    def list_checkpoints(self, node_id: int | None = None) -> list[tuple[int, str]]:
        """Return (node, tag) of all checkpoints, or of those of a node."""
        if node_id is None:
            rows = self._database.execute(self._runtime_sql['list_checkpoints'])
        else:
            rows = self._database.execute(self._runtime_sql['list_checkpoints_of'], (node_id,))
        return [(row[0], row[1]) for row in rows]

    def delete_checkpoint(self, node_id: int, tag: str | None = None) -> None:
        """Delete one checkpoint, or all of a node for ``None``; absent ones are no error."""
        with self._database.transaction():
            if tag is None:
                self._database.change(self._runtime_sql['delete_checkpoints'], (node_id,))
            else:
                self._database.change(self._runtime_sql['delete_checkpoint'], (node_id, tag))

    # waiting

    def wait_for(self, parent_id: int, child_ids: Iterable[int]) -> None:
        """Let ``parent_id`` wait for those of the children that are alive; ready at once if none is.

        :raises IntegrityError: at the commit, if the parent is not to be run.
        """
        with self._database.transaction():
            children = self._formats.write_list(child_ids)
            self._database.execute(self._runtime_sql['wait_for'], {'parent_id': parent_id, 'child_ids': children})
            self._lock_parent(parent_id)
            self._database.execute(self._runtime_sql['hold_back'], {'parent_id': parent_id, 'now': self.now()})

    def waiting_for(self, parent_id: int) -> list[int]:
        """Return the children the parent still waits for."""
        return [row[0] for row in self._database.execute(self._runtime_sql['waiting_for'], (parent_id,))]

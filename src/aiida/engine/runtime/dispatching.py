"""Taking up the processes that are ready, and giving back those that cannot be gone on with."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from plumpy.process_states import ProcessState

from aiida.common.claims import MAX_ATTEMPTS, back_off
from aiida.common.exceptions import LostLease, StorageUnavailable
from aiida.engine.exceptions import PluginUnavailable
from aiida.engine.processes import recording
from aiida.engine.runtime import driving, resuming
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS
from aiida.engine.runtime.pauses import mark_pauses
from aiida.engine.runtime.setbacks import Setbacks, import_failure
from aiida.orm import load_node
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner
    from aiida.storage.records import RunRecord

__all__ = ('MAX_ATTEMPTS', 'Dispatcher', 'set_aside')

LOGGER = logging.getLogger('aiida.engine.runtime.dispatching')

#: By how many seconds what is ready soon is taken up early: two hosts know the clock of a server differently well, and
#: what one has just submitted is ready for the other.
_EARLY = 0.1

#: Seconds between two looks at whether anything has changed, when something was taken up just now; and what that means.
_LOOK_BUSY = 0.005
_BUSY_FOR = 1.0
#: The same after that.
_LOOK = 0.02
#: The same when there has been nothing to do for a while, and that while, in seconds.
_LOOK_IDLE = 0.04
_IDLE_AFTER = 10.0
#: The same for steps that are waited for, when they last.
_LOOK_LEAVING = 0.25
#: Seconds after which is looked even if nothing seems to have changed: a back-off may be over.
_FAILSAFE = 1.0
#: Seconds to wait when the store is out of reach.
_PATIENCE = 2.0

#: Processes that are taken up at the same time: others can take up the rest meanwhile.
_AT_ONCE = 6
#: Seconds after which a process that was taken up does not count any more: it waits, or computes in the background.
_FRESH = 0.1
#: Seconds between two looks at whether what is held here is at home here.
_SWEEP = 5.0
#: Seconds after which a process that only waits is not what its workers died of.
_HARMLESS = 10.0


class _Debt(NamedTuple):
    """How a process is to be given back: see :meth:`~aiida.storage.ports.RuntimeStore.release`."""

    fence: int
    ready_since: float
    error: str | None = None
    counts: bool = True


class Dispatcher:
    """Takes up processes for one runner, as many as it has slots for; those that wait for a job need none."""

    def __init__(self, runner: Runner, slots: int) -> None:
        """
        :param runner: who runs them, in the loop that :meth:`serve` is called in.
        :param slots: how many processes may take steps at the same time.
        """
        self._runner = runner
        self._slots = slots
        self._since: dict[int, float] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        #: What could not be given back yet.
        self._owed: dict[int, _Debt] = {}
        self._setbacks = Setbacks()
        #: What is held under this name but lives nowhere here, with its fence, as seen at the last look.
        self._strays: dict[int, int] = {}
        #: What lives here but is held by somebody else, with the fence it had, as seen at the last look.
        self._lost: dict[int, int] = {}
        self._next_sweep = 0.0
        self._counter = -1
        self._last_taken = time.monotonic()
        self._nap: asyncio.Future[None] | None = None
        self._stopping = False

    def __len__(self) -> int:
        return len(self._tasks)

    # taking up

    async def serve(self) -> None:
        """Take up processes until :meth:`stop`; what others could not import may be found here."""
        with contextlib.suppress(StorageUnavailable):
            get_store().hurry()
        while not self._stopping:
            try:
                self._pay()
                self._sweep()
                if self._take_up():
                    await asyncio.sleep(0)
                else:
                    await self._news()
            except StorageUnavailable as exception:
                LOGGER.warning('the store is out of reach, looking again in %g seconds: %s', _PATIENCE, exception)
                await self._sleep(_PATIENCE)

    def poke(self) -> None:
        """Look for something to take up at once."""
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)

    def hear(self) -> None:
        """Look for something to take up at once, as somebody says that there is."""
        self._counter = -1
        self.poke()

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless something happens here before."""
        loop = asyncio.get_running_loop()
        nap = self._nap = loop.create_future()
        timer = loop.call_later(seconds, self.poke)
        try:
            await nap
        finally:
            timer.cancel()

    async def _news(self) -> None:
        """Wait until something has changed, here or elsewhere."""
        loop = asyncio.get_running_loop()
        look: asyncio.TimerHandle | None = None
        trouble: list[Exception] = []

        def look_again() -> None:
            # a plain callback: a worker that is idle does this many times a second
            nonlocal look
            try:
                changed = self._is_due()
            except Exception as exception:
                trouble.append(exception)
                changed = True
            if changed:
                self.poke()
            else:
                look = loop.call_later(self._time_to_look(), look_again)

        look = loop.call_later(self._time_to_look(), look_again)
        try:
            await self._sleep(_FAILSAFE)
        finally:
            look.cancel()
        if trouble:
            raise trouble[0]

    def _time_to_look(self) -> float:
        """Return after how many seconds to look again: where something was just taken up, more is likely to come."""
        idle = time.monotonic() - self._last_taken
        if idle < _BUSY_FOR:
            return _LOOK_BUSY
        return _LOOK if idle < _IDLE_AFTER else _LOOK_IDLE

    def _has_changed(self) -> bool:
        counter = get_store().change_counter()
        changed = counter != self._counter
        self._counter = counter
        return changed

    def _is_due(self) -> bool:
        """Return whether something has changed and there is room for it; what changes while there is none is kept."""
        if not self._has_changed():  # first, as counting who is here takes long where many jobs wait
            return False
        if self._room() > 0:
            return True
        self._counter = -1
        return False

    def _room(self) -> int:
        """Return how many processes may be taken up now."""
        now = time.monotonic()
        fresh = sum(1 for since in self._since.values() if now - since < _FRESH)
        return min(_AT_ONCE - fresh, self._slots - self._at_work())

    def _at_work(self) -> int:
        """Return how many of the processes here take steps: all but those that wait for a job or for others."""
        live = self._runner.live_process
        return sum(1 for pk in self._tasks if (process := live(pk)) is None or process.state != ProcessState.WAITING)

    def _take_up(self) -> int:
        """Take up what is ready, and return how much that was."""
        room = self._room()
        if room <= 0:
            return 0
        store, owner = get_store(), self._runner.owner
        now, until = store.now(), self._runner.lease_until() or math.inf
        # what others have lost is freed by the heart, which knows whether they had the chance to renew their leases
        runs = store.claim(owner, now + _EARLY, until, limit=room, lost_before=0.0)
        if runs:
            self._last_taken = time.monotonic()
        for run in runs:
            self._begin(run)
        return len(runs)

    def _begin(self, run: RunRecord) -> None:
        """Go on with a process from its last checkpoint."""
        pk = run.node_id
        if run.attempts >= MAX_ATTEMPTS and run.desired_state != 'kill':
            try:
                set_aside(run)
            except Exception as exception:
                self._owe(run, exception)
            return
        process = self._restore(run)
        if process is None:
            return
        if process.has_terminated():
            return
        self._since[pk] = time.monotonic()
        task = self._tasks[pk] = asyncio.get_running_loop().create_task(self._live(run, process))
        self._runner._tasks[pk] = task
        task.add_done_callback(partial(self._done, process))

    def _restore(self, run: RunRecord) -> Process | None:
        """Make a process from its last checkpoint, or give it back if that is not possible."""
        pk = run.node_id
        waits = self._setbacks.waits_for(pk)
        if waits is not None:
            self._rest(pk, run.fence, *waits)
            return None
        try:
            process = resuming.unbundle(self._runner, run)
        except INFRASTRUCTURE_ERRORS as exception:
            self._give_back(pk, run.fence, run.attempts, exception)
        except Exception as exception:
            LOGGER.error('Process<%s> cannot be gone on with: %s: %s', pk, type(exception).__name__, exception)
            LOGGER.debug('Process<%s> cannot be gone on with', pk, exc_info=True)
            failure = import_failure(exception)
            if failure is None:
                self._give_back(pk, run.fence, run.attempts, exception)
            else:
                self._rest(pk, run.fence, *self._setbacks.lacks(pk, failure, exception))
        else:
            self._setbacks.made(pk)
            return process
        return None

    async def _live(self, run: RunRecord, process: Process) -> None:
        """Run a process until it is terminated, waits for others, or is paused."""
        if run.desired_state == 'kill':
            if process.state is ProcessState.WAITING:  # once it waits again: the kill has to reach what it waits for
                asyncio.get_running_loop().call_soon(process.kill, run.desired_message)
            else:
                process.kill(run.desired_message)
        elif run.desired_state == 'run' and process.paused:
            process.play()
        elif run.desired_state == 'run' and process.state is ProcessState.WAITING:
            recording.part_again(process)
        if not process._life.is_done_here:
            await driving.live(process)

    # giving back

    def _done(self, process: Process, task: asyncio.Task[None]) -> None:
        """Live without a process that takes no further step here."""
        pk: Any = process.pid
        if self._tasks.get(pk) is task:  # it may have been taken up again already
            self._since.pop(pk, None)
            self._tasks.pop(pk, None)
            self._runner._tasks.pop(pk, None)
        self._runner.unregister(process)
        self.poke()
        if process._life.end_is_written or process._life.has_parted:
            self._setbacks.over(pk)
        if process._life.end_is_written:
            return
        process.node.drop_held()
        if process._life.has_parted:
            return
        exception = None if task.cancelled() else task.exception()
        if exception is None:  # this runner is leaving
            self._owed[pk] = _Debt(process._life.fence, get_store().now())
            return
        if isinstance(exception, LostLease):
            LOGGER.warning('Process<%s> is run by somebody else: %s', pk, exception)
            return
        if not isinstance(exception, INFRASTRUCTURE_ERRORS):
            if _is_lost(process):  # what somebody else has written meanwhile was in its way
                LOGGER.warning('Process<%s> is run by somebody else, or has ended: %s', pk, exception)
                return
            LOGGER.error('Process<%s> was interrupted by an error that is not its own', pk, exc_info=exception)
        self._give_back(pk, process._life.fence, process._life.attempts, exception)

    def _owe(self, run: RunRecord, exception: Exception) -> None:
        """Let a process be set aside later, for the reason it was to be set aside for."""
        LOGGER.warning('Process<%s> cannot be set aside at the moment: %r', run.node_id, exception)
        self._owed[run.node_id] = _Debt(run.fence, get_store().now() + back_off(1), run.last_error)

    def _give_back(self, pk: int, fence: int, attempts: int, exception: BaseException) -> None:
        """Let a process be taken up again: later if something is wrong with it, soon if the store was out of reach.

        If that was so just before, it is the turn of others first; it does not count as an attempt.
        """
        if isinstance(exception, StorageUnavailable | PluginUnavailable):
            self._rest(pk, fence, self._setbacks.rests(pk), str(exception))
            return
        if isinstance(exception, INFRASTRUCTURE_ERRORS):
            self._owed[pk] = _Debt(fence, get_store().now())
        else:
            ready_since = get_store().now() + back_off(attempts + 1)
            self._owed[pk] = _Debt(fence, ready_since, f'{type(exception).__name__}: {exception}')
        with contextlib.suppress(StorageUnavailable):
            self._pay()

    def _rest(self, pk: int, fence: int, seconds: float, reason: str) -> None:
        """Give a process back that cannot be gone on with at the moment, which is no fault of its own."""
        if seconds > 0:
            LOGGER.warning('Process<%s> is tried again in %.0f s: %s', pk, seconds, reason)
        self._owed[pk] = _Debt(fence, get_store().now() + seconds, reason, counts=False)
        with contextlib.suppress(StorageUnavailable):
            self._pay()

    def _pay(self) -> None:
        """Give back what is to be given back.

        :raises StorageUnavailable: if the store is out of reach; it is tried again.
        """
        for pk, debt in list(self._owed.items()):
            with contextlib.suppress(LostLease):
                get_store().release(pk, *debt)
            del self._owed[pk]

    def _sweep(self) -> None:
        """Now and then, give back what is held here but was lost, and forgive what only waits.

        What is lost is not known to be: the answer to a commit did not come, or the store was out of reach when a step
        gave up a process that it ran. Without this the lease would be renewed for ever.

        :raises StorageUnavailable: if the store is out of reach.
        """
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + min(_SWEEP, (self._runner.lease or math.inf) / 6)
        live = resuming.live_here()
        rows = get_store().runs_of(self._runner.owner)
        strays = {row.node_id: row.fence for row in rows if row.node_id not in live and row.node_id not in self._owed}
        for pk, fence in strays.items():
            if self._strays.get(pk) == fence:
                LOGGER.warning('Process<%s> is held here but lives nowhere: it is given back', pk)
                self._owed[pk] = _Debt(fence, get_store().now())
        self._strays = strays
        self._drop_lost(rows)
        self._pay()
        self._forgive(now)
        mark_pauses(self._runner.owner)

    def _drop_lost(self, rows: Sequence[RunRecord]) -> None:
        """End what waits here, for a job as a rule, and was taken over: the store was out of reach for too long.

        A step that is at work is let be; what it writes is refused.

        :param rows: what this worker holds.
        """
        held = {row.node_id: row.fence for row in rows}
        busy = self._runner._background.busy if self._runner._background is not None else {}
        lost = {}
        for pk in self._tasks:
            process = self._runner.live_process(pk)
            if process is None or process._life.is_done_here or process._life.end_is_written or pk in busy:
                continue
            if held.get(pk) != process._life.fence:
                lost[pk] = process._life.fence
        for pk, fence in lost.items():
            if self._lost.get(pk) == fence:
                LOGGER.warning('Process<%s> was lost to somebody else while the store was out of reach', pk)
                self._tasks[pk].cancel()
        self._lost = lost

    def _forgive(self, now: float) -> None:
        """Forget the failed attempts of jobs that wait: their workers did not die of them."""
        busy = self._runner._background.busy if self._runner._background is not None else {}
        for pk, since in self._since.items():
            process = self._runner.live_process(pk)
            if process is None or not process._life.attempts or pk in busy:
                continue
            if process.state is ProcessState.WAITING and now - since > _HARMLESS:
                get_store().note_progress(pk)
                process._life.attempts = 0

    # leaving

    def stop(self) -> None:
        """Take up nothing any more."""
        self._stopping = True
        self.poke()

    async def leave(self, patience: float) -> None:
        """Give all processes back, each at its last checkpoint: at once, but for steps that are at work.

        :param patience: seconds in which these may end; those that do not are given up without fault.
        """
        self.stop()
        self._runner.is_leaving = True
        begun = time.monotonic()
        while True:
            await self._part_from_idle()
            with contextlib.suppress(*INFRASTRUCTURE_ERRORS):
                self._pay()
            passed = time.monotonic() - begun
            if not self._tasks or passed > patience:
                break
            await asyncio.sleep(_LOOK if passed < _IDLE_AFTER else _LOOK_LEAVING)
        with contextlib.suppress(*INFRASTRUCTURE_ERRORS):
            for pk in get_store().disown(self._runner.owner):
                LOGGER.warning('Process<%s> is given up in the middle of a step, which is to be done again', pk)

    async def _part_from_idle(self) -> None:
        """End the tasks of the processes of which nothing is at work."""
        background = self._runner._background
        for pk, task in list(self._tasks.items()):
            if background is None or pk not in background.busy:
                task.cancel()
                await asyncio.wait({task})


def _is_lost(process: Process) -> bool:
    """Return whether somebody else has taken a process, or has ended it."""
    with contextlib.suppress(StorageUnavailable):
        run = get_store().read_run(cast('int', process.pid))
        return run is None or run.fence != process._life.fence
    return False


def set_aside(run: RunRecord) -> None:
    """Let a process that was tried in vain too often be paused, until somebody plays it."""
    reason = f'set aside after {run.attempts} attempts: {run.last_error}'
    LOGGER.error('Process<%s> is %s; `verdi process play %s` tries again', run.node_id, reason, run.node_id)
    node: Any = load_node(pk=run.node_id)
    store = get_store()
    with store.transaction():
        store.set_desired(run.node_id, 'pause', reason)
        store.release(run.node_id, run.fence, get_store().now())
        node.pause()
        node.set_process_status(reason)

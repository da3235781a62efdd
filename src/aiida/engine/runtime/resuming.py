"""Going on with a process whose interpreter is gone, from its last checkpoint."""

from __future__ import annotations

import contextlib
import logging
import threading
import weakref
from typing import TYPE_CHECKING, Any, cast

from plumpy.persistence import LoadSaveContext

from aiida.common.claims import Owner, this_owner
from aiida.common.exceptions import InvalidOperation, LostLease, NotExistent
from aiida.engine.exceptions import PastException
from aiida.engine.persistence import AiiDAPersister, get_object_loader
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS
from aiida.engine.runtime.leases import LEASE
from aiida.engine.runtime.loops import loop_scope
from aiida.orm import load_node
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner
    from aiida.storage.records import RunRecord

__all__ = (
    'RunElsewhere',
    'is_held',
    'live_here',
    'note_runner',
    'release',
    'restore',
    'resume',
    'resume_if_free',
    'unbundle',
)

LOGGER = logging.getLogger('aiida.engine.runtime.resuming')


class RunElsewhere(InvalidOperation):
    """Somebody else runs a process."""


_RUNNERS: weakref.WeakSet[Runner] = weakref.WeakSet()
_RUNNERS_LOCK = threading.Lock()


def note_runner(runner: Runner) -> None:
    """Know a runner of this interpreter from now on, as long as there is one."""
    with _RUNNERS_LOCK:
        _RUNNERS.add(runner)


def _runners() -> list[Runner]:
    with _RUNNERS_LOCK:
        return list(_RUNNERS)


def restore(runner: Runner, pk: int) -> Process:
    """Return a process as its last checkpoint has it, held by ``runner``; the sub processes it waits for come with it.

    :raises NotExistent: if it is not to be run (any more).
    :raises PastException: if it excepted.
    :raises RunElsewhere: if somebody else runs it.
    :raises PersistenceError: if there is no checkpoint that could be read.
    """
    live = runner.live_process(pk)
    if live is not None:
        return live
    run = _take(runner, pk)
    try:
        return unbundle(runner, run)
    except BaseException as exception:
        release(pk, run.fence, exception)
        raise


def unbundle(runner: Runner, run: RunRecord) -> Process:
    """Return a process as its last checkpoint has it; its row is held by ``runner`` already.

    :param run: the row, as the claim has returned it.
    :raises PersistenceError: if there is no checkpoint that could be read.
    """
    bundle = (runner.persister or AiiDAPersister()).load_checkpoint(run.node_id)
    with loop_scope(runner.loop):
        process = bundle.unbundle(LoadSaveContext(loader=get_object_loader(), runner=runner, run=run))
    return cast('Process', process)


def release(pk: int, fence: int, error: BaseException) -> None:
    """Give the row of a process back if that is possible, so that it can be gone on with.

    :param fence: what it was taken with; the row is left alone if somebody else has taken it since.
    :param error: why it is not gone on with here.
    """
    try:
        store, counts = get_store(), not isinstance(error, INFRASTRUCTURE_ERRORS)
        store.release(pk, fence, store.now(), f'{type(error).__name__}: {error}', counts)
    except Exception as exception:  # `is_held` says so too, and the next who asks may take it
        LOGGER.warning('Process<%s> could not be given back: %r', pk, exception)


def live_here() -> set[Any]:
    """Return the pks of the processes that live in any runner of this interpreter."""
    return {pid for runner in _runners() if not runner.is_closed() for pid in list(runner._live)}


def is_held(run: RunRecord) -> bool:
    """Return whether somebody runs a process, or may do so.

    Of this interpreter it is known whether a runner has it indeed. Of a program that cannot be seen from here, such as
    a worker on another host, it is believed until its lease has been over for as long as leases last.

    :param run: the row of the process.
    """
    if run.owner is None:
        return False
    if run.owner == this_owner():
        return run.node_id in live_here()
    owner = Owner.parse(run.owner)
    if owner.can_be_told or run.lease_until is None:
        return owner.is_alive
    return run.lease_until > get_store().now() - LEASE


def resume(runner: Runner, pk: int) -> Process:
    """Let ``runner`` go on with a process and with the sub processes it waits for, as tasks of its loop.

    :return: the process; its ``future()`` is done when it is terminated.
    :raises Exception: see :func:`restore`.
    """
    for child in _children_alive(pk):
        if runner.live_process(child) is None:
            resume(runner, child)
    process = restore(runner, pk)
    if not process.has_terminated():
        runner.start_task(process)
    return process


def resume_if_free(runner: Runner, pk: int) -> None:
    """Let ``runner`` go on with a process, unless somebody runs it or it is terminated."""
    run = get_store().read_run(pk)
    if run is not None and not is_held(run):
        resume(runner, pk)


def _children_alive(pk: int) -> list[int]:
    """Return the sub processes that are not terminated and whose program is gone."""
    store = get_store()
    found = []
    for child in load_node(pk=pk).called:
        if child.is_terminated:
            continue
        run = store.read_run(child.pk)
        if run is not None and not is_held(run):
            found.append(child.pk)
    return found


def _take(runner: Runner, pk: int) -> RunRecord:
    """Let the row of a process say that ``runner`` has it, and return it."""
    store = get_store()
    run = store.read_run(pk)
    if run is None:
        node: Any = load_node(pk=pk)
        if node.is_excepted:
            raise PastException(f'Process<{pk}> excepted and cannot be continued')
        raise NotExistent(f'Process<{pk}> is not to be run: it is terminated, or was run without checkpoints')
    if run.owner is not None and (run.lease_until is None or run.owner != this_owner()):
        if is_held(run):
            raise RunElsewhere(f'Process<{pk}> is run by {Owner.parse(run.owner).label}')
        with contextlib.suppress(LostLease):  # somebody else has noticed that too
            store.release(pk, run.fence, get_store().now(), error=f'{Owner.parse(run.owner).label} is gone')
    taken = store.claim_one(pk, runner.owner, get_store().now(), runner.lease_until())
    if taken is None:
        raise RunElsewhere(f'Process<{pk}> was taken by somebody else just now')
    return taken

"""Going on with a process whose interpreter is gone, from its last checkpoint."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Any, cast

from plumpy.persistence import LoadSaveContext

from aiida.common.exceptions import InvalidOperation, NotExistent
from aiida.engine.exceptions import PastException
from aiida.engine.persistence import AiiDAPersister, get_object_loader
from aiida.engine.runtime.loops import loop_scope
from aiida.orm import load_node
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner

__all__ = ('owner_is_alive', 'restore', 'resume')


def owner_is_alive(owner: str) -> bool:
    """Return whether the program that holds a process may be running; of other hosts that cannot be told.

    :param owner: ``host:pid:start``, see ``Runner.owner``.
    """
    host, _, rest = owner.partition(':')
    pid, _, started = rest.partition(':')
    if host != socket.gethostname() or not pid.isdigit():
        return True
    if int(pid) == os.getpid():
        return True
    import psutil

    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:
            return False  # it has ended, and nobody has taken note of that
        return not started or f'{process.create_time():.2f}' == started
    except psutil.Error:
        return False


def restore(runner: Runner, pk: int) -> Process:
    """Return a process as its last checkpoint has it, held by ``runner``; the sub processes it waits for come with it.

    :raises NotExistent: if it is not to be run (any more).
    :raises PastException: if it excepted.
    :raises InvalidOperation: if somebody else runs it.
    :raises PersistenceError: if there is no checkpoint that could be read.
    """
    live = runner.live_process(pk)
    if live is not None:
        return live
    _take(runner, pk)
    bundle = (runner.persister or AiiDAPersister()).load_checkpoint(pk)
    with loop_scope(runner.loop):
        process = bundle.unbundle(LoadSaveContext(loader=get_object_loader(), runner=runner))
    return cast('Process', process)


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


def _children_alive(pk: int) -> list[int]:
    """Return the sub processes that are not terminated and whose program is gone."""
    store = get_store()
    found = []
    for child in load_node(pk=pk).called:
        if child.is_terminated:
            continue
        run = store.read_run(child.pk)
        if run is not None and (run.owner is None or not owner_is_alive(run.owner)):
            found.append(child.pk)
    return found


def _take(runner: Runner, pk: int) -> None:
    """Let the row of a process say that ``runner`` has it."""
    store = get_store()
    run = store.read_run(pk)
    if run is None:
        node: Any = load_node(pk=pk)
        if node.is_excepted:
            raise PastException(f'Process<{pk}> excepted and cannot be continued')
        raise NotExistent(f'Process<{pk}> is not to be run: it is terminated, or was run without checkpoints')
    if run.owner == runner.owner and runner.owner is not None:
        return
    if run.owner is not None and run.lease_until is None:
        if owner_is_alive(run.owner):
            raise InvalidOperation(f'Process<{pk}> is run by {run.owner}, which is alive')
        store.release(pk, run.fence, time.time(), error=f'{run.owner} is gone')
    lease: Any = None
    if store.claim_one(pk, runner.owner or '', time.time(), lease) is None:
        raise InvalidOperation(f'Process<{pk}> was taken by somebody else just now')

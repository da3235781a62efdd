"""Running a process to its end for somebody who waits, whatever the thread is doing: nothing, a step, or a loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import weakref
from typing import TYPE_CHECKING, Any

from plumpy.exceptions import PersistenceError
from plumpy.greenback_bridge import ensure_portal, has_portal, sync_await
from plumpy.process_states import ProcessState

from aiida.common.exceptions import NotExistent
from aiida.engine.exceptions import PastException
from aiida.engine.runtime.current import use_runner
from aiida.engine.runtime.interrupts import interruptible
from aiida.engine.runtime.loops import loop_scope
from aiida.engine.runtime.replaying import outcome_of
from aiida.engine.runtime.resuming import RunElsewhere, resume_if_free
from aiida.engine.utils import instantiate_process

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.engine.runners import Runner

__all__ = ('abort', 'live', 'run', 'wait_for')

#: Runners for loops that are not theirs, such as that of a notebook.
_GUESTS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Runner] = weakref.WeakKeyDictionary()
#: Futures that let the waiting end when a process was interrupted by the infrastructure, by loop.
_ABORTS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Future[None]]] = weakref.WeakKeyDictionary()
#: Loops in which a tree is being killed after Ctrl-C.
_KILLING: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


def run(runner: Runner, process: Any, inputs: dict[str, Any]) -> Process:
    """Run a process to its end and return it.

    :param runner: who is to run it, unless a loop that is not its own is running in this thread.
    :param process: class, builder or instance.
    :raises Exception: what the process raised, or what interrupted it.
    :raises KeyboardInterrupt: after it was killed by Ctrl-C.
    """
    running = _running_loop()
    if running is None:
        return _run_here(runner, process, inputs)
    if has_portal():
        if running is not runner.loop:
            runner = _guest_runner(runner, running)
        instance = _instantiate(runner, process, inputs)
        sync_await(_finish(runner, instance))
        _check(instance)
        return instance
    return _run_in_thread(runner, process, inputs)


def wait_for(loop: asyncio.AbstractEventLoop, awaitable: Any) -> Any:
    """Wait for something in a loop, which may be the one that is running."""
    running = _running_loop()
    if running is not None and has_portal():
        return sync_await(awaitable)
    with loop_scope(loop):
        return loop.run_until_complete(_with_portal(awaitable))


def abort(loop: asyncio.AbstractEventLoop, exception: BaseException) -> None:
    """Let those who wait for processes in a loop fail."""
    for future in list(_ABORTS.get(loop, ())):
        if not future.done():
            future.set_exception(exception)


async def live(process: Process) -> None:
    """Run a process to its end, as a task of its loop.

    Ctrl-C may hit any task. It leaves the loop at once, so that nothing else takes a step, and whoever runs the loop
    kills the tree. A process that waits gets another task for that: what it waits for has to be stopped too.
    """
    while not process._life.is_done_here:
        try:
            await process.step_until_terminated()
        except KeyboardInterrupt:
            waits = process.state is ProcessState.WAITING
            if waits and process.loop in _KILLING:
                process.loop.call_soon(_kill_one, process)
                continue
            if waits:
                process.runner.start_task(process)
            raise


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _with_portal(awaitable: Any) -> Any:
    await ensure_portal()
    return await awaitable


def _instantiate(runner: Runner, process: Any, inputs: dict[str, Any]) -> Process:
    before = runner.starts_at_once
    runner.starts_at_once = True
    try:
        return instantiate_process(runner, process, **inputs)
    finally:
        runner.starts_at_once = before


def _guest_runner(runner: Runner, loop: asyncio.AbstractEventLoop) -> Runner:
    """Return a runner like ``runner`` for a loop that is running already."""
    guest = _GUESTS.get(loop)
    if guest is None:
        guest = type(runner)(poll_interval=runner._poll_interval, loop=loop, persister=runner.persister)
        _GUESTS[loop] = guest
    return guest


async def _finish(runner: Runner, process: Process) -> None:
    """Wait for a process to end, and for what it launched and did not wait for.

    :raises Exception: what interrupted it or one of the others.
    """
    if process.has_terminated():
        return
    if process._life.is_taken_over:
        await _join(runner, process)
        return
    loop = runner.loop
    aborted: asyncio.Future[None] = loop.create_future()
    waiting = _ABORTS.setdefault(loop, set())
    waiting.add(aborted)
    try:
        root = runner.start_task(process)
        await asyncio.wait({root, aborted}, return_when=asyncio.FIRST_COMPLETED)
        while process.has_terminated() and process.is_successful and not aborted.done():
            rest = [task for pid, task in runner._tasks.items() if _called_by(runner, pid, process)]
            if not rest:
                break
            await asyncio.wait({*rest, aborted}, return_when=asyncio.FIRST_COMPLETED)
        if aborted.done():
            tasks = list(runner._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise aborted.exception()  # type: ignore[misc]
        if root.done() and not root.cancelled():
            root.result()
    finally:
        waiting.discard(aborted)
        if not aborted.done():
            aborted.cancel()


async def _join(runner: Runner, process: Process) -> None:
    """Wait for the end of a process that was launched before; whoever can goes on with it."""
    pk: Any = process.pid
    if not process.node.is_terminated:
        if not runner.is_daemon_runner:
            resume_if_free(runner, pk)
        ended = asyncio.Event()
        runner.call_on_process_finish(pk, ended.set)
        while not ended.is_set():
            if runner.is_waited_for:
                with contextlib.suppress(RunElsewhere, NotExistent, PastException, PersistenceError):
                    resume_if_free(runner, pk)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), _LOOK_AGAIN)


def _called_by(runner: Runner, pid: Any, ancestor: Process) -> bool:
    """Return whether a process that lives here was called, directly or not, by another."""
    process = runner.live_process(pid)
    while process is not None and process._parent_pid is not None:
        if process._parent_pid == ancestor.pid:
            return True
        process = runner.live_process(process._parent_pid)
    return False


def _run_here(runner: Runner, process: Any, inputs: dict[str, Any]) -> Process:
    """Run a process in a thread where no loop is running."""
    loop = runner.loop
    with loop_scope(loop), interruptible():
        instance = _instantiate(runner, process, inputs)
        run = loop.create_task(_with_portal(_finish(runner, instance)))
        try:
            loop.run_until_complete(run)
        except KeyboardInterrupt:
            if not run.cancel() and not run.cancelled():
                run.exception()  # known, and about to be raised
            _kill(runner, instance)
            raise
    _check(instance)
    return instance


def _check(process: Process) -> None:
    """
    :raises Exception: what a process has raised.
    """
    if process._life.is_taken_over:
        process._outputs = outcome_of(process.node)
    else:
        process.future().result()


def _kill_one(process: Process) -> None:
    if not process.has_terminated() and not process.is_killing:
        process.kill('Killed by Ctrl-C')


def _kill(runner: Runner, process: Process) -> None:
    """Kill a process and what it called, after Ctrl-C; none of them takes another step."""
    tree = [live for pid, live in runner._live.items() if live is process or _called_by(runner, pid, process)]
    for live in tree:
        if live.state is ProcessState.WAITING and live.pid in runner._tasks:
            # once its task has begun to wait again: the kill has to reach what it waits for
            runner.loop.call_soon(_kill_one, live)
        else:
            _kill_one(live)
    _KILLING.add(runner.loop)  # before the first task wakes, which may be the one that was hit
    try:
        runner.loop.run_until_complete(_with_portal(_drain(runner, tree)))
    finally:
        _KILLING.discard(runner.loop)


async def _drain(runner: Runner, processes: list[Process]) -> None:
    """Wait for the tasks of processes that are killed."""
    tasks = [runner._tasks[process.pid] for process in processes if process.pid in runner._tasks]
    if tasks:
        await asyncio.wait(tasks, timeout=_KILL_PATIENCE)
    await asyncio.sleep(0)  # for what is to be called when a task is done


#: Seconds that processes have to end after Ctrl-C.
_KILL_PATIENCE = 60.0
#: Seconds until it is looked again whether a process that a step waits for is free.
_LOOK_AGAIN = 1.0


def _run_in_thread(runner: Runner, process: Any, inputs: dict[str, Any]) -> Process:
    """Run a process in a thread of its own, because a loop that cannot wait for it is running in this one."""
    outcome: dict[str, Any] = {}
    started, ended = threading.Event(), threading.Event()  # joining a thread does not survive Ctrl-C

    def target() -> None:
        try:
            with runner.sibling() as own, use_runner(own):
                outcome['runner'] = own
                own.loop  # noqa: B018 - made before it is needed from outside
                started.set()
                outcome['process'] = _run_here(own, _for_runner(process, own), inputs)
        except BaseException as exception:
            outcome['exception'] = exception
        finally:
            started.set()
            ended.set()

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(target,), name='aiida-run', daemon=True).start()
    task = asyncio.current_task()
    try:
        while not ended.wait(_LOOK):
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # how `asyncio.run` passes Ctrl-C on
    except (KeyboardInterrupt, asyncio.CancelledError):
        started.wait()
        if 'runner' in outcome:
            own: Runner = outcome['runner']
            with contextlib.suppress(RuntimeError):  # it has just ended
                own.loop.call_soon_threadsafe(_kill_all, own)
        ended.wait()
        raise
    if 'exception' in outcome:
        raise outcome['exception']
    result: Process = outcome['process']
    return result


#: Seconds between two looks at whether the task that waits for a thread is cancelled.
_LOOK = 0.2


def _for_runner(process: Any, runner: Runner) -> Any:
    """Return a process for another runner: an instance that was not started moves there."""
    from aiida.engine.processes.process import Process

    if isinstance(process, Process):
        process._life.move_to(runner)
    return process


def _kill_all(runner: Runner) -> None:
    for live in list(runner._live.values()):
        _kill_one(live)

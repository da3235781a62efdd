"""Fixtures that run processes, and those of the daemon, which skip their tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aiida.tools.pytest_fixtures.missing import skip_without

if TYPE_CHECKING:
    from plumpy.process_states import ProcessState

    from aiida.engine import Process, ProcessBuilder
    from aiida.engine.runners import Runner
    from aiida.orm import ProcessNode

_DAEMON = 'the daemon'
_INSTEAD = 'the fixture `submit_and_await` runs processes without one'
#: Seconds between two looks at a process.
_LOOK = 0.01
#: Seconds that a process has to end when it is killed after a test.
_PATIENCE = 10.0


@pytest.fixture(scope='session')
def daemon_client() -> None:
    """The client of the daemon; the test is skipped."""
    skip_without(_DAEMON, _INSTEAD)


@pytest.fixture
def started_daemon_client() -> None:
    """The client of a daemon that runs; the test is skipped."""
    skip_without(_DAEMON, _INSTEAD)


@pytest.fixture
def stopped_daemon_client() -> None:
    """The client of a daemon that does not run; the test is skipped."""
    skip_without(_DAEMON, _INSTEAD)


@pytest.fixture
def submit_and_await() -> Iterator[Callable[..., ProcessNode]]:
    """A function that runs a process until it is in a state, and returns its node.

    The runner of this interpreter runs it, beside whatever else it launched; no daemon is needed. The function takes

    * ``submittable``: a process class or builder, or the node of a process that was submitted before;
    * ``state``: the :class:`~plumpy.ProcessState` to wait for, that of a process that came to its end by default;
    * ``timeout``: how long to wait at most, in seconds;
    * ``kwargs``: the inputs;

    and raises ``RuntimeError`` if the process ends in another state or needs longer. What is not at its end after the
    test is killed.
    """
    from plumpy.process_states import ProcessState

    from aiida.engine.runtime.current import current_runner

    launched: list[tuple[Runner, ProcessNode]] = []

    def factory(
        submittable: type[Process] | ProcessBuilder | ProcessNode,
        state: ProcessState = ProcessState.FINISHED,
        timeout: float = 20,
        **kwargs: Any,
    ) -> ProcessNode:
        runner = current_runner()
        node = _launch(runner, submittable, kwargs)
        launched.append((runner, node))
        _drive(runner, _until(runner, node, state, timeout))
        return node

    yield factory
    for runner, node in launched:
        live = None if runner.is_closed() else runner.live_process(node.pk)
        if live is not None and not live.has_terminated():
            live.kill('the test is over')
            _drive(runner, _ended(live))


def _drive(runner: Runner, awaitable: Coroutine[Any, Any, None]) -> None:
    """Let a runner run its processes until something is there."""
    runner.run_until_complete(asyncio.ensure_future(awaitable, loop=runner.loop))


async def _ended(process: Process) -> None:
    """Wait until a process is at its end, but not long."""
    deadline = time.monotonic() + _PATIENCE
    while not process.has_terminated() and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK)


def _launch(runner: Runner, submittable: Any, inputs: dict[str, Any]) -> ProcessNode:
    """Let a runner run a process, or go on with one that was submitted.

    :raises ValueError: if inputs are given with a node.
    """
    from aiida.engine.runtime.resuming import resume
    from aiida.orm import ProcessNode

    if not isinstance(submittable, ProcessNode):
        return runner.schedule(submittable, **inputs)
    if inputs:
        raise ValueError('the node of a process has its inputs already: give inputs with a class or builder')
    pk = submittable.pk
    if pk is not None and not submittable.is_terminated and runner.live_process(pk) is None:
        resume(runner, pk)
    return submittable


async def _until(runner: Runner, node: ProcessNode, state: ProcessState, timeout: float) -> None:
    """Wait until a process is in a state.

    :param timeout: in seconds.
    :raises RuntimeError: if it never will be, or not within that time.
    """
    deadline = time.monotonic() + timeout
    while node.process_state is not state:
        if node.is_terminated:
            raise RuntimeError(f'{_described(node)}, not {state.value}:\n{_report(node)}')
        if node.pk is not None and runner.live_process(node.pk) is None:
            raise RuntimeError(f'{_described(node)} and nobody runs it, so it does not become {state.value}')
        if time.monotonic() > deadline:
            raise RuntimeError(
                f'{_described(node)} after {timeout} seconds, not {state.value}: give a longer `timeout`, or see why '
                f'it takes so long:\n{_report(node)}'
            )
        await asyncio.sleep(_LOOK)


def _described(node: ProcessNode) -> str:
    value = node.process_state.value if node.process_state is not None else 'without a state'
    return f'Process<{node.pk}> ({node.process_label}) is {value}'


def _report(node: ProcessNode) -> str:
    """Return what a process and those it called have reported, and its exception."""
    from aiida.orm import Log

    nodes = [node, *node.called_descendants]
    lines = [
        f'  {entry.levelname} Process<{each.pk}>: {entry.message}'
        for each in nodes
        for entry in Log.collection.get_logs_for(each)
    ]
    if node.exception:
        lines.append(f'  {node.exception}')
    return '\n'.join(lines) or '  it reported nothing'

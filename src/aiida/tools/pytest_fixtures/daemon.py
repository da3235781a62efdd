"""Fixtures that run processes, here or by the workers of a daemon."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plumpy.process_states import ProcessState

    from aiida.engine import Process, ProcessBuilder
    from aiida.engine.daemon.client import DaemonClient
    from aiida.engine.runners import Runner
    from aiida.manage.configuration import Profile
    from aiida.orm import ProcessNode

#: Seconds between two looks at a process.
_LOOK = 0.01
#: Seconds that a process has to end when it is killed after a test.
_PATIENCE = 10.0
_CLIENT = 'daemon_client'


@pytest.fixture(scope='session')
def daemon_client(aiida_profile: Profile) -> Iterator[DaemonClient]:
    """The client of the daemon of the profile of the tests.

    The daemon is not started by asking for it; if it runs at the end of the tests, it is stopped.
    """
    from aiida.engine.daemon.client import DaemonNotRunningException, get_daemon_client

    client = get_daemon_client(aiida_profile.name)
    yield client
    if client.is_daemon_running:
        with contextlib.suppress(DaemonNotRunningException):  # if it ended by itself meanwhile
            client.stop_daemon(wait=True)
    assert not client.is_daemon_running


@pytest.fixture
def started_daemon_client(daemon_client: DaemonClient) -> DaemonClient:
    """The client of the daemon of the profile of the tests, which runs, with one worker if it has to be started."""
    if not daemon_client.is_daemon_running:
        daemon_client.start_daemon()
        assert daemon_client.is_daemon_running
    return daemon_client


@pytest.fixture
def stopped_daemon_client(daemon_client: DaemonClient) -> DaemonClient:
    """The client of the daemon of the profile of the tests, which does not run."""
    if daemon_client.is_daemon_running:
        daemon_client.stop_daemon(wait=True)
        assert not daemon_client.is_daemon_running
    return daemon_client


@pytest.fixture
def submit_and_await(request: pytest.FixtureRequest) -> Iterator[Callable[..., ProcessNode]]:
    """A function that has a process run until it is in a state, and returns its node.

    The workers of the daemon run it if the test has one of the fixtures of the daemon and the daemon runs; otherwise
    the runner of this interpreter does, beside whatever else it launched, and no daemon is needed. The function takes

    * ``submittable``: a process class or builder, or the node of a process that was submitted before;
    * ``state``: the :class:`~plumpy.ProcessState` to wait for, that of a process that came to its end by default;
    * ``timeout``: how long to wait at most, in seconds;
    * ``kwargs``: the inputs;

    and raises ``RuntimeError`` if the process ends in another state or needs longer. What is not at its end after the
    test is killed.
    """
    from plumpy.process_states import ProcessState

    client: DaemonClient | None = request.getfixturevalue(_CLIENT) if _CLIENT in request.fixturenames else None
    here = _Here()
    workers = _Workers()

    def factory(
        submittable: type[Process] | ProcessBuilder | ProcessNode,
        state: ProcessState = ProcessState.FINISHED,
        timeout: float = 20,
        **kwargs: Any,
    ) -> ProcessNode:
        where = workers if client is not None and client.is_daemon_running else here
        return where.submit_and_await(submittable, kwargs, state, timeout)

    yield factory
    here.clean_up()
    workers.clean_up()


class _Here:
    """Processes that the runner of this interpreter runs."""

    def __init__(self) -> None:
        self._launched: list[tuple[Runner, ProcessNode]] = []

    def submit_and_await(
        self, submittable: Any, inputs: dict[str, Any], state: ProcessState, timeout: float
    ) -> ProcessNode:
        """Run a process until it is in a state, and return its node."""
        from aiida.engine.runtime.current import current_runner

        runner = current_runner()
        node = _launch(runner, submittable, inputs)
        self._launched.append((runner, node))
        _drive(runner, _until(runner, node, state, timeout))
        return node

    def clean_up(self) -> None:
        """Kill what is not at its end."""
        for runner, node in self._launched:
            live = None if runner.is_closed() else runner.live_process(node.pk)
            if live is not None and not live.has_terminated():
                live.kill('the test is over')
                _drive(runner, _ended(live))


class _Workers:
    """Processes that the workers of the daemon run."""

    def __init__(self) -> None:
        self._submitted: list[ProcessNode] = []

    def submit_and_await(
        self, submittable: Any, inputs: dict[str, Any], state: ProcessState, timeout: float
    ) -> ProcessNode:
        """Submit a process, wait until it is in a state, and return its node."""
        node = self._submit(submittable, inputs)
        self._submitted.append(node)
        deadline = time.monotonic() + timeout
        while not _arrived(node, state, timeout, deadline):
            time.sleep(_LOOK)
        return node

    @staticmethod
    def _submit(submittable: Any, inputs: dict[str, Any]) -> ProcessNode:
        from aiida.engine import submit
        from aiida.orm import ProcessNode

        if isinstance(submittable, ProcessNode):
            _refuse_inputs(inputs)
            return submittable
        return submit(submittable, inputs or None)

    def clean_up(self) -> None:
        """Kill what is not at its end."""
        from aiida.engine.processes.control import kill_processes

        left = [node for node in self._submitted if not node.is_terminated]
        if left:
            kill_processes(left, msg_text='the test is over', timeout=_PATIENCE)


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
    _refuse_inputs(inputs)
    pk = submittable.pk
    if pk is not None and not submittable.is_terminated and runner.live_process(pk) is None:
        resume(runner, pk)
    return submittable


def _refuse_inputs(inputs: dict[str, Any]) -> None:
    if inputs:
        raise ValueError('the node of a process has its inputs already: give inputs with a class or builder')


async def _until(runner: Runner, node: ProcessNode, state: ProcessState, timeout: float) -> None:
    """Wait until a process is in a state.

    :param timeout: in seconds.
    :raises RuntimeError: if it never will be, or not within that time.
    """
    deadline = time.monotonic() + timeout
    while not _arrived(node, state, timeout, deadline):
        if node.pk is not None and runner.live_process(node.pk) is None and not node.is_terminated:
            raise RuntimeError(f'{_described(node)} and nobody runs it, so it does not become {state.value}')
        await asyncio.sleep(_LOOK)


def _arrived(node: ProcessNode, state: ProcessState, timeout: float, deadline: float) -> bool:
    """Return whether a process is in a state.

    :raises RuntimeError: if it never will be, or the deadline is over.
    """
    if node.process_state is state:
        return True
    if node.is_terminated and node.process_state is not state:
        raise RuntimeError(f'{_described(node)}, not {state.value}:\n{_report(node)}')
    if time.monotonic() > deadline:
        raise RuntimeError(
            f'{_described(node)} after {timeout} seconds, not {state.value}: give a longer `timeout`, or see why '
            f'it takes so long:\n{_report(node)}'
        )
    return False


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

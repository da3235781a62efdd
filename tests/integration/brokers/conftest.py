"""A RabbitMQ, a profile that names it, and programs beside the tests."""

from __future__ import annotations

import importlib
import os
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aiida.engine.daemon.worker import Worker
from aiida.manage.configuration import get_config
from aiida.manage.manager import get_manager

HERE = pathlib.Path(__file__).parent


@pytest.fixture(scope='session')
def rabbitmq_server() -> Iterator[Any]:
    """A RabbitMQ of the tests' own; without the program the test is skipped."""
    import rabbitmq_server

    reason = rabbitmq_server.missing()
    if reason is not None:
        pytest.skip(reason)
    server = rabbitmq_server.RabbitmqServer()
    yield server
    server.remove()


@pytest.fixture
def rabbitmq(rabbitmq_server: Any, profile: Any) -> Iterator[Any]:
    """The server, which runs and is named by the profile that is loaded."""
    rabbitmq_server.start()
    profile.set_process_controller('core.rabbitmq', rabbitmq_server.config)
    get_config().update_profile(profile).store()
    get_manager().reset_broker()
    yield rabbitmq_server
    rabbitmq_server.start()
    get_manager().reset_broker()


@pytest.fixture
def classes(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module of the processes."""
    monkeypatch.syspath_prepend(str(HERE))
    return importlib.import_module('broker_processes')


@pytest.fixture
def worker(classes: Any, profile: Any) -> Iterator[Callable[[], None]]:
    """A function that starts a worker in a thread of its own."""
    started: list[tuple[Any, threading.Thread]] = []

    def start() -> None:
        ready = threading.Event()
        made: list[Worker] = []

        def run() -> None:
            with get_manager().create_runner(broker_submit=True) as runner:

                async def serve() -> None:
                    made.append(Worker(runner))
                    ready.set()
                    await made[0].run(patience=2.0)

                runner.loop.run_until_complete(serve())

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(10)
        started.append((made[0], thread))

    yield start
    for found, thread in started:
        found.runner.loop.call_soon_threadsafe(found.stop)
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def elsewhere(classes: Any, profile: Any) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """A function that runs code in another program, which has loaded the profile; it is killed after the test."""
    started = []

    def run(code: str) -> subprocess.Popen[str]:
        text = f'from aiida import load_profile, orm\nload_profile()\nimport broker_processes\n{code}'
        program = subprocess.Popen(
            [sys.executable, '-c', text],
            env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(HERE), os.environ.get('PYTHONPATH', '')])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(program)
        return program

    yield run
    for program in started:
        if program.poll() is None:
            program.kill()
        program.communicate()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for something to become true."""

    def wait(condition: Callable[[], Any], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, 'it did not come true in time'
            time.sleep(0.01)

    return wait

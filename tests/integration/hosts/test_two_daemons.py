"""Two daemons for one profile, of two configurations that name the same storage: nothing is fought over."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from aiida import orm
from aiida.engine import submit
from aiida.orm.backend import get_store
from aiida.plugins import WorkflowFactory


class Configuration:
    """A folder with a configuration, and commands that use it."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def verdi(self, *arguments: str, status: int = 0) -> str:
        """Run a command, and return what it prints."""
        done = subprocess.run(
            [sys.executable, '-m', 'aiida', *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, 'AIIDA_PATH': str(self._path)},
            timeout=90,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def supervisor(self) -> int:
        """Return the number of the supervisor."""
        (path,) = (self._path / '.aiida' / 'daemon').rglob('*.pid')
        return int(path.read_text())


@pytest.fixture
def configurations(profile: Any, tmp_path: pathlib.Path) -> Iterator[list[Configuration]]:
    """Two configurations; the second is a copy of the first, so that both name one storage."""
    copy = tmp_path / 'copy' / '.aiida'
    copy.mkdir(parents=True)
    shutil.copy(tmp_path / '.aiida' / 'config.json', copy)
    assert str(tmp_path / '.aiida') in json.dumps(profile.storage_config)
    made = [Configuration(tmp_path), Configuration(copy.parent)]
    yield made
    for configuration in made:
        configuration.verdi('daemon', 'stop')


@pytest.fixture
def launch(profile: Any) -> Any:
    code = orm.InstalledCode(
        label='bash',
        computer=orm.load_computer('localhost'),
        filepath_executable='/bin/bash',
        default_calc_job_plugin='core.arithmetic.add',
    ).store()

    def launch(number: int) -> list[Any]:
        numbers = {'x': orm.Int(1), 'y': orm.Int(2), 'z': orm.Int(3), 'code': code}
        return [submit(WorkflowFactory('core.arithmetic.multiply_add'), **numbers) for _ in range(number)]

    return launch


def owners_until_ended(nodes: list[Any], seconds: float = 60.0) -> set[str]:
    """Wait until processes have ended, and return who held any meanwhile."""
    end, owners = time.monotonic() + seconds, set()
    while not all(node.is_terminated for node in nodes):
        assert time.monotonic() < end, [(node.pk, node.process_state, node.process_status) for node in nodes]
        owners.update(get_store().lease_holders())
        time.sleep(0.01)
    return owners


def check_ends(nodes: list[Any]) -> None:
    """Check that all have finished, once each, with what they called."""
    tree = [below for node in nodes for below in (node, *node.called_descendants)]
    assert all(node.is_finished_ok for node in tree)
    assert [node.outputs.result.value for node in nodes] == [5] * len(nodes)
    assert all(sorted(child.process_label for child in node.called) == LABELS for node in nodes)
    news = [(pk, payload['to']) for _, pk, kind, _, payload in get_store().read_events(0, 50_000) if kind == STATE]
    for node in tree:
        # functions are not among the news
        assert news.count((node.pk, 'finished')) == (0 if isinstance(node, orm.CalcFunctionNode) else 1)
    assert get_store().lease_holders() == []


LABELS = ['ArithmeticAddCalculation', 'multiply']
STATE = 'state_changed'


def test_two_daemons_share_the_work(configurations: list[Configuration], launch: Any) -> None:
    first, second = configurations
    assert '1 worker' in first.verdi('daemon', 'start')
    told = second.verdi('daemon', 'status', status=3)
    (worker,) = get_store().list_workers()
    assert f'Workers of this profile that this daemon did not start: 1 on this host ({worker.pid}).' in told
    second.verdi('daemon', 'start')
    again = second.verdi('daemon', 'start')
    assert f'The daemon is running already, as PID {second.supervisor()} with 1 worker' in again
    assert first.supervisor() != second.supervisor()
    nodes = launch(16)
    assert len(owners_until_ended(nodes)) == 2
    check_ends(nodes)


@pytest.mark.skipif(os.environ.get('NABUCCO_CRASH_STRIDE') != '1', reason='takes longer: NABUCCO_CRASH_STRIDE=1')
def test_a_supervisor_of_two_is_killed(configurations: list[Configuration], launch: Any) -> None:
    first = configurations[0]
    for configuration in configurations:
        configuration.verdi('daemon', 'start')
    nodes = launch(8)
    # a supervisor that is killed takes its worker along: the other daemon does what that had
    psutil.Process(first.supervisor()).send_signal(signal.SIGKILL)
    owners_until_ended(nodes)
    check_ends(nodes)
    first.verdi('daemon', 'start')
    end = time.monotonic() + 20
    while len(get_store().list_workers()) != 2:
        assert time.monotonic() < end, get_store().list_workers()
        time.sleep(0.05)

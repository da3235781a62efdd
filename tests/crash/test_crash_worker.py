"""A worker is killed at each commit and each effect outside in turn: everything still ends once, and right."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import submit

HERE = pathlib.Path(__file__).parent
#: Every how many events one is tried; `make crash` tries all.
STRIDE = int(os.environ.get('NABUCCO_CRASH_STRIDE', '15'))


class Workers:
    """Runs workers that kill themselves, one after the other."""

    def __init__(self, log: pathlib.Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / 'crash_worker.py')],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open('w'),
            text=True,
            env={**os.environ, 'PYTHONPATH': str(HERE)},
        )

    def run(self, at: int = 0) -> tuple[int, int]:
        """Run a worker, and return its exit status and the number of events it has seen."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f'{at}\n')
        self._process.stdin.flush()
        status, seen = self._process.stdout.readline().split()
        return int(status), int(seen)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def workers(profile: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Iterator[Workers]:
    monkeypatch.syspath_prepend(str(HERE))
    made = Workers(tmp_path / 'log')
    yield made
    made.close()
    print((tmp_path / 'log').read_text())  # shown if the test fails


@pytest.fixture
def code(localhost: Any) -> Any:
    return orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()


def called(node: Any) -> list[Any]:
    """Return all processes below one."""
    return [below for child in node.called for below in (child, *called(child))]


def finished(node: Any) -> list[Any]:
    """Return a process and those below it that are part of how it finished."""
    return [node, *(below for child in node.called for below in finished(child))] if node.is_finished_ok else []


def check(top: Any, note: pathlib.Path) -> None:
    """Check that a tree has ended as if nobody had been killed."""
    assert top.is_finished_ok, (top.process_state, top.exit_status, top.exception)
    assert top.outputs.sum.value == 8 + 16
    tree = [top, *called(top)]
    assert all(node.is_sealed for node in tree)
    done = Counter(node.process_label for node in finished(top))
    assert done == {'Top': 1, 'Leaf': 2, 'double': 6, 'double_twice': 2, 'Restarted': 1, 'ArithmeticAddCalculation': 1}
    others = [node for node in tree if not node.is_finished_ok]
    # a function that was cut off cannot be gone on with: it is sealed, and was called again
    assert all(isinstance(node, orm.CalcFunctionNode | orm.WorkFunctionNode) for node in others), others
    (job,) = (node for node in tree if isinstance(node, orm.CalcJobNode))
    assert note.read_text().splitlines() == [job.get_remote_workdir()]
    assert sorted(link.link_label for link in job.base.links.get_outgoing(link_type=LinkType.CREATE)) == [
        'remote_folder',
        'retrieved',
        'sum',
    ]
    for node in tree:
        assert not node.base.links.get_incoming(link_type=LinkType.CREATE).all()
    assert '24' in job.outputs.retrieved.base.repository.get_object_content('aiida.out')
    store = top.backend
    assert store.lease_holders() == []
    assert store.list_checkpoints() == []
    assert all(store.read_run(node.pk) is None for node in tree)


def test_a_worker_that_is_not_killed(workers: Workers, code: Any, tmp_path: pathlib.Path) -> None:
    top = launch(code, tmp_path / 'note')
    assert workers.run()[0] == 0
    check(top, tmp_path / 'note')


def launch(code: Any, note: pathlib.Path) -> Any:
    from crash_processes import Top

    return submit(Top, code=code, note=orm.Str(str(note)))


def test_a_worker_is_killed_at_every_event(workers: Workers, code: Any, tmp_path: pathlib.Path) -> None:
    launch(code, tmp_path / 'note')
    status, events = workers.run()
    assert status == 0
    assert events > 100
    for at in range(1 + os.getpid() % STRIDE, events + 1, STRIDE):
        note = tmp_path / f'note-{at}'
        top = launch(code, note)
        first, _ = workers.run(at)
        assert first in (-signal.SIGKILL, 0), f'event {at}'
        second, _ = workers.run()
        assert second == 0, f'event {at}: {[(n.pk, n.process_label, n.process_state) for n in called(top)]}'
        try:
            check(top, note)
        except AssertionError as error:
            raise AssertionError(f'killed at event {at} of {events}: {error}') from error


def test_a_worker_is_killed_again_and_again(workers: Workers, code: Any, tmp_path: pathlib.Path) -> None:
    top = launch(code, tmp_path / 'note')
    for _ in range(100):
        status, _ = workers.run(at=37)
        if status == 0:
            break
    check(top, tmp_path / 'note')

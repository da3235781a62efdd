"""When the supervisor starts workers again."""

from __future__ import annotations

import signal
import time
from types import SimpleNamespace

import pytest


@pytest.fixture
def watcher(monkeypatch):
    from circus.watcher import Watcher

    from aiida.engine.daemon import supervisor

    monkeypatch.setattr(Watcher, 'reap_process', lambda self, pid, status=None: self.processes.pop(pid, None))
    monkeypatch.setattr(Watcher, 'spawn_processes', lambda self: self.spawned.append(time.time()))
    made = supervisor.WorkerWatcher('workers', 'true', numprocesses=2)
    made._status = 'active'
    made.spawned = []
    return made


def end(watcher, age, status, stopping=False):
    """Let a worker end at an age, in seconds, with a status as ``waitpid`` gives it."""
    watcher.processes[7] = SimpleNamespace(pid=7, started=time.time() - age, stopping=stopping)
    watcher.reap_process(7, status)
    watcher.spawn_processes()


def test_a_worker_that_ended_is_started_again_at_once(watcher):
    end(watcher, age=100, status=signal.SIGKILL)
    end(watcher, age=1, status=0)
    end(watcher, age=1, status=signal.SIGTERM, stopping=True)
    for _ in range(3):
        end(watcher, age=1, status=signal.SIGKILL)
    assert (len(watcher.spawned), watcher.failed_starts) == (6, 0)
    assert watcher.last_exit == -signal.SIGKILL


def test_workers_that_fail_to_start_are_given_time(watcher):
    end(watcher, age=1, status=256)
    assert (len(watcher.spawned), watcher.failed_starts, watcher.last_exit) == (1, 1, 1)
    pauses = []
    for _ in range(9):
        end(watcher, age=1, status=256)
        pauses.append(round(watcher._pause_until - time.time()))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(watcher.spawned) == 1
    watcher._pause_until = time.time() + 1000  # the clock was set back meanwhile
    watcher.spawn_processes()
    assert len(watcher.spawned) == 2
    end(watcher, age=100, status=256)
    assert watcher.failed_starts == 0


def test_the_options_tell(watcher):
    assert dict(watcher.options())['failed_starts'] == 0


def test_a_supervisor_does_not_look_up_the_name_of_the_machine(monkeypatch):
    import socket

    from circus import arbiter

    from aiida.engine.daemon.supervisor import _without_asking_the_network

    monkeypatch.setattr(socket, 'getfqdn', lambda: pytest.fail('it asked the network'))
    with _without_asking_the_network():
        assert arbiter.socket.getfqdn() == socket.gethostname()
    assert arbiter.socket is socket


def alive(watcher, pid):
    """Let a worker run, and return what says whether it does."""
    state = SimpleNamespace(pid=pid, started=time.time(), stopping=False, alive=True)
    state.is_alive = lambda: state.alive
    state.age = lambda: time.time() - state.started
    watcher.processes[pid] = state
    return state


def test_a_worker_that_is_replaced_does_not_count(watcher, monkeypatch):
    from aiida.engine.daemon import supervisor

    monkeypatch.setattr(supervisor.Watcher, 'manage_processes', lambda self: None)
    first, second = alive(watcher, 1), alive(watcher, 2)
    assert not watcher.replace(9)
    assert watcher.replace(1)
    assert (watcher.leaving, list(watcher.processes)) == ([1], [2])
    assert dict(watcher.options())['leaving'] == [1]
    # not again before long: it may be so that every worker takes much memory at once
    assert not watcher.replace(2)
    watcher._no_replacement_before = 0.0
    second.stopping = True
    assert not watcher.replace(2)
    second.stopping = False
    assert watcher.replace(2)
    alive(watcher, 3)
    watcher._no_replacement_before = 0.0
    assert not watcher.replace(3)  # as many leave as work
    watcher.manage_processes()
    assert watcher.leaving == [1, 2]
    first.alive = False
    watcher.manage_processes()
    assert watcher.leaving == [2]
    assert watcher.replace(3)
    assert watcher.leaving == [2, 3]


def test_failed_starts_are_forgotten_once_all_live(watcher, monkeypatch):
    from aiida.engine.daemon import supervisor

    monkeypatch.setattr(supervisor.Watcher, 'manage_processes', lambda self: None)
    watcher.failed_starts = 3
    first = alive(watcher, 1)
    first.started -= 100
    watcher.manage_processes()
    assert watcher.failed_starts == 3
    second = alive(watcher, 2)
    watcher.manage_processes()
    assert watcher.failed_starts == 3
    second.started -= 100
    watcher.manage_processes()
    assert watcher.failed_starts == 0


def test_workers_that_are_leaving_are_stopped_with_the_others(watcher, monkeypatch):
    from aiida.engine.daemon import supervisor

    monkeypatch.setattr(supervisor.Watcher, '_stop', lambda self, close: sorted(self.processes))
    alive(watcher, 1), alive(watcher, 2)
    watcher.replace(1)
    assert watcher._stop(True) == [1, 2]
    assert watcher.leaving == []


def test_a_worker_that_was_replaced_has_not_failed(watcher):
    from aiida.engine.daemon.parent import REPLACED

    end(watcher, age=1, status=REPLACED << 8)
    assert (len(watcher.spawned), watcher.failed_starts) == (1, 0)

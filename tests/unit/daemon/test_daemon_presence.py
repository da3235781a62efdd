"""What a user is told when nobody takes up what is submitted, and who counts as a worker."""

from __future__ import annotations

import os
import socket
import time

import pytest

from aiida.common.claims import Owner
from aiida.common.pidfile import PidFile
from aiida.engine.daemon.presence import Presence
from aiida.storage.records import WorkerRecord


@pytest.fixture
def warnings(monkeypatch):
    said = []
    monkeypatch.setattr('aiida.engine.daemon.presence.LOGGER.warning', lambda text, *args: said.append(text % args))
    return said


@pytest.fixture
def worker(profile):
    """Register a worker of this host; a function."""
    from aiida.manage.manager import get_manager

    def register(pid=None, host=None, age=0.0):
        pid, now = pid or os.getpid(), time.time()
        owner = Owner.of(pid) if host is None else Owner(host, pid, '1', 'there')
        record = WorkerRecord(str(owner), owner.host, pid, now, now - age, '')
        get_manager().get_profile_storage().register_worker(record)

    return register


def test_a_warning_now_and_then(profile, warnings):
    presence = Presence(interval=0.2)
    for _ in range(3):
        presence.check(7)
    assert warnings == ['the daemon is not running: Process<7> waits for workers; `verdi daemon start` starts some']
    time.sleep(0.25)
    presence.check(8)
    assert len(warnings) == 2


def test_no_warning_where_somebody_is_there(profile, warnings, worker):
    worker(age=100)
    worker(pid=1999999)
    assert not Presence.is_there()
    worker()
    Presence().check(7)
    assert warnings == []


def test_no_warning_with_a_daemon(profile, warnings, monkeypatch):
    path = profile.filepaths['circus']['pid']
    os.makedirs(os.path.dirname(path))
    PidFile(path, profile.name).write()
    Presence().check(7)
    assert warnings == []


def test_no_warning_without_a_profile(store, warnings):
    Presence().check(7)
    assert warnings == []


def test_submit_warns(profile, warnings, monkeypatch):
    from aiida.engine import launch, submit
    from aiida.orm import Int
    from aiida.plugins import WorkflowFactory

    monkeypatch.setattr(launch, '_PRESENCE', Presence())
    from aiida import orm

    code = orm.InstalledCode(
        label='bash',
        computer=orm.load_computer('localhost'),
        filepath_executable='/bin/bash',
        default_calc_job_plugin='core.arithmetic.add',
    ).store()
    builder = WorkflowFactory('core.arithmetic.multiply_add').get_builder()
    builder.x, builder.y, builder.z, builder.code = Int(1), Int(2), Int(3), code
    node = submit(builder)
    assert len(warnings) == 1
    assert f'Process<{node.pk}>' in warnings[0]


def test_who_is_alive(worker):
    from aiida.cmdline.utils.daemon import alive_workers

    worker()
    worker(pid=1999999)
    worker(host='elsewhere', pid=1)
    worker(host='elsewhere', pid=2, age=100)
    assert [(found.host, found.pid) for found in alive_workers()] == [
        (socket.gethostname(), os.getpid()),
        ('elsewhere', 1),
    ]

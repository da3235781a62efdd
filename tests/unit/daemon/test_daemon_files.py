"""The files of the daemon: who runs it, what it logs, where it is reached, and which code it has loaded."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from aiida.common.exceptions import ConfigurationError
from aiida.common.pidfile import PidFile, Standing, process_identity
from aiida.engine.daemon import environment, fingerprint, memory, sockets
from aiida.engine.daemon.logfile import follow, last_lines, rotate


@pytest.fixture
def pid_file(tmp_path):
    return PidFile(str(tmp_path / 'circus-mine.x.pid'), 'mine.x')


def test_the_process_that_wrote_the_file(pid_file):
    assert pid_file.read() is None
    assert pid_file.incumbent().standing is Standing.ABSENT
    pid_file.write()
    assert pid_file.path.read_text() == f'{os.getpid()}\n'
    assert pid_file.incumbent() == (Standing.RUNNING, os.getpid(), None, '')
    pid_file.remove()
    pid_file.remove()
    assert pid_file.incumbent().standing is Standing.ABSENT
    assert list(pid_file.path.parent.iterdir()) == []


@pytest.mark.parametrize('content', ['', 'x', '1 2'])
def test_a_file_without_a_number(pid_file, content):
    pid_file.path.write_text(content)
    assert pid_file.incumbent() == (Standing.STALE, None, None, 'it holds no number')


def test_a_number_that_another_process_has_now(pid_file):
    pid_file.write()
    details = pid_file.path.with_suffix('.json')
    content = json.loads(details.read_text())
    details.write_text(json.dumps({**content, 'identity': 'another-boot:123'}))
    found = pid_file.incumbent()
    assert (found.standing, found.reason) == (Standing.STALE, f'the process {os.getpid()} is another program')
    details.write_text(json.dumps({**content, 'identity': 'another-boot:123', 'host': 'elsewhere'}))
    assert pid_file.incumbent()[:3] == (Standing.ELSEWHERE, os.getpid(), 'elsewhere')
    # the machine has another name meanwhile, the process is the same
    details.write_text(json.dumps({**content, 'host': 'elsewhere'}))
    assert pid_file.incumbent().standing is Standing.RUNNING


@pytest.mark.parametrize(
    ('words', 'standing'),
    [
        (('-p', 'mine.x', 'daemon', 'start-circus', '1'), Standing.RUNNING),
        (('-p', 'yours', 'daemon', 'start-circus', '1'), Standing.STALE),
        (('-p', 'mine.x', 'process', 'list'), Standing.STALE),
    ],
)
@pytest.mark.parametrize('details', [None, 'no json', '[]', '{"pid": 1, "host": "x", "identity": "y"}'])
def test_a_daemon_that_another_program_started_is_told_by_its_command(pid_file, words, standing, details):
    process = subprocess.Popen((sys.executable, '-c', 'input()', *words), stdin=subprocess.PIPE)
    try:
        pid_file.path.write_text(str(process.pid))
        if details is not None:
            pid_file.path.with_suffix('.json').write_text(details)
        assert pid_file.incumbent().standing is standing
        assert pid_file.incumbent().pid == process.pid
    finally:
        process.communicate(b'\n')
    assert pid_file.incumbent().reason == f'there is no process {process.pid}'


def test_identities():
    mine = process_identity(os.getpid())
    assert mine == process_identity(os.getpid())
    process = subprocess.Popen(('sleep', '10'))
    assert process_identity(process.pid) not in (None, mine)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process_identity(process.pid) is None, 'it has ended, though nobody asked how'
    process.wait()
    assert process_identity(process.pid) is None


def test_one_at_a_time(pid_file):
    with pid_file.locked() as free:
        assert free
        with pid_file.locked() as second:
            assert not second
    with pid_file.locked() as free:
        assert free


# the log


def test_a_log_that_is_too_long(tmp_path):
    path = tmp_path / 'log'
    assert rotate(path, size=10) is False
    with path.open('a') as writer:
        for text, expected in (('one\n', False), ('two, which is long\n', True), ('three, long as well\n', True)):
            writer.write(text)
            writer.flush()
            assert rotate(path, size=10, count=2) is expected
        writer.write('four\n')
        writer.flush()
    assert path.read_text() == 'four\n'
    assert (tmp_path / 'log.1').read_text() == 'three, long as well\n'
    assert (tmp_path / 'log.2').read_text() == 'one\ntwo, which is long\n'
    path.write_text('five, which is long')
    rotate(path, size=10, count=2)
    assert sorted(item.name for item in tmp_path.iterdir()) == ['log', 'log.1', 'log.2']


def test_last_lines(tmp_path, monkeypatch):
    path = tmp_path / 'log'
    assert last_lines(path, 3) == []
    path.write_bytes(b'zero\none\ntwo \xff\nthree')
    assert last_lines(path, 2) == ['two \ufffd', 'three']
    assert last_lines(path, 9) == ['zero', 'one', 'two \ufffd', 'three']
    assert last_lines(path, 9, start=5) == ['one', 'two \ufffd', 'three']
    assert last_lines(path, 1, start=500) == ['three'], 'it was made shorter'
    monkeypatch.setattr('aiida.engine.daemon.logfile._BLOCK', 3)
    path.write_text(''.join(f'line {number}\n' for number in range(50)))
    assert last_lines(path, 2) == ['line 48', 'line 49']


def test_following(tmp_path):
    path = tmp_path / 'log'
    path.write_text('one\ntwo\n')
    lines = follow(path, count=1, interval=0.001)
    assert next(lines) == 'two\n'
    with path.open('a') as writer:
        writer.write('three\nfo')
    assert next(lines) == 'three\nfo'
    path.write_text('new\n')
    assert next(lines) == 'new\n'
    path.unlink()
    path.write_text('x\n')
    assert ''.join(itertools.islice(lines, 1)) == 'x\n'


# where it is reached


def test_sockets_have_short_paths(monkeypatch, tmp_path):
    long = tmp_path / ('x' * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, 'tempdir', str(long))
    monkeypatch.setenv('XDG_RUNTIME_DIR', str(tmp_path / 'not there'))
    folder = sockets.make_socket_folder(13)
    assert not folder.startswith(str(long))
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f'{folder}/circus.c.sock')
    sockets.remove_socket_folder(folder, ['circus.p.sock'])
    assert os.path.exists(folder), 'there is something in it that is not ours'
    sockets.remove_socket_folder(folder, ['circus.c.sock'])
    assert not os.path.exists(folder)
    sockets.remove_socket_folder('relative', [])
    assert sockets.make_socket_folder(100) is None


# what workers are started with


def test_modules_are_found_but_not_those_of_the_interpreter(monkeypatch, tmp_path):
    import sysconfig

    monkeypatch.setattr(sys, 'path', ['', str(tmp_path), sysconfig.get_path('stdlib'), sysconfig.get_path('purelib')])
    found = environment.subprocess_environment('/config')
    assert found['PYTHONPATH'].split(os.pathsep) == [os.getcwd(), str(tmp_path)]
    assert found['AIIDA_PATH'] == '/config'
    monkeypatch.setenv('PATH', '/elsewhere')
    programs = str(Path(sys.executable).parent)
    assert environment.subprocess_environment('/config')['PATH'] == f'{programs}{os.pathsep}/elsewhere'


def test_no_verdi(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, 'executable', str(tmp_path / 'python'))
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(ConfigurationError, match=f'neither in {tmp_path}'):
        environment.find_verdi()


# which code


def test_a_fingerprint_changes_with_the_code(monkeypatch, tmp_path):
    package = tmp_path / 'a_package'
    (package / '__pycache__').mkdir(parents=True)
    (package / '__init__.py').write_text('x = 1')
    (package / 'data.txt').write_text('x')
    (tmp_path / 'alone.py').write_text('y = 1')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(fingerprint, '_plugin_packages', lambda: {'a_package', 'alone', 'is_not_there', 'sys'})
    folders = fingerprint.code_folders()
    assert str(package) in folders
    assert str(tmp_path / 'alone.py') in folders
    assert any(folder.endswith('aiida') for folder in folders)
    noted = fingerprint.LoadedCode().fingerprint()
    (package / '__pycache__' / 'x.pyc').write_text('x')
    (package / 'data.txt').write_text('y')
    assert fingerprint.changes(noted) == []
    (package / '__init__.py').write_text('x = 22')
    (change,) = fingerprint.changes(noted)
    assert change.path == str(package / '__init__.py')
    assert abs(time.time() - change.when) < 10
    (tmp_path / 'alone.py').unlink()
    assert fingerprint.Change(str(tmp_path / 'alone.py'), None) in fingerprint.changes(noted)
    # what was installed since
    later = fingerprint.LoadedCode().fingerprint()
    assert fingerprint.changes(later) == []
    monkeypatch.setattr(fingerprint, '_plugin_packages', lambda: {'a_package', 'json'})
    assert [os.path.basename(os.path.dirname(change.path)) for change in fingerprint.changes(later)] == ['json']
    assert fingerprint.changes('what another release wrote') != []


def test_the_code_that_users_wrote_counts_once_it_is_imported(tmp_path, monkeypatch):
    package = tmp_path / 'users_package'
    package.mkdir()
    for path in (package / '__init__.py', package / 'part.py', tmp_path / 'users_module.py', tmp_path / 'unused.py'):
        path.touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    code = fingerprint.LoadedCode()
    code.look()
    assert not code.look()
    importlib.import_module('users_package.part')
    importlib.import_module('users_module')
    import this  # noqa: F401 - of the standard library: it does not count

    assert code.look()
    noted = code.fingerprint()
    (tmp_path / 'unused.py').write_text('x = 1')
    assert fingerprint.changes(noted) == []
    (tmp_path / 'users_module.py').write_text('x = 1')
    (package / 'part.py').write_text('x = 1')
    changed = sorted(change.path for change in fingerprint.changes(noted))
    assert changed == [str(tmp_path / 'users_module.py'), str(package / 'part.py')]


def test_the_limit_of_memory(monkeypatch):
    now = memory.resident_memory()
    assert 10 * memory.MEGABYTE < now < memory.machine_memory()
    assert not memory.MemoryLimit(None).is_exceeded()
    assert memory.MemoryLimit(None).bytes == memory.machine_memory() // 4
    limit = memory.MemoryLimit(now * 3 // memory.MEGABYTE)
    assert not limit.is_too_low
    monkeypatch.setattr(memory, 'resident_memory', lambda: 4 * now)
    assert limit.is_exceeded()
    assert not memory.MemoryLimit(0).is_exceeded()
    # no worker could keep to it: it is let be what it is at its start, and as much again
    low = memory.MemoryLimit(1)
    assert low.is_too_low
    assert not low.is_exceeded()
    monkeypatch.setattr(memory, 'resident_memory', lambda: 9 * now)
    assert low.is_exceeded()


def test_the_memory_of_a_control_group(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, '_CGROUPS', tmp_path)
    (tmp_path / 'memory.max').write_text('max\n')
    whole = memory.machine_memory()
    assert whole > 64_000_000
    (tmp_path / 'memory.max').write_text('64000000\n')
    assert memory.machine_memory() == 64_000_000


# a worker whose supervisor has ended


WORKER = """
import signal, sys, time
from aiida.engine.daemon import parent
if sys.argv[1] == 'thread':
    parent._ask_the_kernel = lambda: False
    parent._LOOK = 0.05
signal.signal(signal.SIGTERM, lambda *args: (print('told to end', flush=True), sys.exit(0)))
parent.end_with_supervisor()
print('ready', flush=True)
time.sleep(20)
"""
SUPERVISOR = """
import os, subprocess, sys, time
environment = {**os.environ, 'AIIDA_SUPERVISOR_PID': str(os.getpid())}
subprocess.Popen([sys.executable, '-c', sys.argv[1], sys.argv[2]], env=environment)
time.sleep(20)
"""


@pytest.mark.parametrize('way', ['kernel', 'thread'])
def test_a_worker_ends_with_its_supervisor(way):
    words = [sys.executable, '-c', SUPERVISOR, WORKER, way]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout.readline() == 'ready\n'
        supervisor.kill()
        assert supervisor.stdout.readline() == 'told to end\n'


def test_a_worker_whose_supervisor_ended_before():
    words = [sys.executable, '-c', WORKER, 'kernel']
    environment = {**os.environ, 'AIIDA_SUPERVISOR_PID': '1999999'}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == 'told to end\n'


def test_a_worker_without_a_supervisor(monkeypatch):
    from aiida.engine.daemon.parent import end_with_supervisor

    monkeypatch.delenv('AIIDA_SUPERVISOR_PID', raising=False)
    told = []
    monkeypatch.setattr(os, 'kill', lambda *args: told.append(args))
    end_with_supervisor()
    assert told == []
    assert signal.getsignal(signal.SIGTERM) is not None


def test_nothing_heavy_is_loaded_for_a_client():
    script = (
        'import sys, aiida.engine, aiida.engine.daemon.client; aiida.engine.DaemonClient\n'
        'print([name for name in ("circus", "zmq", "tornado", "psutil", "plumpy") if name in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert done.stdout == '[]\n'


def test_asking_leaves_the_logging_of_the_program_alone():
    script = (
        'import logging\n'
        'from aiida.engine.daemon.client import _circus_client_class\n'
        'print(_circus_client_class().__name__, logging.getLogger().handlers)'
    )
    done = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert done.stdout == 'CircusClient []\n'

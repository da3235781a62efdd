"""The client of the daemon, with a real daemon."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conformance_inventory import row

from aiida.common.exceptions import AiidaException, ConfigurationError
from aiida.engine import DaemonClient, get_daemon_client
from aiida.engine.daemon import client as module
from aiida.engine.daemon.client import ControllerProtocol, DaemonException


@pytest.fixture
def client(profile):
    made = DaemonClient(profile)
    yield made
    made._end_by_force()


@pytest.fixture
def started(client):
    client.start_daemon(2)
    return client


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, 'it did not happen'
        time.sleep(0.05)


@row('K02')
def test_what_is_beside_the_client(profile):
    assert get_daemon_client().profile is profile
    assert get_daemon_client('test').profile.name == 'test'
    with pytest.raises(ConfigurationError, match='nope'):
        get_daemon_client('nope')
    with pytest.raises(TypeError, match='belongs to a profile'):
        DaemonClient('test')
    assert [protocol.name for protocol in ControllerProtocol] == ['IPC', 'TCP']
    assert module.JsonDictType == dict[str, __import__('typing').Any]
    assert issubclass(DaemonException, AiidaException)
    for name in ('DaemonNotRunningException', 'DaemonTimeoutException', 'DaemonStalePidException'):
        assert issubclass(getattr(module, name), DaemonException)


@row('K01')
def test_names_commands_and_files(client, config_folder):
    assert client.DAEMON_ERROR_NOT_RUNNING == 'daemon-error-not-running'
    assert client.DAEMON_ERROR_TIMEOUT == 'daemon-error-timeout'
    assert client._DAEMON_NAME == 'aiida-{name}'
    assert client._ENDPOINT_PROTOCOL is ControllerProtocol.IPC
    assert client.daemon_name == 'aiida-test'
    verdi = client._verdi_bin
    assert os.path.isabs(verdi)
    assert client.cmd_start_daemon() == [verdi, '-p', 'test', 'daemon', 'start-circus', '1']
    assert client.cmd_start_daemon(3, foreground=True)[-2:] == ['3', '--foreground']
    assert client.cmd_start_daemon_worker == [verdi, '-p', 'test', 'daemon', 'worker']
    assert client.loglevel == 'INFO'
    folder = config_folder / 'daemon'
    assert client.circus_log_file == str(folder / 'log' / 'circus-test.log')
    assert client.circus_pid_file == str(folder / 'circus-test.pid')
    assert client.circus_port_file == str(folder / 'circus-test.port')
    assert client.circus_socket_file == str(folder / 'circus-test.sockets')
    assert client.daemon_log_file == str(folder / 'log' / 'aiida-test.log')
    assert client.daemon_pid_file == str(folder / 'aiida-test.pid')
    names = {'controller': 'circus.c.sock', 'pubsub': 'circus.p.sock', 'stats': 'circus.s.sock'}
    assert client.circus_socket_endpoints == names


@row('K01')
def test_what_is_taken_from_the_environment(client, config_folder, monkeypatch, tmp_path):
    monkeypatch.setenv('VIRTUAL_ENV', '/somewhere')
    assert client.virtualenv == '/somewhere'
    monkeypatch.delenv('VIRTUAL_ENV')
    assert client.virtualenv is None
    monkeypatch.setenv('FAVOURITE', 'green')
    (tmp_path / 'plugin_of_mine.py').write_text('COLOUR = "red"')
    monkeypatch.syspath_prepend(str(tmp_path))
    environment = client.get_env()
    assert environment['FAVOURITE'] == 'green'
    assert environment['AIIDA_PATH'] == str(config_folder)
    assert str(Path(sys.executable).parent) in environment['PATH'].split(os.pathsep)
    script = 'import aiida, plugin_of_mine; print(plugin_of_mine.COLOUR)'
    done = subprocess.run([sys.executable, '-c', script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == 'red\n'


@row('K01')
def test_verdi_is_looked_for(client, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, 'executable', str(tmp_path / 'python'))
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(ConfigurationError, match='PATH'):
        client._verdi_bin  # noqa: B018
    program = tmp_path / 'verdi'
    program.write_text('')
    program.chmod(0o755)
    assert client._verdi_bin == str(program)


@row('K01')
def test_endpoints_without_a_daemon(client, monkeypatch):
    port = client.get_circus_port()
    assert Path(client.circus_port_file).read_text() == str(port)
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', client.get_available_port()))
    folder = client.get_circus_socket_directory()
    assert Path(client.circus_socket_file).read_text() == folder
    assert os.stat(folder).st_mode & 0o077 == 0
    assert len(f'{folder}/circus.c.sock') <= 107
    assert client.get_controller_endpoint() == f'ipc://{folder}/circus.c.sock'
    assert client.get_pubsub_endpoint() == f'ipc://{folder}/circus.p.sock'
    assert client.get_stats_endpoint() == client.get_ipc_endpoint('stats') == f'ipc://{folder}/circus.s.sock'
    client.delete_circus_socket_directory()
    client.delete_circus_socket_directory()
    assert not os.path.exists(folder)
    assert client.get_tcp_endpoint(5) == 'tcp://127.0.0.1:5'
    assert client.get_tcp_endpoint().startswith('tcp://127.0.0.1:')
    monkeypatch.setattr(DaemonClient, '_ENDPOINT_PROTOCOL', ControllerProtocol.TCP)
    endpoint = client.get_controller_endpoint()
    assert endpoint == f'tcp://127.0.0.1:{Path(client.circus_port_file).read_text()}'


@row('K03')
def test_nothing_is_raised_where_nothing_runs(client):
    assert client.is_daemon_running is False
    assert client.get_daemon_pid() is None
    answers = [
        *(client.get_status(), client.get_numprocesses(), client.get_worker_info(), client.get_daemon_info()),
        *(client.increase_workers(1), client.decrease_workers(1), client.restart_daemon(True), client.stop_daemon()),
        client.call_client({'command': 'list', 'properties': {}}),
    ]
    assert answers == [{'status': client.DAEMON_ERROR_NOT_RUNNING}] * 9
    # the newer releases raise instead: so does asking for more than the status
    for answer in answers:
        with pytest.raises(module.DaemonNotRunningException, match='verdi daemon start'):
            answer['info']
    with pytest.raises(module.DaemonNotRunningException):
        client.get_number_of_workers()


@row('K01', 'K03')
def test_a_daemon_that_runs(started):
    pid = started.get_daemon_pid()
    assert started.is_daemon_running
    assert (started.get_status()['status'], started.get_status()['pid']) == ('active', pid)
    assert started.get_numprocesses()['numprocesses'] == started.get_number_of_workers() == 2
    workers = started.get_worker_info()['info']
    assert {int(number) for number in workers} == {child.pid for child in psutil.Process(pid).children()}
    assert all({'mem', 'cpu', 'started', 'create_time'} <= set(worker) for worker in workers.values())
    assert started.get_daemon_info()['info']['pid'] == pid
    with started.get_client() as connected:
        assert connected.send_message('numwatchers')['numwatchers'] == 1
    assert started.call_client({'command': 'nonsense', 'properties': {}})['status'] == 'error'
    assert started.get_circus_socket_directory() == Path(started.circus_socket_file).read_text()
    with pytest.raises(RuntimeError, match='cannot be read'):
        started.get_circus_port()

    assert started.start_daemon(5) is None
    assert started.increase_workers(1, wait=True)['numprocesses'] == 3
    assert started.decrease_workers(2, wait=True)['numprocesses'] == 1
    before = set(started.get_worker_info()['info'])
    answer = started.restart_daemon(wait=True)
    assert {str(number) for number in answer['info']['stopped']} == before
    assert not before & set(started.get_worker_info()['info'])
    assert started.get_daemon_pid() == pid

    assert started.stop_daemon(wait=True, timeout=20)['status'] == 'ok'
    assert not started.is_daemon_running
    assert not os.path.exists(started.circus_pid_file)
    assert not os.path.exists(started.circus_socket_file)


@row('K03')
def test_a_daemon_that_hangs(started):
    os.kill(started.get_daemon_pid(), signal.SIGSTOP)
    answer = started.get_status(timeout=1)
    assert answer == {'status': started.DAEMON_ERROR_TIMEOUT}
    with pytest.raises(module.DaemonTimeoutException, match='did not answer within 1 seconds'):
        answer['pid']
    with pytest.raises(module.DaemonTimeoutException):
        started.stop_daemon(wait=True, timeout=1)
    assert started.stop_daemon(wait=False, timeout=1)['status'] == started.DAEMON_ERROR_TIMEOUT
    started._end_by_force()
    assert not started.is_daemon_running


@row('K03')
def test_starting_and_stopping_wait_and_raise(client, monkeypatch):
    with pytest.raises(DaemonException, match='too late'):
        client._await_condition(lambda: False, DaemonException('too late'), timeout=0, interval=0.01)
    looks = iter([False, False, True])
    client._await_condition(lambda: next(looks), DaemonException('too late'), timeout=5, interval=0.01)
    command = ['sh', '-c', 'echo no luck >&2; exit 3']
    monkeypatch.setattr(DaemonClient, 'cmd_start_daemon', lambda self, *args, **kwargs: command)
    with pytest.raises(DaemonException, match='no luck'):
        client.start_daemon()
    # the way of the older releases: the timeout is the third argument
    with pytest.raises(DaemonException, match='no luck'):
        client.start_daemon(1, False, 5)
    with pytest.raises(DaemonException, match='ended with status 3'):
        client.start_daemon(1, True)
    monkeypatch.undo()


@row('K03')
def test_a_daemon_that_does_not_end_in_time(started):
    os.kill(next(int(number) for number in started.get_worker_info()['info']), signal.SIGSTOP)
    with pytest.raises(module.DaemonTimeoutException, match='still runs 1 seconds after it was told to stop'):
        started.stop_daemon(timeout=1)
    assert started.is_daemon_running


@row('K01', 'P26')
def test_a_stale_file_is_no_daemon(client):
    Path(client.circus_pid_file).parent.mkdir(parents=True)
    Path(client.circus_pid_file).write_text('4194304999\n')
    assert client.get_daemon_pid() == 4194304999
    assert client.is_daemon_running is False
    with pytest.raises(module.DaemonStalePidException, match='no process 4194304999'):
        client.get_status()['pid']
    assert client.stop_daemon()['status'] == client.DAEMON_ERROR_NOT_RUNNING
    assert client.get_daemon_pid() is None


@row('K01')
def test_the_supervisor_goes_to_the_background(client):
    """``_start_daemon`` makes a supervisor of the program that calls it."""
    script = (
        'import aiida; aiida.load_profile()\n'
        'from aiida.engine import get_daemon_client\n'
        'get_daemon_client()._start_daemon(1)\n'
        'print("never said")'
    )
    done = subprocess.run(
        [sys.executable, '-c', script], env=client.get_env(), capture_output=True, text=True, check=True
    )
    assert done.stdout == ''
    assert client.is_daemon_running
    assert os.getsid(client.get_daemon_pid()) != os.getsid(0)
    with pytest.raises(DaemonException, match='runs already'):
        client._start_daemon(1)
    wait_for(lambda: client.get_number_of_workers() == 1)


@row('K01')
def test_a_daemon_at_a_port(client, monkeypatch):
    monkeypatch.setattr(DaemonClient, '_ENDPOINT_PROTOCOL', ControllerProtocol.TCP)
    script = (
        'import aiida; aiida.load_profile()\n'
        'from aiida.engine import DaemonClient, get_daemon_client\n'
        'from aiida.engine.daemon.client import ControllerProtocol\n'
        'DaemonClient._ENDPOINT_PROTOCOL = ControllerProtocol.TCP\n'
        'get_daemon_client()._start_daemon(1)'
    )
    subprocess.run([sys.executable, '-c', script], env=client.get_env(), check=True)
    assert client.get_controller_endpoint() == f'tcp://127.0.0.1:{client.get_circus_port()}'
    wait_for(lambda: client.get_number_of_workers() == 1)
    assert client.stop_daemon()['status'] == 'ok'

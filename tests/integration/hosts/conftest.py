"""Hosts that are namespaces of this machine: each has a name and numbers of programs of its own, one a network too."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from postgres_server import PostgresServer, why_there_is_none

HERE = pathlib.Path(__file__).parent
#: Seconds of the leases of the workers here.
LEASE = 2.0
#: The programs of this machine that make a host of a namespace.
_PROGRAMS = ('unshare', 'nsenter', 'hostname')


def why_there_are_no_hosts() -> str | None:
    """Return why this machine cannot be several hosts, ``None`` if it can."""
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            return f'there is no `{program}` on this machine'
    trial = ['unshare', '--uts', '--pid', '--fork', '--mount-proc', 'hostname', 'trial']
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f'namespaces are not permitted here: {done.stderr.strip()}' if done.returncode else None


def why_there_is_no_network() -> str | None:
    """Return why a host cannot have a network of its own, ``None`` if it can."""
    if shutil.which('ip') is None:
        return 'there is no `ip` on this machine'
    trial = ['unshare', '--net', 'ip', 'link', 'set', 'lo', 'up']
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f'networks are not permitted here: {done.stderr.strip()}' if done.returncode else None


class Server(PostgresServer):
    """A server that other hosts reach."""

    def settings(self) -> dict[str, object]:
        """Return what the server is told when it is started."""
        return {**super().settings(), 'listen_addresses': "'*'"}

    def admit(self, network: str) -> None:
        """Let programs of a network in."""
        with (self.folder / 'data' / 'pg_hba.conf').open('a') as file:
            file.write(f'host all all {network} scram-sha-256\n')
        self.execute('SELECT pg_reload_conf()')


class Link:
    """A cable between this machine and a host; the server has an address on this end."""

    def __init__(self) -> None:
        number = os.getpid() % 250
        self.here, self.there = f'10.213.{number}.1', f'10.213.{number}.2'
        self.network = f'10.213.{number}.0/30'
        self._names = f'nbt{number}a', f'nbt{number}b'
        self._pid = 0

    def plug(self, pid: int) -> None:
        """Give the other end to the host of a process."""
        self._pid, (here, there) = pid, self._names
        _ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there)
        _ip('link', 'set', there, 'netns', str(pid))
        _ip('addr', 'add', f'{self.here}/30', 'dev', here)
        _ip('link', 'set', here, 'up')
        self._ip_there('addr', 'add', f'{self.there}/30', 'dev', there)
        self._ip_there('link', 'set', 'lo', 'up')
        self.join()

    def cut(self) -> None:
        """Let nothing through any more."""
        self._ip_there('link', 'set', self._names[1], 'down')

    def join(self) -> None:
        """Let everything through again."""
        self._ip_there('link', 'set', self._names[1], 'up')

    def _ip_there(self, *arguments: str) -> None:
        subprocess.run(['nsenter', '-t', str(self._pid), '--net', 'ip', *arguments], check=True)


def _ip(*arguments: str) -> None:
    subprocess.run(['ip', *arguments], check=True)


class Program:
    """A program that runs on a host."""

    def __init__(self, command: list[str], log: pathlib.Path, environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log.open('a'), text=True, env={**os.environ, **environment}
        )
        self._log = log

    def read_line(self) -> str:
        """Return the next line it prints."""
        assert self._popen.stdout is not None
        return self._popen.stdout.readline().strip()

    def read_log(self) -> str:
        """Return what all programs of its host logged by now."""
        return self._log.read_text()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, past the program that entered the host for it."""
        entered = psutil.Process(self._popen.pid)
        for process in entered.children():
            process.send_signal(number)
        if number == signal.SIGCONT:  # it stops and goes on with what it started
            entered.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for that."""
        if self._popen.poll() is None:
            self.send(signal.SIGCONT)
            self.send(number)
        self._popen.wait(20)
        assert self._popen.stdout is not None
        self._popen.stdout.close()


class Host:
    """A host on which programs are run."""

    def __init__(self, name: str, label: str, folder: pathlib.Path, network: Link | None = None) -> None:
        """
        :param name: its host name; two hosts may have the same.
        :param label: what the notes of processes call it.
        :param folder: where its log is.
        :param network: the only way out it has; ``None`` if it has the network of this machine.
        """
        self.name, self.label = name, label
        self.link = network
        self._log = folder / f'{label}.log'
        kinds = ['--uts', '--pid', '--mount', *(['--net'] if network else [])]
        command = f'hostname {name}; echo ready; exec sleep 100000'
        self._first = subprocess.Popen(
            ['unshare', *kinds, '--fork', '--mount-proc', '--kill-child', 'sh', '-c', command],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._first.stdout is not None
        assert self._first.stdout.readline() == 'ready\n'
        (child,) = psutil.Process(self._first.pid).children()
        self._enter = ['nsenter', '-t', str(child.pid), *kinds, '--']
        if network is not None:
            network.plug(child.pid)
        self.worker: Program | None = None

    def start(self, *command: str) -> Program:
        """Run a program of Python's."""
        environment = {'HOST_OF_TESTS': self.label, 'PYTHONPATH': str(HERE)}
        return Program([*self._enter, sys.executable, *command], self._log, environment)

    def start_worker(self, slots: int = 20, ahead: float = 0.0) -> Program:
        """Run a worker, unless there is one; return when it is ready."""
        if self.worker is None:
            self.worker = self.start(str(HERE / 'host_worker.py'), str(LEASE), str(slots), str(ahead))
            assert self.worker.read_line() == 'ready', self.worker.read_log()
        return self.worker

    def stop_worker(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the worker, if there is one."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.end(number)

    def verdi(self, *arguments: Any, status: int = 0) -> str:
        """Run a command on it, and return what it prints."""
        command = [*self._enter, sys.executable, '-m', 'aiida', *map(str, arguments)]
        environment = {**os.environ, 'HOST_OF_TESTS': self.label, 'PYTHONPATH': str(HERE)}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def end(self) -> None:
        """Let the host be no more, with all that runs on it."""
        self.stop_worker(signal.SIGKILL)
        self._first.kill()
        self._first.wait()
        assert self._first.stdout is not None
        self._first.stdout.close()


@pytest.fixture(scope='module')
def address() -> Link | None:
    """The cable to the second host; ``None`` where networks are not permitted."""
    return None if why_there_is_no_network() else Link()


@pytest.fixture(scope='module')
def shared_profile(address: Link | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[pathlib.Path]:
    """A profile in PostgreSQL, loaded; the hosts have its configuration and its repository. Its folder."""
    from aiida.manage import configuration, get_manager
    from aiida.manage.configuration.settings import AiiDAConfigDir
    from profiles_of_tests import loggers_as_they_were, make_profile

    reason = why_there_are_no_hosts() or why_there_is_none()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp('hosts')
    server = Server()
    with loggers_as_they_were(), pytest.MonkeyPatch.context() as patch:
        patch.setenv('AIIDA_PATH', str(folder))
        patch.setenv('HOST_OF_TESTS', 'client')
        patch.syspath_prepend(str(HERE))
        get_manager().unload_profile()
        configuration.reset_config()
        AiiDAConfigDir.set(folder / '.aiida')
        try:
            config = server.new_config(folder / 'repository')
            if address is not None:
                server.admit(address.network)
            make_profile(folder / '.aiida', 'core.psql_dos', config)
            yield folder
        finally:
            get_manager().unload_profile()
            configuration.reset_config()
            AiiDAConfigDir.set(None)
            server.remove()


@pytest.fixture(scope='module')
def all_hosts(shared_profile: pathlib.Path, address: Link | None) -> Iterator[list[Host]]:
    made: list[Host] = []
    try:
        made.append(Host('hosta', 'a', shared_profile))
        made.append(Host('hostb', 'b', shared_profile, address))
        if address is not None:
            _point_to(address.here)
        yield made
    finally:
        for host in made:
            host.end()


def _point_to(address: str) -> None:
    """Let the profile name the server by an address that every host reaches."""
    from aiida.manage import configuration, get_manager

    get_manager().unload_profile()
    config = configuration.get_config()
    profile = config.get_profile('test')
    profile.dictionary['storage']['config']['database_hostname'] = address
    config.update_profile(profile)
    config.store()
    get_manager().load_profile('test')


@pytest.fixture
def hosts(all_hosts: list[Host]) -> Iterator[list[Host]]:
    """Two hosts, of which the second reaches nothing but the server; workers that are left serve the next test."""
    yield all_hosts
    for host in all_hosts:
        if host.link is not None:
            host.link.join()
        if host.worker is not None:
            host.worker.send(signal.SIGCONT)


@pytest.fixture
def make_host(shared_profile: pathlib.Path) -> Iterator[Callable[[str, str], Host]]:
    """Make another host with a name, under a label for notes, and with the network of this machine."""
    made: list[Host] = []

    def make(name: str, label: str) -> Host:
        made.append(Host(name, label, shared_profile))
        return made[-1]

    yield make
    for host in made:
        host.end()


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait for something to become true."""

    def wait(condition: Callable[[], Any], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, 'it did not come true in time'
            time.sleep(0.02)

    return wait

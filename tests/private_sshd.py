"""A server of SSH of the tests' own: on a free port of this machine, with keys and configuration in its own folder."""

from __future__ import annotations

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import psutil
import pytest

HOST = 'private'
USER = pwd.getpwuid(os.getuid()).pw_name

_SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
SetEnv HOME={folder}/remote_home
Subsystem sftp internal-sftp
{more}
"""

_CLIENT = """\
Host {host}
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {home}/.ssh/id_ed25519
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        return int(found.getsockname()[1])


class PrivateSshd:
    """The server and, in ``home``, the files of a user who may log in."""

    def __init__(self, folder: pathlib.Path, more: str = '') -> None:
        """
        :param more: lines of the server's configuration.
        """
        self.folder = folder
        self.home = folder / 'home'
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._log = folder / 'log'
        (self.home / '.ssh').mkdir(parents=True, mode=0o700)
        (folder / 'remote_home').mkdir()
        for name in ('host_key', 'home/.ssh/id_ed25519'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', str(folder / name)], check=True)
        shutil.copy(self.home / '.ssh' / 'id_ed25519.pub', folder / 'authorized_keys')
        (folder / 'sshd_config').write_text(_SERVER.format(port=self.port, folder=folder, more=more))
        self.config = self.home / '.ssh' / 'config'
        self.config.write_text(_CLIENT.format(host=HOST, port=self.port, user=USER, home=self.home))
        self.known_hosts = self.home / '.ssh' / 'known_hosts'
        self.host_key = ' '.join((folder / 'host_key.pub').read_text().split()[:2])
        self.known_hosts.write_text(f'[127.0.0.1]:{self.port} {self.host_key}\n')

    def start(self) -> None:
        """Start it and wait until it answers."""
        if os.getuid() == 0:
            os.makedirs('/run/sshd', mode=0o755, exist_ok=True)
        with self._log.open('ab') as log:
            self.process = subprocess.Popen(
                [_program(), '-D', '-e', '-f', str(self.folder / 'sshd_config')], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise RuntimeError(f'sshd does not answer: {self._log.read_text()}')

    def stop(self) -> None:
        """Stop it and end its connections."""
        if self.process is not None:
            self.cut()
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def sessions(self) -> list[psutil.Process]:
        """Return the processes of the server that each belong to a connection."""
        assert self.process is not None
        return [child for child in psutil.Process(self.process.pid).children() if _is_of_server(child)]

    def cut(self) -> int:
        """End all connections, as a broken network does, and return how many there were; programs go on."""
        found = self.sessions()
        for session in found:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends by itself just now
                for process in [session, *session.children()]:
                    if _is_of_server(process):
                        process.kill()
        psutil.wait_procs(found, timeout=5)
        return len(found)

    def connections(self) -> int:
        """Return how many logins there have been."""
        return self._log.read_text().count('Accepted publickey')


def _is_of_server(process: psutil.Process) -> bool:
    try:
        return str(process.name()).startswith('sshd')
    except psutil.NoSuchProcess:
        return False


def _program() -> str:
    return shutil.which('sshd') or shutil.which('sshd', path='/usr/sbin:/usr/local/sbin') or ''


def why_not() -> str | None:
    """Return why there can be no server here, ``None`` if there can."""
    if not _program() or shutil.which('ssh-keygen') is None:
        return 'sshd is not installed (Debian: openssh-server)'
    try:
        import asyncssh  # noqa: F401
    except ImportError:
        return 'asyncssh is not installed (nabucco[ssh])'
    return None


@pytest.fixture(scope='session')
def running_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSshd]:
    """The server, for all tests."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    server = PrivateSshd(tmp_path_factory.mktemp('sshd'))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sshd(running_sshd: PrivateSshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateSshd]:
    """The server, with the files of its user in the place of those of the one who runs the tests."""
    from aiida.transports.ssh.transport import close_connections

    monkeypatch.setenv('HOME', str(running_sshd.home))
    monkeypatch.delenv('SSH_AUTH_SOCK', raising=False)
    yield running_sshd
    close_connections()

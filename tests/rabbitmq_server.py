"""A RabbitMQ of the tests' own, with ports, files and a name nobody else uses."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

#: Seconds in which the server has to be ready, or gone.
_PATIENCE = 120.0


def find_server() -> str | None:
    """Return the program of the server: not what packages put before it, which wants to be another user."""
    found = sorted(pathlib.Path('/usr/lib/rabbitmq/lib').glob('*/sbin/rabbitmq-server'))
    return str(found[-1]) if found else shutil.which('rabbitmq-server')


def missing() -> str | None:
    """Return why there can be no server here, ``None`` if there can."""
    if find_server() is None:
        return 'there is no rabbitmq-server here: the package of that name has it'
    if shutil.which('epmd') is None:
        return 'there is no epmd here, which rabbitmq-server needs'
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


class RabbitmqServer:
    """Can be stopped and started again; what is to outlive that is kept in its folder."""

    def __init__(self) -> None:
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix='nabucco-rabbitmq-'))
        self.port = _free_port()
        self._names_port = _free_port()
        (self._folder / 'home').mkdir()
        (self._folder / 'rabbitmq.conf').write_text(f'listeners.tcp.1 = 127.0.0.1:{self.port}\n')
        (self._folder / 'plugins').write_text('[].\n')
        self._names = subprocess.Popen(
            ['epmd', '-port', str(self._names_port), '-address', '127.0.0.1'],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._server: subprocess.Popen[bytes] | None = None
        self.start()

    def _environment(self) -> dict[str, str]:
        folder = self._folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith('RABBITMQ_')}
        return {
            **kept,
            'HOME': str(folder / 'home'),
            'ERL_EPMD_PORT': str(self._names_port),
            'RABBITMQ_NODENAME': f'nabucco-{self.port}@localhost',
            'RABBITMQ_DIST_PORT': str(_free_port()),
            'RABBITMQ_MNESIA_BASE': str(folder / 'mnesia'),
            'RABBITMQ_LOG_BASE': str(folder / 'log'),
            'RABBITMQ_CONFIG_FILE': str(folder / 'rabbitmq.conf'),
            'RABBITMQ_ENABLED_PLUGINS_FILE': str(folder / 'plugins'),
            'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        }

    @property
    def config(self) -> dict[str, object]:
        """What a profile says of it."""
        return {
            'broker_protocol': 'amqp',
            'broker_username': 'guest',
            'broker_password': 'guest',
            'broker_host': '127.0.0.1',
            'broker_port': self.port,
            'broker_virtual_host': '',
        }

    def is_ready(self) -> bool:
        """Return whether it greets who connects."""
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), timeout=1) as connection:
            connection.settimeout(5)
            connection.sendall(b'AMQP\x00\x00\x09\x01')
            return bool(connection.recv(1))
        return False

    def start(self) -> None:
        """Start it, if it does not run."""
        if self._server is not None:
            return
        program = find_server()
        assert program is not None
        with (self._folder / 'output').open('ab') as output:
            self._server = subprocess.Popen(
                [program], env=self._environment(), stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + _PATIENCE
        while not self.is_ready():
            if time.monotonic() > end or self._server.poll() is not None:
                raise RuntimeError(f'RabbitMQ did not start:\n{(self._folder / "output").read_text()[-3000:]}')
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it as a machine does that loses its power: at once."""
        server, self._server = self._server, None
        if server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(_PATIENCE)

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        self._names.kill()
        self._names.wait(_PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)

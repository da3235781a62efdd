"""The client of the daemon: starts, stops, asks and scales the workers of one profile.

A supervisor (:mod:`aiida.engine.daemon.supervisor`) keeps them alive; the client talks to it through circus, which is
loaded when there is something to say.
"""

from __future__ import annotations

import contextlib
import enum
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from aiida.common.exceptions import ConfigurationError, StorageUnavailable, UnreachableStorage
from aiida.common.pidfile import Incumbent, PidFile, Standing, process_identity
from aiida.engine.daemon import environment, sockets
from aiida.engine.daemon.exceptions import (
    RUNS_ALREADY,
    DaemonException,
    DaemonNotRunningException,
    DaemonStalePidException,
    DaemonTimeoutException,
)
from aiida.engine.daemon.logfile import last_lines
from aiida.orm.utils.upstairs import upstairs

if TYPE_CHECKING:
    from circus.client import CircusClient

    from aiida.manage.configuration.profile import Profile

__all__ = (
    'ControllerProtocol',
    'DaemonClient',
    'DaemonException',
    'DaemonNotRunningException',
    'DaemonStalePidException',
    'DaemonTimeoutException',
    'JsonDictType',
    'get_daemon_client',
)

JsonDictType = dict[str, Any]

#: How often it is tried to start a supervisor, once a second, while another one is about to end.
_ATTEMPTS = 15
#: How often the lock of a supervisor that has ended is asked for.
_LOCK_TRIES = 20
#: Seconds that a supervisor may take to begin, however slow the disk is.
_BEGIN = 60.0
#: Seconds that a supervisor may take to end: the workers have some of them to let go of their processes.
_END = 25.0
#: Seconds a worker lives that did not fail to start, where the database does not tell.
_GROWN = 1.0
#: Storages that workers would not find anything in, or cannot write to.
_OF_ONE_PROGRAM = {'core.sqlite_temp', 'core.sqlite_zip'}
#: Seconds to wait for workers that still load, unless told otherwise.
_SETTLE = 10.0
#: Lines of the log that tell why workers do not start.
_LINES = 15


class ControllerProtocol(enum.Enum):
    """How client and supervisor reach each other."""

    IPC = 0
    TCP = 1


class _Unanswered(dict[str, Any]):
    """What a call returns that got no answer: a status, and the reason as an exception for whoever wants more."""

    def __init__(self, status: str, exception: DaemonException) -> None:
        super().__init__(status=status)
        self.exception = exception

    def __missing__(self, key: str) -> NoReturn:
        raise self.exception


def get_daemon_client(profile_name: str | None = None) -> DaemonClient:
    """Return the client of the daemon of a profile.

    :param profile_name: the profile; the one that is loaded for ``None``, or else the default one.
    :raises ConfigurationError: if there is no such profile.
    """
    if profile_name is None:
        loaded = upstairs('aiida.manage.configuration:get_profile')()
        if loaded is not None:
            return DaemonClient(loaded)
    config = upstairs('aiida.manage.configuration:get_config')()
    return DaemonClient(config.get_profile(profile_name))


class DaemonClient:
    """Starts, stops, asks and scales the workers of one profile.

    Calls return what the supervisor answers, a dictionary. If it does not run or does not answer, ``status`` in it is
    :attr:`DAEMON_ERROR_NOT_RUNNING` or :attr:`DAEMON_ERROR_TIMEOUT`, and asking for anything else raises the
    :class:`DaemonException` that tells why. Starting and stopping raise it by themselves.
    """

    DAEMON_ERROR_NOT_RUNNING = 'daemon-error-not-running'
    DAEMON_ERROR_TIMEOUT = 'daemon-error-timeout'
    _DAEMON_NAME = 'aiida-{name}'
    _ENDPOINT_PROTOCOL = ControllerProtocol.IPC

    def __init__(self, profile: Profile) -> None:
        """
        :param profile: the profile.
        :raises TypeError: if it is none.
        """
        if not isinstance(profile, upstairs('aiida.manage.configuration.profile:Profile')):
            raise TypeError(f'the daemon belongs to a profile, got {profile!r}: `get_daemon_client` takes its name')
        self._profile: Profile = profile
        paths = profile.filepaths
        self._circus_paths: dict[str, Any] = paths['circus']
        self._daemon_paths: dict[str, str] = paths['daemon']
        self._pid_file = PidFile(self.circus_pid_file, profile.name)

    # what belongs to it

    @property
    def profile(self) -> Profile:
        """The profile."""
        return self._profile

    @property
    def daemon_name(self) -> str:
        """The name under which the supervisor knows the workers."""
        return self._DAEMON_NAME.format(name=self.profile.name)

    @property
    def _verdi_bin(self) -> str:
        """The path of ``verdi``.

        :raises ConfigurationError: if it is not found.
        """
        return environment.find_verdi()

    def cmd_start_daemon(self, number_workers: int = 1, foreground: bool = False) -> list[str]:
        """Return the command that becomes a supervisor.

        :param number_workers: how many workers it starts.
        :param foreground: whether it stays in the foreground.
        """
        command = [self._verdi_bin, '-p', self.profile.name, 'daemon', 'start-circus', str(number_workers)]
        return [*command, '--foreground'] if foreground else command

    @property
    def cmd_start_daemon_worker(self) -> list[str]:
        """The command that becomes a worker."""
        return [self._verdi_bin, '-p', self.profile.name, 'daemon', 'worker']

    @property
    def loglevel(self) -> str:
        """The lowest level of messages of the supervisor."""
        level = self._option('logging.circus_loglevel')
        return str(self._option('logging.aiida_loglevel') if level == 'INHERIT' else level)

    @property
    def virtualenv(self) -> str | None:
        """The folder of the virtual environment that is active, if one is."""
        return os.environ.get('VIRTUAL_ENV')

    def _option(self, name: str) -> Any:
        """Return the value of an option for the profile, which need not be loaded nor be in the configuration file."""
        value = self.profile.get_option(name)
        if value is None:
            try:
                value = upstairs('aiida.manage.configuration:get_config')().get_option(name)
            except ConfigurationError:
                value = upstairs('aiida.manage.configuration.options:option_default')(name)
        return getattr(value, 'value', value)

    # files

    @property
    def circus_log_file(self) -> str:
        """The log of the supervisor."""
        return str(self._circus_paths['log'])

    @property
    def circus_pid_file(self) -> str:
        """The file with the PID of the supervisor."""
        return str(self._circus_paths['pid'])

    @property
    def circus_port_file(self) -> str:
        """The file with the port of the supervisor, where it has one."""
        return str(self._circus_paths['port'])

    @property
    def circus_socket_file(self) -> str:
        """The file that names the folder of the sockets."""
        return str(self._circus_paths['socket']['file'])

    @property
    def circus_socket_endpoints(self) -> dict[str, str]:
        """The names of the sockets: ``controller``, ``pubsub`` and ``stats``."""
        return {key: str(name) for key, name in self._circus_paths['socket'].items() if key != 'file'}

    @property
    def daemon_log_file(self) -> str:
        """The log of the workers."""
        return self._daemon_paths['log']

    @property
    def daemon_pid_file(self) -> str:
        """The file that older releases wrote the PID of a worker to."""
        return self._daemon_paths['pid']

    @staticmethod
    def get_env() -> dict[str, str]:
        """Return the environment for a program that is to find the same programs, modules and configuration."""
        folder = upstairs('aiida.manage.configuration.settings:AiiDAConfigDir').get()
        return environment.subprocess_environment(str(folder))

    # whether it runs

    def get_daemon_pid(self) -> int | None:
        """Return the PID that the PID file says, ``None`` if there is none; see :attr:`is_daemon_running`."""
        return self._pid_file.read()

    @property
    def is_daemon_running(self) -> bool:
        """Whether the supervisor lives; a PID file that a dead one left does not count."""
        return self._pid_file.incumbent().standing is Standing.RUNNING

    def _why_not_running(self) -> DaemonException:
        found = self._pid_file.incumbent()
        if found.standing is Standing.STALE:
            return DaemonStalePidException(
                f'the daemon is not running: it left its PID file behind ({found.reason}). `verdi daemon start` starts '
                'it again, `verdi daemon stop` deletes the file'
            )
        if found.standing is Standing.ELSEWHERE:
            return DaemonNotRunningException(
                f'the daemon runs on the host {found.host}, as PID {found.pid}, and can be reached from there only. If '
                f'it does no more, delete {self.circus_pid_file}'
            )
        return DaemonNotRunningException('the daemon is not running: `verdi daemon start` starts it')

    # endpoints

    def get_circus_port(self) -> int:
        """Return the port of the supervisor: the one it has, or, if it does not run, one that is free and noted for it.

        :raises RuntimeError: if it runs and the file that says the port cannot be read.
        """
        if self.is_daemon_running:
            text = sockets.read_text(self.circus_port_file)
            if not text.isdigit():
                raise RuntimeError(f'the daemon runs, but {self.circus_port_file} holds no port: {text!r}')
            return int(text)
        port = self.get_available_port()
        _write(self.circus_port_file, str(port))
        return port

    def get_circus_socket_directory(self) -> str:
        """Return the folder of the sockets: the one there is, or, if the daemon does not run, a new one that is noted.

        It is among the temporary files, as the path of a socket may have 107 bytes only.

        :raises RuntimeError: if it runs and the file that names the folder cannot be read.
        :raises DaemonException: if no folder for temporary files has a path that is short enough.
        """
        if self.is_daemon_running:
            return sockets.read_text(self.circus_socket_file)
        with contextlib.suppress(RuntimeError):
            noted = sockets.read_text(self.circus_socket_file)
            if os.path.isdir(noted):
                return noted
        folder = sockets.make_socket_folder(max(map(len, self.circus_socket_endpoints.values())))
        if folder is None:
            raise DaemonException(
                'the paths of the folders for temporary files are too long for sockets: let TMPDIR name another one'
            )
        _write(self.circus_socket_file, folder)
        return folder

    def delete_circus_socket_directory(self) -> None:
        """Delete the folder of the sockets and the file that names it, if they are there."""
        with contextlib.suppress(RuntimeError):
            folder = sockets.read_text(self.circus_socket_file)
            sockets.remove_socket_folder(folder, list(self.circus_socket_endpoints.values()))
        Path(self.circus_socket_file).unlink(missing_ok=True)

    def _prepare_endpoints(self) -> None:
        """Let the endpoints of this client be new ones, for a supervisor that begins."""
        self._pid_file.remove()
        self.delete_circus_socket_directory()
        Path(self.circus_port_file).unlink(missing_ok=True)
        self._endpoints = {name: self._endpoint(name) for name in self.circus_socket_endpoints}

    #: The endpoints, once they are those of a supervisor in this process.
    _endpoints: dict[str, str] | None = None

    def _endpoint(self, name: str) -> str:
        """Return an endpoint: of the supervisor that runs, or of one that begins."""
        if self._endpoints is not None:
            return self._endpoints[name]
        if self._ENDPOINT_PROTOCOL is ControllerProtocol.TCP:
            return self.get_tcp_endpoint(self.get_circus_port() if name == 'controller' else None)
        return self.get_ipc_endpoint(name)

    @classmethod
    def get_available_port(cls) -> int:
        """Return a port of this machine that is free."""
        return sockets.free_port()

    def get_controller_endpoint(self) -> str:
        """Return where the supervisor takes commands."""
        return self._endpoint('controller')

    def get_pubsub_endpoint(self) -> str:
        """Return where the supervisor tells what happens to the workers."""
        return self._endpoint('pubsub')

    def get_stats_endpoint(self) -> str:
        """Return where circus tells statistics, where its program for them is run beside."""
        return self._endpoint('stats')

    def get_ipc_endpoint(self, endpoint: str) -> str:
        """Return an endpoint that is a socket.

        :param endpoint: ``controller``, ``pubsub`` or ``stats``.
        """
        return f'ipc://{self.get_circus_socket_directory()}/{self.circus_socket_endpoints[endpoint]}'

    def get_tcp_endpoint(self, port: int | None = None) -> str:
        """Return an endpoint that is a port of this machine.

        :param port: the port; one that is free for ``None``.
        """
        return f'tcp://127.0.0.1:{self.get_available_port() if port is None else port}'

    # calls

    @contextlib.contextmanager
    def get_client(self, timeout: int | None = None) -> Iterator[CircusClient]:
        """Context with a client of circus that is connected to the supervisor.

        :param timeout: seconds to wait for an answer; the option ``daemon.timeout`` for ``None``.
        :raises RuntimeError: if the files do not say how to reach it.
        """
        client = _circus_client_class()(endpoint=self._noted_endpoint(), timeout=self._timeout(timeout))
        try:
            yield client
        finally:
            client.stop()

    def _noted_endpoint(self) -> str:
        """Return where the supervisor takes commands, as it has noted; nothing is made where it has not.

        :raises RuntimeError: if the file cannot be read.
        """
        if self._ENDPOINT_PROTOCOL is ControllerProtocol.TCP:
            return f'tcp://127.0.0.1:{sockets.read_text(self.circus_port_file)}'
        return f'ipc://{sockets.read_text(self.circus_socket_file)}/{self.circus_socket_endpoints["controller"]}'

    def _timeout(self, timeout: float | None) -> float:
        return float(self._option('daemon.timeout')) if timeout is None else timeout

    def call_client(self, command: JsonDictType, timeout: int | None = None) -> JsonDictType:
        """Send a command of circus to the supervisor and return its answer.

        :param command: with ``command`` and ``properties``.
        :param timeout: seconds to wait for an answer; the option ``daemon.timeout`` for ``None``.
        :return: the answer; for ``status`` in one that did not come, see the class.
        """
        if not self.is_daemon_running:
            return _Unanswered(self.DAEMON_ERROR_NOT_RUNNING, self._why_not_running())
        deadline = time.monotonic() + self._timeout(timeout)
        while True:
            answer = self._call_once(command, timeout)
            # circus refuses a second command while one is carried out
            refused = answer.get('status') == 'error' and 'arbiter is already' in str(answer.get('reason'))
            if not refused or time.monotonic() > deadline:
                return answer
            time.sleep(0.05)

    def _call_once(self, command: JsonDictType, timeout: int | None) -> JsonDictType:
        reason = f'it did not answer within {self._timeout(timeout):g} seconds'
        try:
            with self.get_client(timeout) as client:
                from circus.exc import CallError

                with contextlib.suppress(CallError):
                    answer: JsonDictType = client.call(dict(command))
                    return answer
        except RuntimeError as exception:
            reason = str(exception)
        if not self.is_daemon_running:  # it ended meanwhile
            return _Unanswered(self.DAEMON_ERROR_NOT_RUNNING, self._why_not_running())
        return _Unanswered(
            self.DAEMON_ERROR_TIMEOUT,
            DaemonTimeoutException(
                f'the daemon (PID {self.get_daemon_pid()}) cannot be reached: {reason}. `verdi daemon stop` ends it, '
                'by force if need be; the processes go on when it is started again'
            ),
        )

    def _call(self, command: str, timeout: int | None, /, **properties: Any) -> JsonDictType:
        return self.call_client({'command': command, 'properties': {**properties, 'name': self.daemon_name}}, timeout)

    def get_status(self, timeout: int | None = None) -> JsonDictType:
        """Return whether the workers are looked after: ``status`` is ``active``, and ``pid`` the supervisor's.

        :param timeout: seconds to wait for an answer.
        """
        answer = self._call('status', timeout)
        if 'time' in answer:
            answer['pid'] = self.get_daemon_pid()
        return answer

    def get_numprocesses(self, timeout: int | None = None) -> JsonDictType:
        """Return the number of workers, as ``numprocesses``.

        :param timeout: seconds to wait for an answer.
        """
        return self._call('numprocesses', timeout)

    def get_number_of_workers(self, timeout: int | None = None) -> int:
        """Return the number of workers.

        :param timeout: seconds to wait for an answer.
        :raises DaemonException: if there is no answer.
        """
        return len(self.get_worker_info(timeout)['info'])

    def get_worker_info(self, timeout: int | None = None) -> JsonDictType:
        """Return statistics of each worker by PID, as ``info``.

        :param timeout: seconds to wait for an answer.
        """
        answer = self._call('stats', timeout)
        if 'info' in answer:
            # of one that has just ended, circus says so in words
            answer['info'] = {pid: info for pid, info in answer['info'].items() if isinstance(info, dict)}
        return answer

    def get_daemon_info(self, timeout: int | None = None) -> JsonDictType:
        """Return statistics of the supervisor, as ``info``.

        :param timeout: seconds to wait for an answer.
        """
        return self.call_client({'command': 'dstats', 'properties': {}}, timeout)

    def increase_workers(self, number: int, timeout: int | None = None, wait: bool = False) -> JsonDictType:
        """Start more workers.

        :param number: how many.
        :param timeout: seconds to wait for an answer.
        :param wait: whether to wait until they are started.
        """
        return self._call('incr', timeout, nb=number, waiting=wait)

    def decrease_workers(self, number: int, timeout: int | None = None, wait: bool = False) -> JsonDictType:
        """Stop some workers; what they were running is taken up by others.

        :param number: how many.
        :param timeout: seconds to wait for an answer.
        :param wait: whether to wait until they have ended.
        """
        return self._call('decr', _longer(timeout, wait), nb=number, waiting=wait)

    def _replace_worker(self, pid: int) -> bool:
        """Let another worker be started in the place of one that is about to end by itself, however long that takes.

        :return: whether that is done; if not, it is to go on.
        """
        return bool(self._call('replace', None, pid=pid).get('replaced', False))

    def restart_daemon(self, wait: bool = True, timeout: int | None = None) -> JsonDictType:
        """Replace each worker by a new one, which loads code and configuration anew; the supervisor stays.

        :param wait: whether to wait until that is done.
        :param timeout: seconds to wait for an answer.
        """
        return self._call('restart', _longer(timeout, wait), waiting=wait)

    # start and stop

    def start_daemon(
        self, number_workers: int = 1, foreground: bool = False, wait: bool | int = True, timeout: int | None = None
    ) -> None:
        """Start a supervisor and workers in the background; if they run already, nothing happens.

        :param number_workers: how many workers.
        :param foreground: whether the supervisor stays in the foreground, and this method returns when it has ended.
        :param wait: whether to wait until the workers are ready. A number, as earlier releases had in this place, is
            the ``timeout``.
        :param timeout: seconds to wait for that; that they then still load is no error.
        :raises DaemonException: if the supervisor cannot be started, or the workers end as soon as they are.
        """
        if not isinstance(wait, bool):
            wait, timeout = True, wait
        found = self._pid_file.incumbent()
        if found.standing is Standing.RUNNING:
            if not self._is_stopping():
                return
            self._await_condition(
                self._end_of(found), DaemonTimeoutException(f'the daemon (PID {found.pid}) does not end'), timeout=_END
            )
        if found.standing is Standing.ELSEWHERE:
            raise self._why_not_running()
        if self.profile.storage_backend in _OF_ONE_PROGRAM:
            raise DaemonException(
                f'the storage of the profile `{self.profile.name}`, {self.profile.storage_backend}, is not shared with '
                'other programs, so there can be no workers: `verdi presto` makes a profile that can have some'
            )
        sockets.make_private_folder(os.path.dirname(self.daemon_log_file))
        if foreground:
            self._run_in_foreground(number_workers)
            return
        seen = os.path.getsize(self.daemon_log_file) if os.path.exists(self.daemon_log_file) else 0
        self._launch(number_workers)
        if wait:
            self._await_workers(number_workers, _SETTLE if timeout is None else timeout, seen)

    def _run_in_foreground(self, number_workers: int) -> None:
        process = subprocess.Popen(self.cmd_start_daemon(number_workers, foreground=True), env=self.get_env())
        while True:
            # the terminal sends Ctrl-C to both
            with contextlib.suppress(KeyboardInterrupt):
                status = process.wait()
                break
        if status:
            raise DaemonException(f'the daemon ended with status {status}')

    def _launch(self, number_workers: int) -> None:
        """Start a supervisor, or see that somebody else does so at the same time.

        :raises DaemonException: if it cannot be started.
        """
        for _ in range(_ATTEMPTS):
            done = self._run_in_background(number_workers)
            if done.returncode == 0:
                return
            if RUNS_ALREADY not in done.stderr:
                break
            # another one begins, or the former one is about to end
            with contextlib.suppress(DaemonException):
                self._await_condition(lambda: self.is_daemon_running, DaemonException(), timeout=1)
                return
        why = done.stderr.strip().removeprefix('Critical: ') or f'it ended with status {done.returncode}'
        raise DaemonException(f'the daemon could not be started: {why}')

    def _run_in_background(self, number_workers: int) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                self.cmd_start_daemon(number_workers),
                env=self.get_env(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors='replace',
                timeout=_BEGIN,
                check=False,
            )
        except subprocess.TimeoutExpired as exception:
            raise DaemonTimeoutException(
                f'the daemon did not begin within {_BEGIN:g} seconds; see {self.circus_log_file}'
            ) from exception

    def _await_workers(self, number: int, timeout: float, seen: int) -> None:
        """Wait until the workers are ready.

        :param seen: the length of their log before.
        :raises DaemonException: if they fail to start; the daemon is stopped then.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._worker_settings().get('failed_starts'):
                lines = '\n'.join(last_lines(Path(self.daemon_log_file), _LINES, seen)) or '(nothing)'
                self._end_by_force(gently=True)
                raise DaemonException(
                    f'the daemon was stopped: its workers end as soon as they are started. The end of their log, '
                    f'{self.daemon_log_file}:\n{lines}'
                )
            if self._workers_are_ready(number):
                return
            time.sleep(0.05)

    def _worker_settings(self, timeout: int | None = None) -> JsonDictType:
        """Return what the supervisor knows of its workers; of one of aiida-core, or without an answer, nothing.

        ``numprocesses`` there are to be; ``failed_starts`` in a row; the PIDs of those that are ``leaving`` once their
        steps have ended.
        """
        answer = self._call('get', timeout, keys=['numprocesses', 'failed_starts', 'leaving'])
        settings: JsonDictType = answer.get('options', {})
        return settings

    def _workers_are_ready(self, number: int) -> bool:
        """Return whether as many workers as asked for take processes; if that cannot be known, whether they live."""
        info = self.get_worker_info().get('info', {})
        if len(info) < number:
            return False
        registered = self._registered_workers()
        if registered is None:
            return all(worker.get('age', 0.0) > _GROWN for worker in info.values())
        return {int(pid) for pid in info} <= registered

    def _registered_workers(self) -> set[int] | None:
        """Return the PIDs of the workers that told the database they are there, ``None`` if it cannot be asked here."""
        import socket

        from aiida.orm.backend import STORE

        loaded = upstairs('aiida.manage.configuration:get_profile')()
        if loaded is None or loaded.name != self.profile.name or not STORE.is_filled:
            return None
        host = socket.gethostname()
        try:
            return {worker.pid for worker in STORE.get().list_workers() if worker.host == host}
        except (StorageUnavailable, UnreachableStorage):
            return None

    def stop_daemon(self, wait: bool = True, timeout: int | None = None) -> JsonDictType:
        """Stop workers and supervisor; the processes stay at their last checkpoints until there are workers again.

        A file that a dead supervisor left is deleted.

        :param wait: whether to wait until they have ended.
        :param timeout: seconds to wait for that.
        :return: the answer of the supervisor.
        :raises DaemonTimeoutException: if the time has passed and it still runs.
        """
        found = self._pid_file.incumbent()
        if found.standing is not Standing.RUNNING:
            reason = self._why_not_running()
            if found.standing is Standing.STALE:
                self._delete_stale_files()
            return _Unanswered(self.DAEMON_ERROR_NOT_RUNNING, reason)
        pid, ended = found.pid, self._end_of(found)
        answer = self.call_client({'command': 'quit', 'properties': {'waiting': False}}, timeout)
        if ended():
            return {'status': 'ok'}
        if isinstance(answer, _Unanswered) and answer['status'] == self.DAEMON_ERROR_TIMEOUT:
            if wait:
                raise answer.exception
            return answer
        if wait:
            seconds = _END if timeout is None else timeout
            late = f'the daemon (PID {pid}) still runs {seconds:g} seconds after it was told to stop'
            self._await_condition(ended, DaemonTimeoutException(late), timeout=seconds)
        return answer

    @staticmethod
    def _end_of(found: Incumbent) -> Callable[[], bool]:
        """Return what tells whether a supervisor has ended; somebody else may have started another one by then."""
        pid = found.pid or 0
        identity = process_identity(pid)
        return lambda: process_identity(pid) != identity

    def _is_stopping(self) -> bool:
        """Return whether the supervisor that runs is about to end."""
        return self.get_status()['status'] in ('stopping', 'stopped', self.DAEMON_ERROR_NOT_RUNNING)

    def _delete_stale_files(self) -> None:
        if not os.path.isdir(os.path.dirname(self.circus_pid_file)):
            return
        for _ in range(_LOCK_TRIES):
            with self._pid_file.locked() as free:
                if free:
                    self._pid_file.remove()
                    self.delete_circus_socket_directory()
                    return
            if self.is_daemon_running:  # a new supervisor, which has written its own by now
                return
            time.sleep(0.1)  # on a busy machine, what was killed takes its time to let go

    def _end_by_force(self, gently: bool = False, pid: int | None = None) -> None:
        """End supervisor and workers whatever they do, and delete their files.

        :param gently: whether they are asked to end first.
        :param pid: that of the supervisor that is meant; another one is left alone.
        """
        import psutil

        if gently:
            with contextlib.suppress(DaemonException):
                self.stop_daemon(wait=True)
        found = self._pid_file.incumbent()
        if found.standing is Standing.RUNNING and found.pid is not None and pid in (None, found.pid):
            with contextlib.suppress(psutil.Error):
                supervisor = psutil.Process(found.pid)
                family = [supervisor, *supervisor.children(recursive=False)]
                for process in family:
                    with contextlib.suppress(psutil.Error):
                        process.kill()
                with contextlib.suppress(DaemonException):
                    self._await_condition(
                        lambda: not any(process_identity(process.pid) for process in family),
                        DaemonException(),
                        timeout=5,
                    )
        if not self.is_daemon_running:
            self._delete_stale_files()

    @staticmethod
    def _await_condition(
        condition: Callable[[], Any], exception: Exception, timeout: float = 5, interval: float = 0.1
    ) -> None:
        """Wait until a condition holds.

        :param condition: returns whether it does.
        :param exception: raised if it does not in time.
        :param timeout: that time, in seconds.
        :param interval: seconds between two looks.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise exception
            time.sleep(interval)

    def _start_daemon(self, number_workers: int = 1, foreground: bool = False) -> None:
        """Become the supervisor: this program goes to the background, and does nothing else from now on.

        :meth:`start_daemon` starts one beside this program.

        :param number_workers: how many workers to start.
        :param foreground: whether it stays in the foreground.
        :raises DaemonException: if there is a supervisor already.
        """
        from aiida.engine.daemon.supervisor import supervise

        supervise(self, number_workers, foreground)


def _circus_client_class() -> type[CircusClient]:
    """Import circus, which would set up the logging of the whole program at its first import."""
    import logging

    root = logging.getLogger()
    handlers = list(root.handlers)
    from circus.client import CircusClient

    root.handlers[:] = handlers
    return CircusClient  # type: ignore[no-any-return]


def _longer(timeout: int | None, wait: bool) -> int | None:
    """Return how long to wait for workers that are given time to end."""
    return int(_END) if wait and timeout is None else timeout


def _write(path: str, content: str) -> None:
    sockets.make_private_folder(os.path.dirname(path))
    Path(path).write_text(content, encoding='utf8')

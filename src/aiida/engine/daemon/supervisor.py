"""The supervisor of the workers of one profile: circus, with what a long life on a shared machine needs besides.

It runs in the program that ``verdi daemon start-circus`` becomes. Its workers write to the file their output goes to
themselves, not through a pipe: nothing they say is lost when either ends, and a supervisor that hangs holds up nobody.
This module loads circus, so it is imported where a supervisor is started only.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

from circus import arbiter, logger
from circus.arbiter import Arbiter
from circus.commands.base import Command
from circus.exc import ConflictError
from circus.util import LOG_DATE_FMT, LOG_FMT
from circus.watcher import Watcher
from tornado.concurrent import Future

from aiida.engine.daemon.exceptions import RUNS_ALREADY, DaemonException
from aiida.engine.daemon.logfile import rotate
from aiida.engine.daemon.parent import REPLACED, SUPERVISOR_VARIABLE
from aiida.engine.daemon.sockets import make_private_folder

if TYPE_CHECKING:
    from aiida.engine.daemon.client import DaemonClient

__all__ = ('Supervisor', 'WorkerWatcher', 'daemonize', 'supervise')

#: Seconds that a worker has to let go of its processes before it is killed.
GRACE = 15.0
#: Seconds between two looks at the workers.
_LOOK = 0.5
#: A worker that ends by itself within so many seconds failed to start.
_YOUNG = 10.0
#: The longest time, in seconds, until a worker that fails to start is started again.
_LONGEST_PAUSE = 60.0
#: Seconds in which each worker may be replaced once at its own wish: where each takes much memory at once, they do not
#: spend their time with starting.
_BETWEEN_REPLACEMENTS = 60.0
_CIRCUS_LOG_SIZE = 1_000_000  # bytes
_CIRCUS_LOG_COUNT = 3


class WorkerWatcher(Watcher):
    """Keeps a number of workers alive; those that fail as soon as they are started are not started again at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: How many workers in a row failed to start, and what the last of them exited with.
        self.failed_starts = 0
        self.last_exit: int | None = None
        self._pause_until = 0.0
        #: Workers that end by themselves once their steps have ended, by PID; others are started in their place.
        self._leaving: dict[int, Any] = {}
        self._no_replacement_before = 0.0
        names: tuple[str, ...] = (*self.optnames, 'failed_starts', 'last_exit', 'leaving')  # type: ignore[has-type]
        self.optnames = names

    @property
    def leaving(self) -> list[int]:
        """The PIDs of the workers that end by themselves once their steps have ended."""
        return sorted(self._leaving)

    def replace(self, pid: int) -> bool:
        """Start another worker at once in the place of one that ends by itself, unless that happens too often.

        :param pid: that of the worker, which is not ended from here unless all are.
        :return: whether it is to end.
        """
        now = time.monotonic()
        process = self.processes.get(pid)
        if process is None or process.stopping or self.is_stopping() or self.is_stopped():
            return False
        if now < self._no_replacement_before or len(self._leaving) >= self.numprocesses:
            return False
        self._no_replacement_before = now + _BETWEEN_REPLACEMENTS / self.numprocesses
        logger.info('another worker takes the place of %s, which ends once its steps have ended', pid)
        self._leaving[pid] = self.processes.pop(pid)
        return True

    def manage_processes(self) -> Any:
        """Keep the number of workers, and forget those that have left, and failed starts once all of them live."""
        for pid, process in list(self._leaving.items()):
            if not process.is_alive():
                logger.info('the worker %s, which was replaced, has ended', pid)
                del self._leaving[pid]
        if self.failed_starts and self._all_have_started():
            self.failed_starts = 0
        return super().manage_processes()

    def _all_have_started(self) -> bool:
        ages = [process.age() for process in self.processes.values()]
        return len(ages) == self.numprocesses and all(age > _YOUNG for age in ages)

    def _stop(self, close_output_streams: bool = False) -> Any:
        self.processes.update(self._leaving)
        self._leaving.clear()
        return super()._stop(close_output_streams)

    def reap_process(self, pid: int, status: int | None = None) -> None:
        """Note how a worker ended that was not asked to."""
        process = self.processes.get(pid)
        if process is not None and status is not None and not process.stopping and not self.is_stopping():
            self._note_end(pid, time.time() - process.started, os.waitstatus_to_exitcode(status))
        super().reap_process(pid, status)

    def _note_end(self, pid: int, age: float, code: int) -> None:
        how = f'was ended by {signal.Signals(-code).name}' if code < 0 else f'ended with status {code}'
        logger.warning('the worker %s %s after %.1f s', pid, how, age)
        if code in (0, REPLACED):
            return
        self.last_exit = code
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            return  # somebody wanted that: it says nothing of the next worker
        if not 0 <= age <= _YOUNG:
            self.failed_starts = 0
            return
        self.failed_starts += 1
        # the first is started again at once: it may have been an accident
        pause = 0.0 if self.failed_starts == 1 else min(2.0 ** (self.failed_starts - 2), _LONGEST_PAUSE)
        self._pause_until = time.time() + pause

    def spawn_processes(self) -> Any:
        """Start the workers that are missing, unless they are not to be started yet."""
        now = time.time()
        # a clock that was set back does not make the pause longer
        if now < self._pause_until <= now + _LONGEST_PAUSE:
            return _done(None)
        return super().spawn_processes()

    def _start(self) -> Any:
        self.failed_starts, self.last_exit, self._pause_until = 0, None, 0.0
        return super()._start()


class Replace(Command):
    """Start another worker in the place of one that ends by itself."""

    name = 'replace'
    properties: ClassVar = ['name', 'pid']

    def execute(self, arbiter: Arbiter, props: dict[str, Any]) -> dict[str, bool]:
        """Return whether it is to end, as ``replaced``."""
        return {'replaced': self._get_watcher(arbiter, props['name']).replace(int(props['pid']))}


class Supervisor(Arbiter):
    """The arbiter of circus; it can always be stopped, keeps the log small, and can always be reached."""

    def __init__(self, client: DaemonClient, number_workers: int, **kwargs: Any) -> None:
        """
        :param client: knows the files and endpoints.
        :param number_workers: how many workers to start with.
        """
        self._client = client
        self._log_file: Path | None = None
        self._end: Future[Any] | None = None
        endpoint = client.get_controller_endpoint()
        super().__init__(
            [_watcher(client, number_workers)],
            endpoint=endpoint,
            pubsub_endpoint=client.get_pubsub_endpoint(),
            check_delay=_LOOK,
            # where titles of processes can be set, this one is found by its command line
            proc_name=shlex.join(client.cmd_start_daemon(number_workers)),
            **kwargs,
        )
        self.ctrl.sys_hdl.quit = self._quit_by_signal

    def rotate_log(self, path: str) -> None:
        """Keep the file that the workers write to small from now on."""
        self._log_file = Path(path)

    def manage_watchers(self) -> Any:
        """Look after workers, log file and sockets; not while a command does so."""
        if self._log_file is not None:
            rotate(self._log_file)
        self._bind_again()
        if self._exclusive_running_command is not None or self._restarting:
            return None
        return super().manage_watchers()

    def _bind_again(self) -> None:
        """Make the sockets anew if somebody has cleaned them away."""
        for bound, endpoint in ((self.ctrl.ctrl_socket, self.endpoint), (self.evpub_socket, self.pubsub_endpoint)):
            if not endpoint.startswith('ipc://') or bound is None or bound.closed:
                continue
            path = Path(endpoint.removeprefix('ipc://'))
            if path.exists():
                continue
            logger.warning('the socket %s is gone, it is made again', path)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(OSError):
                bound.unbind(endpoint)
            bound.bind(endpoint)

    def stop(self) -> Future[Any]:
        """Stop the workers, then the supervisor; what is being done is waited for.

        :return: a future that is done when the workers have ended.
        """
        if self._end is None:
            self._end = Future()
            self._try_to_stop()
        return self._end

    def _try_to_stop(self) -> None:
        assert self._end is not None
        try:
            stopping = super().stop()
        except ConflictError:
            self.loop.call_later(0.1, self._try_to_stop)
            return
        self.loop.add_future(stopping, lambda done: _copy(done, self._end))

    def _quit_by_signal(self) -> None:
        """Stop as asked by a signal; at the second one without patience."""
        self.loop.add_callback_from_signal(self._kill_workers if self._end is not None else self.stop)

    def _kill_workers(self) -> None:
        for watcher in self.iter_watchers():
            for process in watcher.get_active_processes():
                logger.warning('the worker %s is killed', process.pid)
                process.send_signal(signal.SIGKILL)


def _done(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


def _copy(done: Any, target: Any) -> None:
    if done.exception() is not None:
        target.set_exception(done.exception())
    else:
        target.set_result(done.result())


def _watcher(client: DaemonClient, number_workers: int) -> WorkerWatcher:
    environment = {**client.get_env(), SUPERVISOR_VARIABLE: str(os.getpid())}
    return WorkerWatcher(
        client.daemon_name,
        shlex.join(client.cmd_start_daemon_worker),
        numprocesses=number_workers,
        env=environment,
        working_dir=os.path.dirname(client.circus_pid_file),
        graceful_timeout=GRACE,
    )


def daemonize(started: Callable[[], None] = lambda: None) -> int:
    """Go on in the background, in a session without a terminal; the program that was called waits for the outcome.

    It ends with status 0 once ``b'ok'`` is written to what is returned, and otherwise with 1 and what is written there.

    :param started: called in the background process first.
    :return: the file descriptor to report to.
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        os.close(writer)
        _leave_with_outcome(reader)
    os.close(reader)
    os.setsid()
    if os.fork():
        os._exit(0)
    started()
    return writer


def _leave_with_outcome(reader: int) -> None:
    with os.fdopen(reader, 'rb') as stream:
        outcome = stream.read()
    if outcome == b'ok':
        os._exit(0)
    sys.stderr.write(outcome.decode(errors='replace') or 'it ended before it was ready')
    sys.stderr.flush()
    os._exit(1)


def supervise(client: DaemonClient, number_workers: int, foreground: bool) -> None:
    """Supervise workers until told to stop.

    :param client: of the profile.
    :param number_workers: how many workers to start with.
    :param foreground: whether everything is printed here; otherwise this program goes to the background.
    :raises DaemonException: if somebody does so already.
    """
    make_private_folder(os.path.dirname(client.daemon_log_file))
    with client._pid_file.locked() as free:
        if not free:
            pid = client._pid_file.read()
            raise DaemonException(f'the daemon of the profile `{client.profile.name}` {RUNS_ALREADY}, as PID {pid}')
        if foreground:
            _run(client, number_workers, None)
            return
        report = daemonize(lambda: _redirect(client.daemon_log_file))
        status = 0
        try:
            _run(client, number_workers, report)
        except BaseException as exception:
            logger.exception('the supervisor ends')
            status = 1
            with contextlib.suppress(OSError):
                os.write(report, f'{type(exception).__name__}: {exception}'.encode())
        finally:
            logging.shutdown()
            os._exit(status)


def _redirect(log_file: str) -> None:
    """Let nothing come from the terminal, and what is printed go to a file."""
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(null)
    os.close(log)


def _run(client: DaemonClient, number_workers: int, report: int | None) -> None:
    """Run the supervisor in this process.

    :param report: where it is told that it is ready; ``None`` in the foreground.
    """
    _configure_logging(client, report is None)
    client._prepare_endpoints()
    with _named(client):
        with _without_asking_the_network():
            supervisor = Supervisor(client, number_workers)
        if report is None:
            # a terminal that is closed ends it, as Ctrl-C does
            supervisor.ctrl.sys_hdl.handle_hup = supervisor.ctrl.sys_hdl.handle_int
        else:
            supervisor.rotate_log(client.daemon_log_file)
        supervisor.start(cb=lambda started: _ready(supervisor, client, report, started))


@contextlib.contextmanager
def _without_asking_the_network() -> Iterator[None]:
    """Let an arbiter be made without looking up the full name of this machine.

    Nobody needs that name, and it takes a minute where the servers for names cannot be reached.
    """
    names = SimpleNamespace(getfqdn=socket.gethostname, gethostname=socket.gethostname)
    before = vars(arbiter)['socket']
    vars(arbiter)['socket'] = names
    try:
        yield
    finally:
        vars(arbiter)['socket'] = before


def _ready(supervisor: Supervisor, client: DaemonClient, report: int | None, started: Any) -> None:
    """Tell that the workers are started; if that failed, say why and stop."""
    outcome = b'ok'
    try:
        started.result()
        client._pid_file.write()
    except Exception as exception:
        logger.exception('the workers cannot be started')
        outcome = f'{type(exception).__name__}: {exception}'.encode()
        supervisor.stop()
    if report is not None:
        os.write(report, outcome)
        os.close(report)


@contextlib.contextmanager
def _named(client: DaemonClient) -> Iterator[None]:
    """Delete the files by which a supervisor is found when it ends."""
    try:
        yield
    finally:
        client._pid_file.remove()
        client.delete_circus_socket_directory()


def _configure_logging(client: DaemonClient, foreground: bool) -> None:
    handler: logging.Handler = (
        logging.StreamHandler()
        if foreground
        else RotatingFileHandler(
            client.circus_log_file, maxBytes=_CIRCUS_LOG_SIZE, backupCount=_CIRCUS_LOG_COUNT, encoding='utf8'
        )
    )
    handler.setFormatter(logging.Formatter(LOG_FMT, LOG_DATE_FMT))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.getLevelName(client.loglevel))
    for name in ('aiida', 'circus'):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True

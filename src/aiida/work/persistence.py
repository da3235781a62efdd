"""`aiida.work.persistence` of AiiDA 0.10: pickles that tell of processes, in folders that tell how these stand.

A pickle names a process; where the process is to be gone on from, and who runs it, is told by the store of the profile.
So there is one truth, and nothing that is found in a folder is executed: what is unpickled may hold plain values only.
"""

from __future__ import annotations

import io
import logging
import os
import pathlib
import pickle
import tempfile
import threading
import time
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

import portalocker
from plumpy.exceptions import PersistenceError
from plumpy.process_listener import ProcessListener

from aiida.common.exceptions import NotExistent
from aiida.engine import AiiDAPersister
from aiida.engine.exceptions import PastException
from aiida.engine.runtime import resuming
from aiida.engine.runtime.current import current_runner
from aiida.orm import ProcessNode, load_node
from aiida.work.notices import tell_of_module

if TYPE_CHECKING:
    from plumpy.persistence import Bundle

    from aiida.engine import Process

__all__ = ('ForeignPickle', 'Persistence', 'RLock', 'get_default')

tell_of_module(__name__, '`AiiDAPersister` of `aiida.engine`: checkpoints are in the store of the profile')

LOGGER = logging.getLogger('aiida.work.persistence')

_FORMAT = 'aiida.work pickle 1'
_SUFFIX = '.pickle'
_BASE = os.path.join(tempfile.gettempdir(), 'running')
_BASE_FINISHED = os.path.join(_BASE, 'finished')
_BASE_FAILED = os.path.join(_BASE, 'failed')


class RLock(portalocker.Lock):
    """A lock on a file that whoever has it can acquire again; it is free after as many releases."""

    def __init__(
        self,
        filename: str | os.PathLike[str],
        mode: str = 'a',
        timeout: float | None = 5,
        check_interval: float = 0.25,
        fail_when_locked: bool = False,
        flags: int = 6,
    ) -> None:
        """
        :param filename: the file.
        :param mode: how it is opened.
        :param timeout: seconds to try, if somebody else has it.
        :param check_interval: seconds between two tries.
        :param fail_when_locked: whether it is tried once only.
        :param flags: how it is locked: exclusively, without blocking.
        """
        super().__init__(
            os.fspath(filename), mode, timeout, check_interval, fail_when_locked, portalocker.LockFlags(int(flags))
        )
        self.fh: Any = None
        self._acquire_count = 0
        self._owner: int | None = None
        self._program = os.getpid()
        self._turn = threading.Condition()

    def acquire(
        self, timeout: float | None = None, check_interval: float | None = None, fail_when_locked: bool | None = None
    ) -> Any:
        """Acquire it, and return the open file; the thread that has it acquires it at once.

        :param timeout: seconds to try, instead of those given when it was made; so are the others.
        :raises portalocker.LockException: if another thread or program has it all the time.
        """
        self._forget_what_was_forked()
        patience = self.timeout if timeout is None else timeout
        if self.fail_when_locked if fail_when_locked is None else fail_when_locked:
            patience = 0
        deadline = time.monotonic() + (patience or 0)
        with self._turn:
            while self._acquire_count and self._owner != threading.get_ident():
                if not self._turn.wait(max(deadline - time.monotonic(), 0)) and time.monotonic() >= deadline:
                    raise portalocker.AlreadyLocked(f'another thread has locked {self.filename}')
            if self._acquire_count:
                self._acquire_count += 1
                return self.fh
            self._acquire_count, self._owner = 1, threading.get_ident()
        try:
            return super().acquire(max(deadline - time.monotonic(), 0), check_interval, fail_when_locked)
        except BaseException:
            self._count_down()
            raise

    def release(self) -> None:
        """Release it once; any thread may do so.

        :raises portalocker.LockException: if it was released as often as it was acquired.
        """
        self._forget_what_was_forked()
        with self._turn:
            if not self._acquire_count:
                raise portalocker.LockException(f'{self.filename} was not acquired, or was released already')
            if self._acquire_count == 1:
                super().release()
            self._count_down()

    def _forget_what_was_forked(self) -> None:
        """Begin anew in a program that was forked: the lock is that of the one it was forked from."""
        if self._program == os.getpid():
            return
        handle, self.fh = self.fh, None
        self._acquire_count, self._owner, self._program = 0, None, os.getpid()
        self._turn = threading.Condition()
        if handle is not None:
            handle.close()  # it is not unlocked: that would take it from the other one

    def _count_down(self) -> None:
        with self._turn:
            self._acquire_count -= 1
            if not self._acquire_count:
                self._owner = None
                self._turn.notify_all()

    def __enter__(self) -> Any:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class ForeignPickle(PersistenceError):
    """A file is no pickle of this program, or not a whole one."""


class Ended(PersistenceError):
    """The process that a pickle tells of has ended."""


class _Ticket(NamedTuple):
    """What a pickle holds: which process it tells of, in which profile."""

    pid: int
    uuid: str

    def write(self, handle: IO[bytes]) -> None:
        """Write it to a file, unless it is there already."""
        content = pickle.dumps({'format': _FORMAT, **self._asdict()}, protocol=2)
        handle.seek(0)
        if handle.read() != content:
            handle.seek(0)
            handle.truncate()
            handle.write(content)
        handle.flush()
        os.utime(handle.fileno())

    @classmethod
    def read(cls, handle: IO[bytes]) -> _Ticket:
        """Read it from a file.

        :raises ForeignPickle: if something else is in there; nothing of that is executed.
        """
        handle.seek(0)
        text = handle.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise ForeignPickle(f'it is larger than {_LARGEST} bytes')
        try:
            content = _PlainUnpickler(io.BytesIO(text)).load()
        except ForeignPickle:
            raise
        except Exception as exception:  # whatever a broken pickle makes of the unpickler
            raise ForeignPickle(f'it cannot be unpickled: {type(exception).__name__}: {exception}') from exception
        if not isinstance(content, dict) or content.get('format') != _FORMAT:
            raise ForeignPickle('it is not of the format of this program')
        pid, uuid = content.get('pid'), content.get('uuid')
        if isinstance(pid, bool) or not isinstance(pid, int) or not isinstance(uuid, str):
            raise ForeignPickle('it does not say which process it is about')
        return cls(pid, uuid)

    @property
    def node(self) -> ProcessNode:
        """The node of the process.

        :raises ForeignPickle: if there is none in this profile.
        """
        try:
            node = load_node(pk=self.pid)
        except NotExistent as exception:
            raise ForeignPickle(f'there is no Process<{self.pid}> in this profile') from exception
        if not isinstance(node, ProcessNode) or node.uuid != self.uuid:
            raise ForeignPickle(f'Process<{self.pid}> of this profile is another one')
        return node


#: Bytes that a pickle has at most.
_LARGEST = 4096


class _PlainUnpickler(pickle.Unpickler):
    """Reads plain values; nothing is imported, made or called."""

    def find_class(self, module: str, name: str) -> NoReturn:
        """
        :raises ForeignPickle: always.
        """
        raise ForeignPickle(f'it names `{module}.{name}`, which is not loaded from a file')

    def persistent_load(self, pid: Any) -> NoReturn:
        """
        :raises ForeignPickle: always.
        """
        raise ForeignPickle('it refers to something outside')


class Persistence(ProcessListener):
    """Keeps a pickle for each process it is told of: where they run, have finished, or failed."""

    def __init__(
        self,
        running_directory: str | os.PathLike[str] = _BASE,
        finished_directory: str | os.PathLike[str] = _BASE_FINISHED,
        failed_directory: str | os.PathLike[str] = _BASE_FAILED,
    ) -> None:
        """
        :param running_directory: where the pickles of processes are that have not ended.
        :param finished_directory: where those go that finished.
        :param failed_directory: where those go that excepted or were killed, and what is no pickle of this program.
        """
        super().__init__()
        self._running = pathlib.Path(running_directory).absolute()
        self._finished = pathlib.Path(finished_directory).absolute()
        self._failed = pathlib.Path(failed_directory).absolute()
        self._locks: dict[Any, RLock] = {}
        for folder in (self._running, self._finished, self._failed):
            folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def create_from_basedir(cls, basedir: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Return one whose folders are ``running``, ``finished`` and ``failed`` below another.

        :param kwargs: further arguments.
        """
        base = pathlib.Path(basedir)
        return cls(
            running_directory=base / 'running',
            finished_directory=base / 'finished',
            failed_directory=base / 'failed',
            **kwargs,
        )

    @property
    def store_directory(self) -> str:
        """Where the pickles of processes are that have not ended."""
        return str(self._running)

    @property
    def finished_directory(self) -> str:
        """Where the pickles of processes are that finished."""
        return str(self._finished)

    @property
    def failed_directory(self) -> str:
        """Where the pickles of processes are that failed, and what was set aside."""
        return str(self._failed)

    def get_running_path(self, pid: Any) -> str:
        """Return the path of the pickle of a process that has not ended."""
        return str(self._running / f'{pid}{_SUFFIX}')

    def pickles(self) -> list[str]:
        """Return the paths of the pickles of processes that have not ended, by name."""
        return sorted(str(path) for path in self._running.glob(f'*{_SUFFIX}') if path.is_file())

    # writing

    def persist_process(self, process: Process) -> None:
        """Keep a pickle of a process from now on, locked as long as the process lives here.

        :raises portalocker.LockException: if somebody else has locked it.
        """
        if process.pid in self._locks:
            return
        lock = RLock(self.get_running_path(process.pid), 'a+b', timeout=0)
        lock.acquire()
        self._adopt(process, lock)
        self.save(process)

    def unpersist_process(self, process: Process) -> None:
        """Keep the pickle of a process no longer; it is left where it is."""
        process.remove_process_listener(self)
        self._unlock(process.pid)

    def clear_all_persisted(self) -> None:
        """Keep no pickle any longer; they are left where they are."""
        for pid in list(self._locks):
            self._unlock(pid)

    def save(self, process: Process) -> None:  # type: ignore[override]
        """Write the pickle of a process.

        :raises portalocker.LockException: if somebody else has locked it.
        """
        self._write(_Ticket(process.pid, process.uuid))  # type: ignore[arg-type]

    def note(self, pid: int) -> None:
        """Write the pickle of a process that is run elsewhere; errors as for :meth:`save`."""
        self._write(_Ticket(pid, load_node(pk=pid).uuid))

    def create_bundle(self, process: Process) -> Bundle:
        """Return what the store has of a process; errors as for ``AiiDAPersister.load_checkpoint``."""
        return AiiDAPersister().load_checkpoint(process.pid)

    def _write(self, ticket: _Ticket) -> None:
        lock = self._locks.get(ticket.pid) or RLock(self.get_running_path(ticket.pid), 'a+b', timeout=0)
        with lock as handle:
            ticket.write(handle)

    def _adopt(self, process: Process, lock: RLock) -> None:
        """Follow a process; its pickle is locked."""
        self._locks[process.pid] = lock
        process.add_process_listener(self)
        process.add_cleanup(lambda: self._conclude(process))

    def _unlock(self, pid: Any) -> None:
        lock = self._locks.pop(pid, None)
        while lock is not None and lock._acquire_count:
            lock.release()

    # following

    def on_process_running(self, process: Process) -> None:  # type: ignore[override]
        """Called when it takes a step."""
        self._save_if_possible(process)

    def on_process_waiting(self, process: Process) -> None:  # type: ignore[override]
        """Called when it waits."""
        self._save_if_possible(process)

    def on_process_finished(self, process: Process, outputs: Any) -> None:  # type: ignore[override]
        """Called when it finishes; its pickle is moved when that is written to the store."""
        self._save_if_possible(process)

    def _save_if_possible(self, process: Process) -> None:
        if process.pid not in self._locks:
            return
        try:
            self.save(process)
        except OSError as error:
            LOGGER.warning('the pickle of Process<%s> could not be written: %s', process.pid, error)

    def _conclude(self, process: Process) -> None:
        """Put the pickle of a process where it belongs, which lives here no longer."""
        if process.pid not in self._locks:
            return
        if process.has_terminated():
            self._put_away(self.get_running_path(process.pid), process.node)
        self._unlock(process.pid)

    def _put_away(self, path: str, node: ProcessNode) -> None:
        self._move(path, self._finished if node.is_finished else self._failed)

    @staticmethod
    def _move(path: str, folder: pathlib.Path) -> None:
        try:
            os.replace(path, folder / os.path.basename(path))
        except OSError as error:
            LOGGER.warning('%s could not be moved to %s: %s', path, folder, error)

    # reading

    def load_checkpoint_from_file_object(self, file_object: IO[bytes]) -> Bundle:
        """Return what the store has of the process that an open pickle tells of.

        :raises ForeignPickle: if it is no pickle of this program.
        :raises PersistenceError: if the process has no checkpoint.
        """
        ticket = _Ticket.read(file_object)
        return AiiDAPersister().load_checkpoint(ticket.node.pk)

    def create_from_file_and_persist(self, filepath: str | os.PathLike[str]) -> Process:
        """Take up the process that a pickle tells of, which stays locked as long as the process lives here.

        :raises FileNotFoundError: if there is no such file.
        :raises portalocker.LockException: if somebody has locked it.
        :raises ForeignPickle: if it is no pickle of this program, or of a process of another profile.
        :raises Ended: if the process has ended.
        :raises aiida.engine.runtime.resuming.RunElsewhere: if somebody else runs it.
        :raises PersistenceError: if it cannot be made from its checkpoint.
        """
        path = os.fspath(filepath)
        lock = RLock(path, 'r+b', timeout=0)
        with lock as handle:
            if not os.path.samestat(os.fstat(handle.fileno()), os.stat(path)):
                raise FileNotFoundError(f'{path} was moved meanwhile')
            ticket = _Ticket.read(handle)
            if ticket.node.is_terminated:
                raise Ended(f'Process<{ticket.pid}> has ended')
            runner = current_runner()
            for child in resuming._children_alive(ticket.pid):
                resuming.resume(runner, child)
            process = resuming.restore(runner, ticket.pid)
            lock.acquire()
            self._adopt(process, lock)
        return process

    def load_all_processes(self) -> list[Process]:
        """Take up all processes that pickles tell of and that nobody has.

        The pickles of those that have ended are put where they belong, and what is no pickle of this program is set
        aside, with a warning; nothing in it is executed.
        """
        found = []
        for path in self.pickles():
            try:
                found.append(self.create_from_file_and_persist(path))
            except (portalocker.LockException, FileNotFoundError, PermissionError, resuming.RunElsewhere):
                continue  # somebody else has it
            except Ended:
                self._put_away(path, _node_of(path))
            except (PersistenceError, NotExistent, PastException) as error:
                LOGGER.warning('%s is set aside in %s: %s', path, self._failed, error)
                self._move(path, self._failed)
        return found


def _node_of(path: str) -> ProcessNode:
    with open(path, 'rb') as handle:
        return _Ticket.read(handle).node


_DEFAULTS: dict[str, Persistence] = {}


def get_default() -> Persistence:
    """Return the one of the loaded profile, below the folder of the configuration.

    :raises ConfigurationError: if no profile is loaded.
    """
    from aiida.common.exceptions import ConfigurationError
    from aiida.manage.configuration import get_profile
    from aiida.manage.configuration.settings import AiiDAConfigDir

    profile = get_profile()
    if profile is None:
        raise ConfigurationError('no profile is loaded: load one first, e.g. with `load_profile()`')
    base = str(AiiDAConfigDir.get() / 'workflows' / profile.name)
    if base not in _DEFAULTS:
        _DEFAULTS[base] = Persistence.create_from_basedir(base)
    return _DEFAULTS[base]

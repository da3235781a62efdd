"""The transport to the machine this program runs on."""

from __future__ import annotations

import glob as _glob
import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any, ClassVar

from aiida.transports.plugins.environment import login_environment
from aiida.transports.transport import BlockingTransport, Transport, TransportPath, has_magic
from aiida.transports.util import FileAttribute, read_stdin

__all__ = ('LocalTransport',)


class LocalTransport(BlockingTransport):
    """Files and commands on the machine this program runs on.

    Relative paths are taken from the user's home; the folder this program works in is never changed.
    """

    _valid_auth_options: ClassVar[list[Any]] = []
    _DEFAULT_SAFE_OPEN_INTERVAL: ClassVar[float] = 0.0
    DEFAULT_MINIMUM_JOB_POLL_INTERVAL: ClassVar[float] = 0.1
    CHEAP_STAT: ClassVar[bool] = True
    ANY_THREAD: ClassVar[bool] = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._home = ''

    def __str__(self) -> str:
        return f'local [{"OPEN" if self._is_open else "CLOSED"}]'

    def open(self) -> LocalTransport:
        self._check_closed()
        self._home = os.path.realpath(os.path.expanduser('~'))
        self._is_open = True
        return self

    def close(self) -> None:
        if not self._is_open:
            from aiida.common.exceptions import InvalidOperation

            raise InvalidOperation(f'{self!r} is closed already')
        self._is_open = False
        _reap_detached()

    def _path(self, path: TransportPath) -> str:
        """Return an absolute path on this open transport; an empty one stays empty."""
        self._check_open()
        text = os.fspath(path)
        return os.path.join(self._home, text) if text else text

    @staticmethod
    def _absolute(path: TransportPath, what: str) -> str:
        """Return a path on our side of the transport.

        :raises ValueError: if it is not absolute.
        """
        text = os.fspath(path)
        if not os.path.isabs(text):
            raise ValueError(f'{what} must be an absolute path, not {text!r}')
        return text

    # commands

    def whoami(self) -> str:
        """Return the name of the user this program runs as."""
        import pwd

        self._check_open()
        return pwd.getpwuid(os.geteuid()).pw_name

    def gotocomputer_command(self, remotedir: TransportPath | None = None) -> str:
        return self._gotocomputer_string(remotedir)

    def _exec_command_internal(
        self, command: str, workdir: TransportPath | None = None, **kwargs: Any
    ) -> subprocess.Popen[bytes]:
        """Start a command in bash and return the process."""
        folder = self._path(workdir or '.')
        login = kwargs.get('login_shell', self._use_login_shell)
        shell = ['bash', '-l', '-c', command] if login else ['bash', '-c', command]
        return subprocess.Popen(
            shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )

    def exec_command_wait_bytes(
        self,
        command: str,
        stdin: Any = None,
        workdir: TransportPath | None = None,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> tuple[int, bytes, bytes]:
        """Run a command in bash, a login shell if ``use_login_shell`` says so, and wait for it.

        :param timeout: kill it after so many seconds.
        :param kwargs: ``login_shell``, instead of what ``use_login_shell`` says.
        :raises ValueError: if ``stdin`` is neither text, bytes, nor a file object.
        :raises subprocess.TimeoutExpired: if it took longer than ``timeout``.
        """
        data = read_stdin(stdin)
        with self._exec_command_internal(command, workdir, **kwargs) as process:
            try:
                stdout, stderr = process.communicate(data, timeout)
            except BaseException:
                process.kill()
                raise
        returned = process.returncode
        # A shell says 128 + n of a command that signal n ended; of the shell itself Python says -n.
        return (128 - returned if returned < 0 else returned), stdout, stderr

    def exec_system_command_wait(self, command: str) -> tuple[int, str, str]:
        """Run a command of the operating system itself in bash, without reading the profile files."""
        return self.exec_command_wait(command, login_shell=False)

    def exec_command_detached(self, command: str, workdir: TransportPath) -> int:
        """Start a command in a session of its own, without a shell between, and return its process group.

        Where commands run in a login shell, it gets the environment such a shell makes.
        """
        folder = self._path(workdir)
        environment = login_environment() if self._use_login_shell else None
        process = subprocess.Popen(
            ['/bin/sh', '-c', command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _reap_detached()
        _detached.add(process.pid)
        process.returncode = 0  # it is not waited for by this object
        return process.pid

    # files, one by one

    def get_attribute(self, path: TransportPath) -> FileAttribute:
        return FileAttribute.from_stat(os.lstat(self._path(path)))

    def chmod(self, path: TransportPath, mode: int) -> None:
        os.chmod(self._existing(path), mode)

    def isdir(self, path: TransportPath) -> bool:
        return os.path.isdir(self._path(path))

    def isfile(self, path: TransportPath) -> bool:
        return os.path.isfile(self._path(path))

    def path_exists(self, path: TransportPath) -> bool:
        return os.path.exists(self._path(path))

    def normalize(self, path: TransportPath = '.') -> str:
        return os.path.normpath(self._path(path))

    def remove(self, path: TransportPath) -> None:
        os.remove(self._path(path))

    def rename(self, oldpath: TransportPath, newpath: TransportPath) -> None:
        if not os.fspath(oldpath) or not os.fspath(newpath):
            raise ValueError(f'cannot rename {str(oldpath)!r} to {str(newpath)!r}: a path is empty')
        target = self._path(newpath)
        if os.path.lexists(target):
            raise OSError(f'cannot rename {oldpath}: there is something at {target} already')
        os.rename(self._existing(oldpath), target)

    def symlink(self, remotesource: TransportPath, remotedestination: TransportPath) -> None:
        source, target = os.fspath(remotesource), self._path(remotedestination)
        if not has_magic(source) or os.path.lexists(self._path(source)):
            os.symlink(os.path.normpath(source), target)
            return
        for path in self.glob(source):
            os.symlink(path, os.path.join(target, os.path.basename(path)))

    def _existing(self, path: TransportPath) -> str:
        """Return an absolute path.

        :raises FileNotFoundError: if nothing is there.
        """
        absolute = self._path(path)
        if not absolute or not os.path.lexists(absolute):
            raise FileNotFoundError(f'there is no file or folder {str(path)!r}')
        return absolute

    # folders

    def mkdir(self, path: TransportPath, ignore_existing: bool = False) -> None:
        absolute = self._path(path)
        if not (ignore_existing and os.path.isdir(absolute)):
            os.mkdir(absolute)

    def makedirs(self, path: TransportPath, ignore_existing: bool = False) -> None:
        os.makedirs(self._path(path), exist_ok=ignore_existing)

    def listdir(self, path: TransportPath = '.', pattern: str | None = None) -> list[str]:
        folder = self._path(path)
        if not pattern:
            return os.listdir(folder)
        import fnmatch

        return [name for name in os.listdir(folder) if fnmatch.fnmatch(name, pattern)]

    def rmdir(self, path: TransportPath) -> None:
        os.rmdir(self._path(path))

    def rmtree(self, path: TransportPath) -> None:
        absolute = self._path(path)
        if os.path.isdir(absolute) and not os.path.islink(absolute):
            shutil.rmtree(absolute)
        elif os.path.lexists(absolute):
            os.remove(absolute)

    def iglob(self, pathname: TransportPath) -> Iterator[str]:
        return _glob.iglob(self._path(pathname))

    # copies from and to our side, which is the same machine

    def put(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> None:
        target = self._target(remotepath)
        source = self._absolute(self._source(localpath), 'what is put')
        self._transfer(source, target, *args, **kwargs)

    def get(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> None:
        source = self._path(self._source(remotepath))
        target = self._absolute(localpath, 'where to get to')
        self._transfer(source, target, *args, **kwargs)

    def putfile(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> None:
        target = self._target(remotepath)
        self._transfer_file(self._absolute(self._source(localpath), 'what is put'), target, *args, **kwargs)

    def getfile(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> None:
        source = self._path(self._source(remotepath))
        self._transfer_file(source, self._absolute(localpath, 'where to get to'), *args, **kwargs)

    def puttree(self, localpath: TransportPath, remotepath: TransportPath, *args: Any, **kwargs: Any) -> None:
        target = self._target(remotepath)
        self._transfer_tree(self._absolute(self._source(localpath), 'what is put'), target, *args, **kwargs)

    def gettree(self, remotepath: TransportPath, localpath: TransportPath, *args: Any, **kwargs: Any) -> None:
        source = self._path(self._source(remotepath))
        self._transfer_tree(source, self._absolute(localpath, 'where to get to'), *args, **kwargs)

    @staticmethod
    def _source(path: TransportPath) -> str:
        """Return what is to be copied.

        :raises ValueError: if it is empty.
        """
        text = os.fspath(path)
        if not text:
            raise ValueError('the path of what is to be copied is empty')
        return text

    def _target(self, path: TransportPath) -> str:
        """Return where something is to be copied to, absolute.

        :raises ValueError: if it is empty.
        """
        if not os.fspath(path):
            raise ValueError('the path to copy to is empty')
        return self._path(path)

    def _transfer(
        self,
        source: str,
        target: str,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        ignore_nonexisting: bool = False,
        **kwargs: Any,
    ) -> None:
        """Copy a file, a folder, or what matches a pattern."""
        for path in _matches(source, target):
            if os.path.isdir(path):
                self._transfer_tree(path, target, dereference=dereference, overwrite=overwrite)
            elif os.path.lexists(path):
                place = os.path.join(target, os.path.basename(path)) if os.path.isdir(target) else target
                self._transfer_file(path, place, dereference=dereference, overwrite=overwrite)
            elif not ignore_nonexisting:
                raise FileNotFoundError(f'there is no file or folder {path}')

    @staticmethod
    def _transfer_file(
        source: str,
        target: str,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        """Copy the content of one file."""
        if not overwrite and os.path.lexists(target):
            raise FileExistsError(f'{target} exists and is not to be overwritten')
        if os.path.isdir(target):
            raise IsADirectoryError(f'cannot copy the file {source} to {target}, which is a folder')
        if not dereference and os.path.islink(source) and os.path.lexists(target):
            os.remove(target)
        shutil.copyfile(source, target, follow_symlinks=dereference)

    @staticmethod
    def _transfer_tree(
        source: str,
        target: str,
        callback: Any = None,
        dereference: bool = True,
        overwrite: bool = True,
        **kwargs: Any,
    ) -> None:
        """Copy one folder, into the target if that is a folder already."""
        if not os.path.isdir(source):
            raise NotADirectoryError(f'{source} is not a folder')
        if os.path.lexists(target) and not overwrite:
            raise FileExistsError(f'{target} exists and is not to be overwritten')
        if os.path.isfile(target):
            raise NotADirectoryError(f'cannot copy the folder {source} into {target}, which is a file')
        place = os.path.join(target, os.path.basename(os.path.normpath(source))) if os.path.isdir(target) else target
        shutil.copytree(source, place, symlinks=not dereference, dirs_exist_ok=True)

    # copies on the machine

    def copy(
        self,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        dereference: bool = False,
        recursive: bool = True,
    ) -> None:
        source, target = self._path(self._source(remotesource)), self._target(remotedestination)
        for path in _matches(source, target):
            if os.path.isdir(path):
                self.copytree(path, target, dereference)
            else:
                place = os.path.join(target, os.path.basename(path)) if os.path.isdir(target) else target
                shutil.copy(self._existing(path), place)

    def copyfile(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> None:
        source, target = self._path(self._source(remotesource)), self._target(remotedestination)
        shutil.copyfile(self._existing(source), target, follow_symlinks=dereference)

    def copytree(
        self, remotesource: TransportPath, remotedestination: TransportPath, dereference: bool = False
    ) -> None:
        source, target = self._path(self._source(remotesource)), self._target(remotedestination)
        if not os.path.isdir(self._existing(source)):
            raise NotADirectoryError(f'{source} is not a folder')
        inside = os.path.isdir(target) and os.path.basename(source) != '.'
        place = os.path.join(target, os.path.basename(os.path.normpath(source))) if inside else target
        shutil.copytree(source, place, symlinks=not dereference, dirs_exist_ok=True)

    def copy_from_remote_to_remote(
        self,
        transportdestination: Transport,
        remotesource: TransportPath,
        remotedestination: TransportPath,
        **kwargs: Any,
    ) -> None:
        """Copy to the computer of another transport, which is to put what lies here."""
        transportdestination.put(self._path(remotesource), remotedestination, **kwargs)


def _matches(source: str, target: str) -> list[str]:
    """Return what a path or pattern stands for; a path that exists is itself, whatever characters are in it.

    :raises OSError: if several things were to be copied to a place that has room for one.
    """
    if not has_magic(source) or os.path.lexists(source):
        return [source]
    paths = _glob.glob(source)
    _check_room_for(paths, target)
    return paths


def _check_room_for(paths: list[str], target: str) -> None:
    """Check that what a pattern matches can go to a place: several things need a folder.

    :raises OSError: if there is none.
    """
    if len(paths) > 1 and not os.path.isdir(target):
        what = 'is a file' if os.path.lexists(target) else 'does not exist'
        raise NotADirectoryError(f'cannot copy {len(paths)} files or folders to {target}, which {what}')


#: Processes that were started and left alone; they are our children, so somebody has to take note of their end.
_detached: set[int] = set()


def _reap_detached() -> None:
    """Let the operating system forget those that have ended."""
    for pid in list(_detached):
        try:
            ended = os.waitpid(pid, os.WNOHANG)[0] != 0
        except ChildProcessError:
            ended = True
        if ended:
            _detached.discard(pid)

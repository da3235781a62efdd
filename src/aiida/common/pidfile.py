"""Who supervises the workers of a profile, as the files of the daemon say, and whether that is still true.

The PID file holds a number only, as AiiDA writes it; numbers are given again after a while, and anew after a reboot. A
second file beside it says on which host the process is, and since when: a process is the same if it was started at the
same tick of the same boot, which no change of the clock moves.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import socket
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ('Incumbent', 'PidFile', 'Standing', 'boot_id', 'process_identity')

#: A command line with this word belongs to a supervisor, whichever program started it.
_COMMAND = 'start-circus'


class Standing(enum.Enum):
    """What the files of a daemon say."""

    ABSENT = 'absent'
    RUNNING = 'running'
    STALE = 'stale'
    ELSEWHERE = 'elsewhere'


class Incumbent(NamedTuple):
    """The process that the PID file names; ``reason`` says why it is not taken for running."""

    standing: Standing
    pid: int | None = None
    host: str | None = None
    reason: str = ''


@cache
def boot_id() -> str:
    """Return the number of the boot of this kernel, empty if it has none."""
    try:
        return Path('/proc/sys/kernel/random/boot_id').read_text(encoding='ascii').strip()
    except OSError:
        return ''


def process_identity(pid: int) -> str | None:
    """Return what tells a process from any other that has its number later; ``None`` if there is no such process."""
    if not sys.platform.startswith('linux'):
        return _identity_by_clock(pid)
    # a container may see the numbers its host gives
    name = 'self' if pid == os.getpid() else pid
    try:
        fields = Path(f'/proc/{name}/stat').read_text(encoding='utf8', errors='replace').rpartition(')')[2].split()
    except OSError:
        return None
    # fields 3 and 22 of proc(5): the state, and the ticks from boot to the start
    return None if fields[0] in 'ZXx' else f'{boot_id()}:{fields[19]}'


def _identity_by_clock(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f'{process.create_time():.2f}'
    except psutil.Error:
        return None


def _command_line(pid: int) -> list[str]:
    import psutil

    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


class PidFile:
    """The PID file of a supervisor, what is known of the process it names, and the lock that one holds."""

    def __init__(self, path: str, profile_name: str) -> None:
        """
        :param path: the PID file.
        :param profile_name: the profile whose workers are supervised.
        """
        self.path = Path(path)
        self._profile_name = profile_name
        self._details = self.path.with_suffix('.json')
        self._lock = self.path.with_suffix('.lock')

    def read(self) -> int | None:
        """Return the number in the file, ``None`` if there is none."""
        try:
            return int(self.path.read_text(encoding='ascii'))
        except (OSError, ValueError):
            return None

    def write(self) -> None:
        """Name this process."""
        details = {'pid': os.getpid(), 'host': socket.gethostname(), 'identity': process_identity(os.getpid())}
        _write(self._details, json.dumps(details))
        _write(self.path, f'{os.getpid()}\n')

    def remove(self) -> None:
        """Delete what :meth:`write` wrote, if it is there."""
        for path in (self.path, self._details):
            path.unlink(missing_ok=True)

    def incumbent(self) -> Incumbent:
        """Return who supervises the workers, or why nobody does."""
        pid = self.read()
        if pid is None:
            if self.path.exists():
                return Incumbent(Standing.STALE, reason='it holds no number')
            return Incumbent(Standing.ABSENT)
        details = self._read_details()
        if details.get('pid') != str(pid):
            return self._by_command(pid)
        identity = process_identity(pid)
        if identity is not None and identity == details['identity']:
            return Incumbent(Standing.RUNNING, pid)
        if details['host'] != socket.gethostname():
            return Incumbent(Standing.ELSEWHERE, pid, details['host'], f'it is of the host {details["host"]}')
        reason = f'there is no process {pid}' if identity is None else f'the process {pid} is another program'
        return Incumbent(Standing.STALE, pid, reason=reason)

    def _by_command(self, pid: int) -> Incumbent:
        """Judge a process of which only the number is known by its command line."""
        if process_identity(pid) is None:
            return Incumbent(Standing.STALE, pid, reason=f'there is no process {pid}')
        words = _command_line(pid)
        if _COMMAND in words and self._profile_name in words:
            return Incumbent(Standing.RUNNING, pid)
        program = ' '.join(words)[:60] or 'unknown'
        return Incumbent(Standing.STALE, pid, reason=f'the process {pid} is another program (`{program}`)')

    def _read_details(self) -> dict[str, str]:
        try:
            content = json.loads(self._details.read_text(encoding='utf8'))
            return {key: str(content[key]) for key in ('pid', 'host', 'identity')}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    @contextlib.contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the lock of the supervisor, which ends with its process; give whether it was free.

        File systems without locks go without.
        """
        import fcntl

        with open(self._lock, 'a', encoding='ascii') as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            except OSError:
                pass
            yield True


def _write(path: Path, content: str) -> None:
    """Write so that a reader sees the former content or the new one."""
    temporary = path.with_name(f'{path.name}.{os.getpid()}')
    temporary.write_text(content, encoding='utf8')
    os.replace(temporary, path)

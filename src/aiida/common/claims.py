"""What every room knows of the claims on processes: who may hold one, how long, and how often it is tried.

A program holds processes under a name, ``host:pid@machine.boot.namespace:start``. Its number alone says nothing: two
hosts, or two containers with the same host name, give the same one to different programs. So the name says where the
number is good: the installation of the system, the boot of its kernel, and the namespace of numbers. Whether a program
is alive is looked up only where all three are those of who asks. Of any other it cannot be told, so the lease decides.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from aiida.common.pidfile import boot_id, process_identity

__all__ = ('BACK_OFF', 'MAX_ATTEMPTS', 'Owner', 'back_off', 'owner_is_alive', 'this_owner')

#: Attempts in a row without any progress after which a process is set aside.
MAX_ATTEMPTS = 5
#: Seconds until the second attempt; the time doubles with each.
BACK_OFF = 5.0
#: The namespace of numbers a kernel begins with, which no container has to itself.
_FIRST_NAMESPACE = '4026531836'


def back_off(attempts: int) -> float:
    """Return how long a process rests, in seconds, after so many attempts in a row that failed."""
    return BACK_OFF * 2.0 ** (min(attempts, MAX_ATTEMPTS) - 1) if attempts > 0 else 0.0


class Owner(NamedTuple):
    """The parts of a name under which a program holds processes."""

    host: str
    #: Its number; ``None`` in a name that is none of ours.
    pid: int | None
    #: What tells it from the next program with its number: the ticks from boot to its start, or else the time of that.
    start: str
    #: Where its number is good: ``machine.boot.namespace``; empty where the system does not tell.
    place: str

    @classmethod
    def parse(cls, name: str) -> Owner:
        """Take a name apart; of one that is none of ours all is the host."""
        label, _, rest = name.partition('@')
        host, _, pid = label.rpartition(':')
        if not pid.isdigit():
            return cls(name, None, '', '')
        place, _, start = rest.rpartition(':')
        return cls(host, int(pid), start, place)

    @classmethod
    def of(cls, pid: int) -> Owner:
        """Return the name of a program that runs in this place."""
        return cls(socket.gethostname(), pid, (process_identity(pid) or '').rpartition(':')[2], _here())

    def __str__(self) -> str:
        return self.label if self.pid is None else f'{self.label}@{self.place}:{self.start}'

    @property
    def label(self) -> str:
        """What people are told: the host and the number."""
        return self.host if self.pid is None else f'{self.host}:{self.pid}'

    @property
    def can_be_told(self) -> bool:
        """Whether it is known here if the program is alive."""
        return self._is_of_this_place or self._is_of_former_boot

    @property
    def is_alive(self) -> bool:
        """Whether the program may be running; it may as long as nothing says that it is gone."""
        if self._is_of_this_place:
            return _is_running(self.pid, self.start)  # type: ignore[arg-type]
        return not self._is_of_former_boot

    @property
    def _is_of_this_place(self) -> bool:
        here = _here()
        return self.pid is not None and self.place == here and (here != '' or self.host == socket.gethostname())

    @property
    def _is_of_former_boot(self) -> bool:
        """Whether it ran on this host before that was started the last time, and not in a container.

        Containers of one image may share the host name and the number of the installation: of these it cannot be told.
        """
        here, there = _here().split('.'), self.place.split('.')
        if len(here) != 3 or len(there) != 3 or self.host != socket.gethostname():
            return False
        is_same_machine = here[0] == there[0] != '' and here[2] == there[2] == _FIRST_NAMESPACE
        return is_same_machine and here[1] != there[1]


def this_owner() -> str:
    """Return the name under which this program holds processes."""
    return _name(os.getpid())


@lru_cache(maxsize=4)
def _name(pid: int) -> str:
    return str(Owner.of(pid))


def owner_is_alive(name: str) -> bool:
    """Return whether the program that holds a process may be running, see :attr:`Owner.is_alive`."""
    return name == this_owner() or Owner.parse(name).is_alive


@cache
def _here() -> str:
    """Return where the numbers of programs that are seen here are good, empty if the system does not tell."""
    boot = boot_id().replace('-', '')[:12]
    try:
        namespace = os.readlink('/proc/self/ns/pid').strip('pid:[]')
    except OSError:
        return ''
    return f'{_machine()}.{boot}.{namespace}' if boot else ''


def _machine() -> str:
    """Return a short form of the number of this installation, empty if it has none."""
    with contextlib.suppress(OSError):
        number = Path('/etc/machine-id').read_bytes().strip()
        if number:
            return blake2b(number, digest_size=4).hexdigest()  # the number itself is not to be told
    return ''


def _is_running(pid: int, start: str) -> bool:
    """Return whether a program of this place runs, as far as that can be seen."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        # of another user, whom /proc may hide
        is_ours = False
    else:
        is_ours = True
    if not _sees_own_namespace():
        return True
    identity = process_identity(pid)
    if identity is None:
        return not is_ours  # one of ours that cannot be seen has ended, and nobody has taken note of that
    return start in ('', identity.rpartition(':')[2])


def _sees_own_namespace() -> bool:
    """Return whether /proc tells of the programs whose numbers are known here, and not of those outside."""
    if not sys.platform.startswith('linux'):
        return True
    try:
        return os.readlink('/proc/self') == str(os.getpid())
    except OSError:
        return False

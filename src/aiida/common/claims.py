"""What every room knows of the claims on processes: who may hold one, and how often it is tried."""

from __future__ import annotations

import os
import socket

__all__ = ('MAX_ATTEMPTS', 'owner_is_alive')

#: Attempts in a row without any progress after which a process is set aside.
MAX_ATTEMPTS = 5


def owner_is_alive(owner: str) -> bool:
    """Return whether the program that holds a process may be running; of other hosts that cannot be told.

    :param owner: ``host:pid:start``, see ``Runner.owner``.
    """
    host, _, rest = owner.partition(':')
    pid, _, started = rest.partition(':')
    if host != socket.gethostname() or not pid.isdigit():
        return True
    if int(pid) == os.getpid():
        return True
    import psutil

    try:
        process = psutil.Process(int(pid))
        if process.status() == psutil.STATUS_ZOMBIE:
            return False  # it has ended, and nobody has taken note of that
        return not started or f'{process.create_time():.2f}' == started
    except psutil.Error:
        return False

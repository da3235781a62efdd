"""A worker ends with the supervisor that started it, however that one ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

__all__ = ('REPLACED', 'SUPERVISOR_VARIABLE', 'end_with_supervisor')

#: Names the supervisor to the workers that it starts.
SUPERVISOR_VARIABLE = 'AIIDA_SUPERVISOR_PID'
#: The exit status of a worker whose place another one is to take, which is no failure (EX_TEMPFAIL of sysexits.h).
REPLACED = 75
_PR_SET_PDEATHSIG = 1  # prctl(2)
_LOOK = 1.0  # seconds


def end_with_supervisor() -> bool:
    """Let this program get SIGTERM when the supervisor that started it is gone.

    :return: whether there is one; otherwise nothing happens.
    """
    named = os.environ.pop(SUPERVISOR_VARIABLE, '')
    if not named.isdigit():
        return False
    supervisor = int(named)
    if not (sys.platform.startswith('linux') and _ask_the_kernel()):
        threading.Thread(target=_watch, args=(supervisor,), name='aiida-parent', daemon=True).start()
    if os.getppid() != supervisor:  # it ended before
        os.kill(os.getpid(), signal.SIGTERM)
    return True


def _ask_the_kernel() -> bool:
    import ctypes

    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _watch(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(_LOOK)
    os.kill(os.getpid(), signal.SIGTERM)

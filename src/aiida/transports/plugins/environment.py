"""The environment a login shell makes, asked for once instead of once per job.

A login shell reads the profile files of the user, which can take tens to hundreds of milliseconds. A job that is
started from one sees of all that only the environment variables, so they are kept.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time

__all__ = ('login_environment',)

#: Seconds after which the profile files are read again.
_LIFETIME = 600.0
_MARK = b'\0login environment\0'
#: Variables that describe the shell that was asked, not the session.
_OF_THE_SHELL = ('_', 'SHLVL', 'PWD', 'OLDPWD')

_lock = threading.Lock()
_known: tuple[dict[str, str], dict[str, str], float] | None = None


def login_environment() -> dict[str, str]:
    """Return the environment variables of a login shell started from this program.

    :raises OSError: if the shell cannot be started, fails, or does not answer within 60 s.
    """
    global _known
    with _lock:
        own = dict(os.environ)
        if _known is None or _known[0] != own or time.monotonic() - _known[2] > _LIFETIME:
            _known = (own, _ask(), time.monotonic())
        return _known[1]


def _ask() -> dict[str, str]:
    """Run a login shell and return its environment; what profile files print before is skipped."""
    command = ['bash', '-l', '-c', "printf '\\0login environment\\0'; exec env -0"]
    try:
        output = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True).stdout
    except subprocess.SubprocessError as exception:
        raise OSError(
            f'a login shell does not start: {exception}. Mend the profile files (~/.bash_profile, ~/.profile), or '
            f'configure the computer not to use a login shell.'
        ) from exception
    variables = {}
    for item in output.rpartition(_MARK)[2].split(b'\0'):
        name, equals, value = item.partition(b'=')
        if equals:
            variables[os.fsdecode(name)] = os.fsdecode(value)
    return {name: value for name, value in variables.items() if name not in _OF_THE_SHELL}

"""What ``verdi computer test`` tries on a computer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ('ComputerTest', 'tests_for')

_CONTENT = 'Written to find out whether files arrive as they were sent.\n'
#: How much longer a command may take in a login shell, in seconds.
_SLOW = 0.1


class ComputerTest:
    """One thing that is tried: returns whether it went well and what there is to say of it."""

    def __init__(self, title: str, attempt: Callable[[], tuple[bool, str]]) -> None:
        """
        :param title: what is tried.
        :param attempt: tries it.
        """
        self.title = title
        self._attempt = attempt

    def run(self) -> tuple[bool, str]:
        """Try it; an error is a failure too."""
        try:
            return self._attempt()
        except Exception as exception:
            return False, f'{type(exception).__name__}: {exception}'


def tests_for(computer: Any, authinfo: Any, transport: Any, scheduler: Any) -> list[ComputerTest]:
    """Return what to try, with a transport that is open."""
    return [
        ComputerTest('Checking for spurious output', lambda: _no_spurious_output(transport)),
        ComputerTest('Getting number of jobs from scheduler', lambda: _jobs(scheduler, transport)),
        ComputerTest('Determining remote user name', lambda: _user_name(transport)),
        ComputerTest(
            'Creating and deleting temporary file', lambda: _temporary_file(computer, authinfo, scheduler, transport)
        ),
        ComputerTest('Checking for possible delay from using login shell', lambda: _login_shell(computer, authinfo)),
    ]


def _no_spurious_output(transport: Any) -> tuple[bool, str]:
    code, out, err = transport.exec_command_wait('echo -n')
    if code != 0:
        return False, f'`echo -n` ended with status {code}'
    for name, text in (('output', out), ('errors', err)):
        if text:
            return False, (
                f'a command that prints nothing gave {name}: {text!r}. Files that the login shell reads print it; '
                'transfers and the parsing of the queue would trip over it'
            )
    return True, ''


def _jobs(scheduler: Any, transport: Any) -> tuple[bool, str]:
    scheduler.set_transport(transport)
    found = scheduler.get_jobs(as_dict=True)
    return True, f'{len(found)} jobs found in the queue'


def _user_name(transport: Any) -> tuple[bool, str]:
    name = transport.whoami()
    return (True, name) if name else (False, 'the user name is empty')


def _temporary_file(computer: Any, authinfo: Any, scheduler: Any, transport: Any) -> tuple[bool, str]:
    """Write a file to the working folder, read it back, compare, and delete it."""
    import os
    import tempfile
    from uuid import uuid4

    folder = authinfo.get_workdir().format(username=transport.whoami())
    transport.makedirs(folder, ignore_existing=True)
    target = f'{folder}/.nabucco-test-{uuid4().hex}'
    with tempfile.TemporaryDirectory() as here:
        sent, back = os.path.join(here, 'sent'), os.path.join(here, 'back')
        with open(sent, 'w', encoding='utf8') as handle:
            handle.write(_CONTENT)
        transport.putfile(sent, target)
        try:
            transport.getfile(target, back)
            with open(back, encoding='utf8') as handle:
                content = handle.read()
        finally:
            transport.remove(target)
    if content != _CONTENT:
        return False, f'{target} came back with other content than it was sent with'
    if transport.path_exists(target):
        return False, f'{target} was deleted, but is still there'
    return True, ''


def _login_shell(computer: Any, authinfo: Any) -> tuple[bool, str]:
    """Compare how long a command takes in a login shell with how long it takes without."""
    if not authinfo.get_auth_params().get('use_login_shell', True):
        return True, 'no login shell is used'
    with_login, without = _seconds(authinfo, True), _seconds(authinfo, False)
    if with_login - without < _SLOW:
        return True, ''
    return True, (
        f'a command takes {with_login:.2f} s in a login shell and {without:.2f} s without. If none is needed, switch '
        f'it off: `verdi computer configure {computer.transport_type} {computer.label} -n --no-use-login-shell`'
    )


def _seconds(authinfo: Any, use_login_shell: bool) -> float:
    parameters = {**authinfo.get_auth_params(), 'use_login_shell': use_login_shell, 'safe_interval': 0.0}
    transport = authinfo.computer.get_transport_class()(machine=authinfo.computer.hostname, **parameters)
    with transport:
        begin = time.perf_counter()
        for _ in range(3):
            transport.exec_command_wait('true')
        return (time.perf_counter() - begin) / 3

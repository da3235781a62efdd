"""Commands on a computer."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from typing import Any

from aiida.common.escaping import escape_for_bash
from aiida.transports.ssh.connections import Connection
from aiida.transports.ssh.errors import ConnectionLost, SshError, load_asyncssh

__all__ = ('run', 'run_in_bash', 'started', 'status_of')

#: What is written to the standard error when the folder to run a command in is not there, with the status beside it.
_NO_FOLDER = 'aiida: no such folder to work in'
_NO_FOLDER_STATUS = 253
#: How often the only session is asked for.
_REFUSALS = 10
#: What a command with a time limit says first on its standard error, for it to be killed with all that it has started.
_GROUP = re.compile(rb'aiida-group (\d+)\n')


@contextlib.asynccontextmanager
async def started(connection: Connection, command: str) -> AsyncIterator[Any]:
    """Start a command in the user's shell, when a session is free, and give the ``asyncssh.SSHClientProcess``.

    :raises SshError: if the computer does not allow a session.
    """
    asyncssh = load_asyncssh()
    refused = 0
    while True:
        async with connection.sessions.one():
            try:
                process = await connection.client.create_process(command, encoding=None)
            except asyncssh.ChannelOpenError as exception:
                if not connection.alive:
                    raise ConnectionLost(f'the connection to {connection.endpoint} was lost') from exception
                if connection.sessions.lower():
                    continue
                refused += 1
                if refused < _REFUSALS:  # those that were used before may not be closed yet on the other side
                    await asyncio.sleep(0.05 * refused)
                    continue
                raise SshError(
                    f'{connection.endpoint} allows no session for a command: {exception.reason}'
                ) from exception
            try:
                yield process
            finally:
                process.close()
            return


def status_of(process: Any, connection: Connection) -> int:
    """Return the status of a command that has ended, 128 + n if signal n ended it.

    :raises ConnectionLost: if nobody told.
    """
    status = process.exit_status
    if status is None or (status == -1 and process.exit_signal is None):
        raise ConnectionLost(f'the connection to {connection.endpoint} was lost while a command was running')
    if process.exit_signal is not None:
        number = getattr(signal, f'SIG{process.exit_signal[0]}', 0)
        return 128 + int(number)
    return int(status)


async def run(
    connection: Connection, command: str, stdin: bytes | None = None, timeout: float | None = None
) -> tuple[int, bytes, bytes]:
    """Run a command in the user's shell and return its status, output and errors.

    :param timeout: seconds after which it is killed.
    :raises subprocess.TimeoutExpired: if it took longer.
    :raises ConnectionLost: if the connection is lost meanwhile.
    """
    async with started(connection, command) as process:
        if not stdin:
            process.stdin.write_eof()
        try:
            stdout, stderr = await asyncio.wait_for(process.communicate(stdin), timeout)
            return status_of(process, connection), stdout, stderr
        except TimeoutError:
            with contextlib.suppress(Exception):
                process.kill()
            _, said = process.collect_output()
    group = _GROUP.search(said)
    if group is not None:
        # Few servers pass signals on.
        await run(connection, f'kill -s KILL -- -{int(group[1])}')
    raise subprocess.TimeoutExpired(command, timeout or 0.0)


async def run_in_bash(
    connection: Connection,
    command: str,
    workdir: str,
    login: bool,
    stdin: bytes | None = None,
    timeout: float | None = None,
) -> tuple[int, bytes, bytes]:
    """Run a command in bash in a folder; empty is the user's home.

    :raises FileNotFoundError: if the folder is not there.
    """
    if workdir:
        enter = f"cd {escape_for_bash(workdir)} || {{ echo '{_NO_FOLDER}' >&2; exit {_NO_FOLDER_STATUS}; }}"
        command = f'{enter}\n{command}'
    if timeout is not None:
        command = f'echo "aiida-group $$" >&2\n{command}'
    shell = 'bash -l -c' if login else 'bash -c'
    status, stdout, stderr = await run(connection, f'exec {shell} {escape_for_bash(command)}', stdin, timeout)
    if timeout is not None:
        stderr = _GROUP.sub(b'', stderr, count=1)
    if workdir and status == _NO_FOLDER_STATUS and stderr.rstrip().endswith(_NO_FOLDER.encode()):
        raise FileNotFoundError(f'there is no folder {workdir} on {connection.endpoint} to run a command in')
    return status, stdout, stderr

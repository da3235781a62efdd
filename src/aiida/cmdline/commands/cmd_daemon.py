"""``verdi daemon``: the workers that processes are submitted to."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup
from aiida.cmdline.params import options
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.brokers import warn_if_away

if TYPE_CHECKING:
    from aiida.engine.daemon.client import DaemonClient
    from aiida.manage.configuration.profile import Profile

#: Exit status of ``status`` if a daemon does not run.
_NOT_RUNNING = 3

_TIMEOUT = options.TIMEOUT(
    type=click.IntRange(min=0), default=None, show_default=False, help='Seconds to wait for the daemon.'
)


@click.group('daemon', cls=VerdiCommandGroup)
def verdi_daemon() -> None:
    """Start, stop and look at the daemon, whose workers run what is submitted."""


def _profile(context: click.Context) -> Profile:
    """Return the profile the command was called for.

    :raises ConfigurationError: if there is none.
    """
    from aiida.common.exceptions import ConfigurationError

    profile: Profile | None = context.obj.profile
    if profile is None:
        raise ConfigurationError('there is no profile yet: `verdi presto` makes one that is ready for use')
    return profile


def _client(profile: Profile) -> DaemonClient:
    from aiida.engine.daemon.client import DaemonClient

    return DaemonClient(profile)


def _default_workers(client: DaemonClient) -> int:
    return max(1, int(client._option('daemon.default_workers')))


@verdi_daemon.command('start')
@click.option('--foreground', is_flag=True, help='Stay in the foreground, until Ctrl-C.')
@click.argument('number', type=click.IntRange(min=1), required=False)
@_TIMEOUT
@click.pass_context
def start(context: click.Context, foreground: bool, number: int | None, timeout: int | None) -> None:
    """Start the daemon with NUMBER workers.

    By default as many as the option `daemon.default_workers` says. If it is running already, it is left as it is.
    """
    profile = _profile(context)
    client = _client(profile)
    if client.is_daemon_running and not client._is_stopping():
        _tell_it_runs(client, number)
        return
    _warn_if_unreachable(profile)
    _start(client, number or _default_workers(client), timeout, foreground)


def _warn_if_unreachable(profile: Profile) -> None:
    """Say what the workers of a profile will wait for: its store, or its message broker."""
    from aiida.common.exceptions import StorageUnavailable, UnreachableStorage
    from aiida.engine.daemon.reaching import is_away

    try:
        decorators.load_backend_if_not_loaded()
    except (StorageUnavailable, UnreachableStorage) as exception:
        if not is_away(exception):
            raise
        echo.echo_warning(f'The workers will begin when the store can be reached. At the moment, {exception}')
    warn_if_away(profile)


def _tell_it_runs(client: DaemonClient, number: int | None) -> None:
    from aiida.engine.daemon.client import DaemonException

    try:
        there = client.get_number_of_workers()
    except DaemonException as exception:
        echo.echo_critical(str(exception))
    text = f'The daemon is running already, as PID {client.get_daemon_pid()} with {_workers(there)}.'
    if not there and number is None:
        text += ' `verdi daemon incr` starts one.'
    if number is not None and number != there:
        verb = 'incr' if number > there else 'decr'
        text += f' To have {number}: `verdi daemon {verb} {abs(number - there)}`.'
    echo.echo_report(text)


def _workers(number: int, kind: str = '') -> str:
    return f'{number} {kind}worker{"" if number == 1 else "s"}'


def _start(client: DaemonClient, number: int, timeout: int | None, foreground: bool = False) -> None:
    """Start a daemon and print how that went.

    :param timeout: in seconds.
    """
    from aiida.engine.daemon.client import DaemonException

    if foreground:
        echo.echo(f'Running the daemon with {_workers(number)}, until Ctrl-C.')
        sys.stdout.flush()
        command = client.cmd_start_daemon(number, foreground=True)
        os.execve(command[0], command, client.get_env())
    echo.echo(f'Starting the daemon with {_workers(number)}... ', nl=False)
    try:
        client.start_daemon(number, timeout=timeout)
    except DaemonException as exception:
        _failed(exception)
    echo.echo('OK', fg='green', bold=True)


def _failed(reason: object) -> None:
    echo.echo('FAILED', fg='red', bold=True)
    echo.echo_critical(str(reason))


@verdi_daemon.command('stop')
@click.option('--no-wait', is_flag=True, help='Do not wait until it has ended.')
@click.option('--all', 'all_profiles', is_flag=True, help='Stop the daemons of all profiles.')
@_TIMEOUT
@click.pass_context
def stop(context: click.Context, no_wait: bool, all_profiles: bool, timeout: int | None) -> None:
    """Stop the daemon.

    Its workers let go of the processes at their last checkpoints. What has not ended in time is killed, which harms no
    process either: they all go on when there are workers again.
    """
    profiles = context.obj.config.profiles if all_profiles else [_profile(context)]
    for profile in profiles:
        echo.echo(f'Profile: {profile.name}')
        _stop(_client(profile), not no_wait, timeout)


def _stop(client: DaemonClient, wait: bool, timeout: int | None) -> None:
    """Stop a daemon and print how that went.

    :param timeout: in seconds; afterwards it is killed.
    """
    from aiida.engine.daemon.client import DaemonStalePidException, DaemonTimeoutException

    echo.echo('Stopping the daemon... ', nl=False)
    pid = client.get_daemon_pid()
    try:
        answer = client.stop_daemon(wait=wait, timeout=timeout)
    except DaemonTimeoutException as exception:
        client._end_by_force(pid=pid)
        if client.is_daemon_running and client.get_daemon_pid() == pid:
            _failed(exception)
        echo.echo('KILLED', fg='yellow', bold=True)
        echo.echo_warning(f'The daemon (PID {pid}) did not end by itself, so it and its workers were killed.')
        return
    reason = getattr(answer, 'exception', None)
    if isinstance(reason, DaemonTimeoutException) or answer['status'] == 'error':
        _failed(reason or answer['reason'])
    elsewhere = answer['status'] == client.DAEMON_ERROR_NOT_RUNNING and client.get_daemon_pid() is not None
    if elsewhere:
        _failed(reason)
    echo.echo('OK', fg='green', bold=True)
    if pid is None:
        echo.echo_report('It was not running.')
    if isinstance(reason, DaemonStalePidException):
        echo.echo_report(f'It was not running any more; the file {client.circus_pid_file} that it left is deleted.')


@verdi_daemon.command('restart')
@click.option('--reset', is_flag=True, hidden=True, help='Has no effect: it is always restarted completely.')
@click.option('--no-wait', is_flag=True, hidden=True, help='Has no effect.')
@_TIMEOUT
@click.pass_context
def restart(context: click.Context, reset: bool, no_wait: bool, timeout: int | None) -> None:
    """Stop the daemon and start it again.

    It loads code and configuration anew, and starts as many workers as the option `daemon.default_workers` says. No
    process is lost: they go on at their last checkpoints.
    """
    if reset:
        echo.echo_deprecated('`--reset` is not needed any more: the daemon is always restarted completely.')
    if no_wait:
        echo.echo_deprecated('`--no-wait` has no effect any more.')
    client = _client(_profile(context))
    _require_running(client)
    _warn_if_unreachable(client.profile)
    echo.echo(f'Profile: {client.profile.name}')
    before, after = _count_workers(client), _default_workers(client)
    _stop(client, True, timeout)
    _start(client, after, timeout)
    if before > after:
        echo.echo_report(
            f'There were {_workers(before)} before: `verdi daemon incr {before - after}` starts as many again; the '
            'option `daemon.default_workers` is for good.'
        )


def _count_workers(client: DaemonClient) -> int:
    """Return how many workers a daemon has, 0 if it does not answer."""
    from aiida.engine.daemon.client import DaemonException

    try:
        return client.get_number_of_workers()
    except DaemonException:
        return 0


def _require_running(client: DaemonClient) -> None:
    if not client.is_daemon_running:
        echo.echo_critical(str(client._why_not_running()))


_NUMBER = click.argument('number', type=click.IntRange(min=0), default=1)


@verdi_daemon.command('incr')
@_NUMBER
@_TIMEOUT
@click.pass_context
def incr(context: click.Context, number: int, timeout: int | None) -> None:
    """Start NUMBER more workers, by default one."""
    client = _client(_profile(context))
    _require_running(client)
    echo.echo(f'Starting {_workers(number, "daemon ")}... ', nl=False)
    _report_change(client.increase_workers(number, timeout=timeout))


@verdi_daemon.command('decr')
@_NUMBER
@_TIMEOUT
@click.pass_context
def decr(context: click.Context, number: int, timeout: int | None) -> None:
    """Stop NUMBER of the workers, by default one.

    What they run is taken up by the others.
    """
    client = _client(_profile(context))
    _require_running(client)
    before = client.get_numprocesses(timeout).get('numprocesses', number)
    echo.echo(f'Stopping {_workers(number, "daemon ")}... ', nl=False)
    _report_change(client.decrease_workers(number, timeout=timeout))
    if before < number:
        echo.echo_report(f'There {"was" if before == 1 else "were"} {_workers(before)} only.')


def _report_change(answer: dict[str, object]) -> None:
    if answer['status'] != 'ok':
        _failed(getattr(answer, 'exception', None) or answer['reason'])
    echo.echo('OK', fg='green', bold=True)


@verdi_daemon.command('status')
@click.option('--all', 'all_profiles', is_flag=True, help='Show the daemons of all profiles.')
@_TIMEOUT
@click.pass_context
def status(context: click.Context, all_profiles: bool, timeout: int | None) -> None:
    """Show whether the daemon is running, and its workers.

    The exit status is 0 if all that are asked for are running, 3 otherwise.
    """
    from aiida.cmdline.utils.daemon import print_daemon_status

    profiles = context.obj.config.profiles if all_profiles else [_profile(context)]
    running = [print_daemon_status(_client(profile), timeout) for profile in profiles]
    if not all(running):
        context.exit(_NOT_RUNNING)


@verdi_daemon.command('logshow')
@click.pass_context
def logshow(context: click.Context) -> None:
    """Show the end of the log of the workers, and what is added to it, until Ctrl-C."""
    from pathlib import Path

    from aiida.engine.daemon.logfile import follow

    path = Path(_client(_profile(context)).daemon_log_file)
    if not path.exists():
        echo.echo_report(f'There is no log yet: {path} is made when `verdi daemon start` is called for the first time.')
        return
    try:
        if not path.stat().st_size:
            echo.echo_report(f'The log is empty so far. What is written to {path} is shown, until Ctrl-C.')
        for text in follow(path, count=20):
            click.echo(text, nl=False)
    except KeyboardInterrupt:
        click.echo('')


@verdi_daemon.command('worker')
@click.pass_context
def worker(context: click.Context) -> None:
    """Run one worker in the foreground, until Ctrl-C or SIGTERM."""
    from aiida.engine.daemon.parent import end_with_supervisor

    is_supervised = end_with_supervisor()
    from aiida.common import log

    log.CLI_ACTIVE = None  # messages with time and process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    _profile(context)
    from aiida.engine.daemon.reaching import open_when_reachable
    from aiida.engine.daemon.worker import start_daemon_worker

    open_when_reachable(decorators.load_backend_if_not_loaded)
    start_daemon_worker(foreground=True, is_supervised=is_supervised)


@verdi_daemon.command('start-circus', hidden=True)
@click.option('--foreground', is_flag=True, help='Stay in the foreground.')
@click.argument('number', type=click.IntRange(min=1), default=1)
@click.pass_context
def start_circus(context: click.Context, foreground: bool, number: int) -> None:
    """Become the supervisor of NUMBER workers; `verdi daemon start` calls this."""
    from aiida.common.exceptions import AiidaException

    client = _client(_profile(context))
    try:
        client._start_daemon(number, foreground)
    except AiidaException as exception:
        echo.echo_critical(str(exception))

"""``verdi status``: whether everything is in order."""

from __future__ import annotations

import sys
from typing import Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import options
from aiida.cmdline.utils import echo

__all__ = ('verdi_status',)

_MARKS = {'ok': ('✔', 'green'), 'note': ('⏺', 'bright_yellow'), 'bad': ('✗', 'red')}
_WIDTH = 13


def _line(mark: str, what: str, message: str) -> None:
    symbol, colour = _MARKS[mark]
    if not _can_print(symbol):
        symbol = {'ok': '+', 'note': '*', 'bad': 'x'}[mark]
    click.echo(f' {click.style(symbol, fg=colour)} {f"{what}:":<{_WIDTH}}{message}')


def _can_print(symbol: str) -> bool:
    try:
        symbol.encode(sys.stdout.encoding or 'ascii')
    except UnicodeEncodeError:
        return False
    return True


def _say_error(what: str, message: str, exception: Exception, print_traceback: bool) -> None:
    _line('bad', what, f'{message}: {exception}' if message else str(exception))
    if print_traceback:
        import traceback

        click.echo(''.join(traceback.format_exception(exception)), err=True)


@verdi.command('status')
@options.PRINT_TRACEBACK()
@click.option('--no-rmq', is_flag=True, hidden=True, help='Do not ask the message broker.')
@click.pass_context
def verdi_status(ctx: click.Context, print_traceback: bool, no_rmq: bool) -> None:
    """Check that configuration, profile, storage, message broker and daemon are in order.

    The exit status is 0 if they are.
    """
    from importlib import import_module

    from aiida.common.exceptions import AiidaException
    from aiida.manage.configuration import AiiDAConfigDir

    _line('ok', 'version', f'Nabucco {import_module("aiida").NABUCCO_VERSION}')
    try:
        config = ctx.obj.config
    except AiidaException as exception:
        _say_error('config', '', exception, print_traceback)
        ctx.exit(echo.ExitCode.CRITICAL)
    _line('ok', 'config', str(AiiDAConfigDir.get()))
    try:
        profile = ctx.obj.profile
    except AiidaException as exception:
        _say_error('profile', '', exception, print_traceback)
        ctx.exit(echo.ExitCode.CRITICAL)
    if profile is None:
        known = ', '.join(f'`{name}`' for name in config.profile_names)
        _line('note', 'profile', f'none is the default one; there are: {known}' if known else 'there is none yet')
        hint = '`verdi profile set-default` chooses one' if known else '`verdi presto` makes one that is ready for use'
        echo.echo_report(f'{hint}.')
        return
    _line('ok', 'profile', profile.name)
    if not _check_storage(profile, print_traceback):
        ctx.exit(echo.ExitCode.CRITICAL)
    in_order = no_rmq or _check_broker(profile)
    if not _check_daemon(profile) or not in_order:
        ctx.exit(echo.ExitCode.CRITICAL)


def _check_storage(profile: Any, print_traceback: bool) -> bool:
    from aiida.manage.configuration.stores import describe_store
    from aiida.manage.manager import get_manager

    manager = get_manager()
    try:
        manager.load_profile(profile)
        store = manager.get_profile_storage()
        users = store.default_user_id
        repository = store.repository
        contents = 'files readable' if repository.is_initialised else 'the container of files is missing'
    except Exception as exception:
        _say_error('storage', 'cannot be used', exception, print_traceback)
        return False
    where = describe_store(profile)
    if not repository.is_initialised:
        _line('bad', 'storage', f'{profile.storage_backend} in {where}: {contents}')
        return False
    _line('ok', 'storage', f'{profile.storage_backend} in {where}')
    if users is None:
        _line('note', 'user', 'there is no default user: `verdi user configure` makes one')
    else:
        _line('ok', 'user', str(profile.default_user_email))
    return True


def _check_broker(profile: Any) -> bool:
    """Say how the message broker is; return false if it does not answer."""
    from aiida.cmdline.utils.brokers import state_of

    mark, line = state_of(profile)
    _line(mark, 'broker', line)
    return mark != 'bad'


def _check_daemon(profile: Any) -> bool:
    """Say whether the daemon runs and how many workers are alive; return false if it left files behind."""
    from aiida.cmdline.utils.daemon import alive_workers
    from aiida.engine.daemon.client import DaemonClient, DaemonStalePidException

    client = DaemonClient(profile)
    alive = len(alive_workers())
    workers = f'{alive} worker{"" if alive == 1 else "s"}'
    if client.is_daemon_running:
        _line('ok', 'daemon', f'Daemon is running with PID {client.get_daemon_pid()}, {workers}')
        return True
    reason = client._why_not_running()
    if isinstance(reason, DaemonStalePidException):
        _line('bad', 'daemon', str(reason))
        return False
    if alive:
        _line('ok', 'daemon', f'{workers} running, none of them started by a daemon on this machine')
    else:
        _line('note', 'daemon', 'The daemon is not running.')
    return True

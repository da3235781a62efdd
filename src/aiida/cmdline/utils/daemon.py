"""Which workers are there, and what is told of them."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.engine.daemon.client import DaemonClient
    from aiida.engine.daemon.fingerprint import Change
    from aiida.manage.configuration.profile import Profile
    from aiida.storage.records import WorkerRecord

__all__ = ('alive_workers', 'daemon_is_running', 'print_daemon_load', 'print_daemon_status')

#: How long ago a worker that is alive may have said so, in seconds.
HEARTBEAT_LIMIT = 60.0
#: Percentage of slots in use from which on it is said that there are too few workers.
_FULL = 90
_HEADERS = ('PID', 'MEM %', 'CPU %', 'started')
#: Lines of the log that tell why workers do not start.
_LINES = 5
#: Files that are named when code has changed.
_CHANGES = 3


def alive_workers() -> list[WorkerRecord]:
    """Return the workers of the loaded profile that said lately that they are alive, and were not killed since."""
    from aiida.common.claims import owner_is_alive
    from aiida.manage.manager import get_manager

    store = get_manager().get_profile_storage()
    now = store.now()
    return [
        worker
        for worker in store.list_workers()
        if now - worker.heartbeat < HEARTBEAT_LIMIT and owner_is_alive(worker.id)
    ]


def daemon_is_running(profile: Profile | None = None) -> bool:
    """Return whether a daemon runs on this machine.

    :param profile: for which profile; the one that is loaded for ``None``.
    """
    from aiida.common.pidfile import PidFile, Standing
    from aiida.manage.manager import get_manager

    # not the client, whose room takes longer to import
    profile = profile or get_manager().get_profile()
    if profile is None:
        return False
    return PidFile(profile.filepaths['circus']['pid'], profile.name).incumbent().standing is Standing.RUNNING


def print_daemon_load(workers: list[WorkerRecord]) -> None:
    """Print how many of the slots of the workers are in use, or that there is no worker.

    What waits for a job, or for others, takes no slot.

    :param workers: those that are alive.
    """
    from aiida.manage.manager import get_manager

    manager = get_manager()
    if not workers:
        text = (
            'The daemon is running, but none of its workers: they are starting, or `verdi daemon status` tells why'
            if daemon_is_running()
            else 'The daemon is not running'
        )
        echo.echo_warning(text)
        return
    store = manager.get_profile_storage()
    slots = len(workers) * int(manager.get_option('daemon.worker_process_slots'))
    alive = {worker.id for worker in workers}
    used = sum(row.owner in alive for row in store.list_processes(states=['created', 'running']))
    share = round(100 * used / slots) if slots else 100
    text = f'Using {share}% of the available daemon worker slots.'
    if share < _FULL:
        echo.echo_report(text)
    else:
        echo.echo_warning(f'{text} `verdi daemon incr` starts another worker.')


def print_daemon_status(client: DaemonClient, timeout: int | None = None) -> bool:
    """Print what a daemon does, and return whether it runs.

    :param timeout: seconds to wait for its answers.
    """
    from aiida.engine.daemon.client import DaemonException

    echo.echo('Profile: ', fg='red', bold=True, nl=False)
    echo.echo(client.profile.name, bold=True)
    try:
        if not client.is_daemon_running:
            raise client._why_not_running()
        _print_running(client, timeout)
    except DaemonException as exception:
        text = str(exception)
        echo.echo_error(text[:1].upper() + text[1:])
        _tell_of_others(client)
        return False
    return True


def _print_running(client: DaemonClient, timeout: int | None) -> None:
    daemon = client.get_daemon_info(timeout)['info']
    settings = client._worker_settings(timeout)
    workers = client.get_worker_info(timeout)['info'].values()
    echo.echo(f'Daemon is running as PID {daemon["pid"]} since {_time(daemon["create_time"])}')
    echo.echo(f'Active workers [{len(workers)}]:')
    if workers:
        rows = [
            (worker['pid'], worker['mem'], worker['cpu'], _time(worker['started']))
            for worker in sorted(workers, key=lambda worker: worker['started'])
        ]
        echo.echo(_table(rows))
    elif settings.get('numprocesses'):
        echo.echo('--> No workers are running at the moment.\n')
    else:
        echo.echo('--> No workers are running. Use `verdi daemon incr` to start some!\n')
    echo.echo(f'Log file: {client.daemon_log_file}')
    echo.echo('Use `verdi daemon [incr | decr] [num]` to increase / decrease the number of workers')
    leaving = settings.get('leaving', [])
    _tell_of_leaving(leaving)
    _warn_of_failed_starts(client, settings)
    _tell_of_workers(client, {int(worker['pid']) for worker in workers} | set(leaving))


def _table(rows: list[tuple[Any, ...]]) -> str:
    """Return a table with numbers at the right."""
    cells = [[f'{cell:g}' if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(len(name) + 2, *(len(row[index]) for row in cells)) for index, name in enumerate(_HEADERS)]
    lines = [[name.rjust(width) for name, width in zip(_HEADERS[:-1], widths, strict=False)] + [_HEADERS[-1]]]
    lines.append(['-' * width for width in widths])
    lines.extend(
        [*(cell.rjust(width) for cell, width in zip(row[:-1], widths, strict=False)), row[-1].ljust(widths[-1])]
        for row in cells
    )
    return '\n'.join('  '.join(line) for line in lines)


def _time(seconds: float) -> str:
    return f'{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S}'


def _warn_of_failed_starts(client: DaemonClient, settings: dict[str, Any]) -> None:
    from pathlib import Path

    from aiida.engine.daemon.logfile import last_lines

    failed = settings.get('failed_starts', 0)
    if failed:
        # each of them says the same
        lines = '\n'.join([*dict.fromkeys(last_lines(Path(client.daemon_log_file), _LINES * failed))][-_LINES:])
        times = 'once' if failed == 1 else f'{failed} times'
        echo.echo_warning(f'Workers end as soon as they are started, {times} by now. The end of the log:\n{lines}')


def _tell_of_leaving(leaving: list[int]) -> None:
    """Say which workers are there besides, until their steps have ended."""
    if leaving:
        named = ', '.join(map(str, leaving))
        which = f'The worker {named} has' if len(leaving) == 1 else f'The workers {named} have'
        echo.echo_report(
            f'{which} taken more memory than `daemon.worker_memory_limit` allows: the steps that are at work there are '
            'finished, others do the rest.'
        )


def _tell_of_workers(client: DaemonClient, pids: set[int]) -> None:
    """Say whether workers wait for the database, run former code, or are not of this daemon.

    :param pids: the workers that the daemon has started here.
    """
    from aiida.common.claims import Owner
    from aiida.common.exceptions import AiidaException
    from aiida.engine.daemon.reaching import is_away
    from aiida.manage.manager import get_manager

    try:
        get_manager().load_profile(client.profile, allow_switch=True)
        workers = alive_workers()
    except AiidaException as exception:
        consequence = ', so the workers wait' if is_away(exception) else ''
        echo.echo_warning(f'The database cannot be read{consequence}: {exception}')
        return
    here = [worker for worker in workers if worker.pid in pids and Owner.parse(worker.id).can_be_told]
    _name_others([worker for worker in workers if worker not in here])
    _warn_of_changed_code(here)
    _warn_of_trouble()


def _warn_of_trouble() -> None:
    """Say which computers are held, and for what reasons processes rest that are not at fault."""
    from aiida.cmdline.utils.computers import warn_of_holds
    from aiida.orm.backend import get_store

    warn_of_holds()
    for reason, number in get_store().resting():
        echo.echo_warning(f'{number} {"process waits" if number == 1 else "processes wait"}: {reason}')


def _tell_of_others(client: DaemonClient) -> None:
    """Say which workers there are though the daemon does not run here, if the database can be read."""
    from aiida.common.exceptions import AiidaException
    from aiida.manage.manager import get_manager

    try:
        get_manager().load_profile(client.profile, allow_switch=True)
        _name_others(alive_workers())
    except AiidaException:
        return  # what is asked for is the daemon; that it does not run has been said


def _name_others(workers: list[WorkerRecord]) -> None:
    """Say where the workers of the profile are that this daemon has not started."""
    from aiida.common.claims import Owner

    if not workers:
        return
    here = sorted(worker.pid for worker in workers if Owner.parse(worker.id).can_be_told)
    hosts = Counter(worker.host for worker in workers if not Owner.parse(worker.id).can_be_told)
    places = [f'{number} on {host}' for host, number in sorted(hosts.items())]
    if here:
        places.append(f'{len(here)} on this host ({", ".join(map(str, here))})')
    echo.echo_report(f'Workers of this profile that this daemon did not start: {"; ".join(places)}.')


def _warn_of_changed_code(workers: list[WorkerRecord]) -> None:
    """Say which workers run code that is not that on the disk any more, and what has changed."""
    from aiida.engine.daemon.fingerprint import changes

    by_code: dict[str, list[int]] = {}
    for worker in workers:
        by_code.setdefault(worker.fingerprint, []).append(worker.pid)
    old = {code: found for code in by_code if code and (found := changes(code))}
    if not old:
        return
    pids = sorted(pid for code in old for pid in by_code[code])
    named = ', '.join(map(str, pids))
    which = f'The worker {named} runs' if len(pids) == 1 else f'The workers {named} run'
    changed = sorted({change for found in old.values() for change in found}, key=lambda change: -(change.when or 0.0))
    shown = [_describe(change) for change in changed[:_CHANGES]]
    if len(changed) > _CHANGES:
        shown.append(f'{len(changed) - _CHANGES} more')
    echo.echo_warning(
        f'{which} code that has changed since it was loaded ({"; ".join(shown)}). `verdi daemon restart` lets the new '
        'code be used.'
    )


def _describe(change: Change) -> str:
    path = f'`{change.path}`'
    if change.when is None:
        return f'{path} is not what it was' if os.path.exists(change.path) else f'{path} is gone'
    return f'{path} changed {_ago(time.time() - change.when)}'


def _ago(seconds: float) -> str:
    for unit, length in (('day', 86400), ('hour', 3600), ('minute', 60)):
        if seconds >= length:
            number = int(seconds // length)
            return f'{number} {unit}{"" if number == 1 else "s"} ago'
    return f'{max(int(seconds), 0)} seconds ago'

"""``verdi process``: what runs, what ran, and what it says."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup
from aiida.cmdline.params import arguments, options
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.dumping import dumped, dumping
from aiida.cmdline.utils.processes import ACTIVE_STATES, COLUMNS, DEFAULT_COLUMNS, PROCESS_STATES, format_node_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from aiida.orm import Group, ProcessNode


@click.group('process', cls=VerdiCommandGroup)
def verdi_process() -> None:
    """Look at and steer processes."""


@verdi_process.command('list')
@options.PROJECT(type=click.Choice(list(COLUMNS)), default=list(DEFAULT_COLUMNS), show_default=False)
@options.ORDER_BY()
@options.ORDER_DIRECTION()
@options.GROUP(help='Only include entries that are a member of this group.')
@options.ALL(help='Show all entries, regardless of their process state.')
@options.PROCESS_STATE(type=click.Choice(PROCESS_STATES), default=None)
@options.PROCESS_LABEL()
@options.PAUSED()
@options.EXIT_STATUS()
@options.FAILED()
@options.PAST_DAYS()
@options.LIMIT()
@options.RAW()
@decorators.with_dbenv()
def process_list(
    project: Sequence[str],
    order_by: Any,
    order_dir: str,
    group: Group | None,
    all_entries: bool,
    process_state: Sequence[str] | None,
    process_label: str | None,
    paused: bool,
    exit_status: int | None,
    failed: bool,
    past_days: int | None,
    limit: int | None,
    raw: bool,
) -> None:
    """List processes.

    Those that are active are shown, unless the options ask for others.
    """
    from datetime import timedelta

    from aiida.cmdline.utils.common import print_last_process_state_change
    from aiida.cmdline.utils.daemon import alive_workers, daemon_is_running, print_daemon_load
    from aiida.cmdline.utils.processes import SHRINKABLE, note_on_abandoned, project_rows
    from aiida.cmdline.utils.reasons import Reasons
    from aiida.cmdline.utils.tables import format_table, terminal_width
    from aiida.common import timezone
    from aiida.manage.manager import get_manager

    states: list[str] | None = list(process_state or ACTIVE_STATES)
    if not process_state and (all_entries or failed or exit_status is not None):
        states = None
    store = get_manager().get_profile_storage()
    rows = store.list_processes(
        states=states,
        exit_status=exit_status,
        failed=failed,
        paused=paused,
        process_label=process_label,
        created_after=None if past_days is None else timezone.now() - timedelta(days=past_days),
        group_ids=None if group is None else [_primary_key(group)],
        order_by=order_by,
        descending=order_dir == 'desc',
        limit=limit,
    )
    reasons = Reasons(store)
    cells = project_rows(rows, project, reasons)
    shrinkable = [index for name in SHRINKABLE for index, column in enumerate(project) if column == name]
    headers = None if raw else [COLUMNS[name].title for name in project]
    if cells or headers:
        echo.echo(format_table(cells, headers, width=terminal_width(), shrinkable=shrinkable))
    if raw:
        return
    echo.echo(f'\nTotal results: {len(rows)}')
    print_last_process_state_change()
    workers = alive_workers()
    print_daemon_load(workers)
    daemon = not workers and daemon_is_running()
    if note := note_on_abandoned(rows, workers=bool(workers), reasons=reasons, daemon=daemon):
        echo.echo_warning(note)


def _primary_key(group: Group) -> int:
    assert group.pk is not None
    return group.pk


def _chosen(processes: Sequence[ProcessNode], most_recent_node: bool) -> Iterable[ProcessNode]:
    """Return the processes that arguments or ``-M`` name.

    :raises click.UsageError: if none, or both.
    """
    if processes and most_recent_node:
        raise click.UsageError('name processes or give -M/--most-recent-node, not both')
    if most_recent_node:
        return [_most_recent()]
    if not processes:
        raise click.UsageError('name one or more processes by pk, uuid or label, or give -M/--most-recent-node')
    return processes


def _most_recent() -> ProcessNode:
    from aiida import orm
    from aiida.manage.manager import get_manager

    rows = get_manager().get_profile_storage().list_processes(order_by='ctime', descending=True, limit=1)
    if not rows:
        raise click.UsageError('there is no process in this profile yet')
    node = orm.load_node(pk=rows[0].id)
    assert isinstance(node, orm.ProcessNode)
    return node


@verdi_process.command('show')
@arguments.PROCESSES()
@options.MOST_RECENT_NODE()
@decorators.with_dbenv()
def process_show(processes: Sequence[ProcessNode], most_recent_node: bool) -> None:
    """Show what processes are and are linked to.

    Properties, inputs, outputs, the caller and what was called, and how much was logged.
    """
    from aiida.cmdline.utils.common import get_node_info

    for number, process in enumerate(_chosen(processes, most_recent_node)):
        echo.echo(('\n' if number else '') + get_node_info(process))


@verdi_process.command('call-root')
@arguments.PROCESSES()
@decorators.with_dbenv()
def process_call_root(processes: Sequence[ProcessNode]) -> None:
    """Show the first caller of processes.

    That is the process at the top of the calls that led to them.
    """
    for process in _chosen(processes, False):
        caller = process.caller
        if caller is None:
            echo.echo(f'No callers found for Process<{process.pk}>')
            continue
        while caller.caller is not None:
            caller = caller.caller
        echo.echo(f'{caller.pk}')


@verdi_process.command('report')
@arguments.PROCESSES()
@options.MOST_RECENT_NODE()
@click.option('-i', '--indent-size', type=click.IntRange(min=0), default=2, help='Spaces per level of calls.')
@click.option(
    '-l',
    '--levelname',
    type=click.Choice(['NOTSET', 'DEBUG', 'INFO', 'REPORT', 'WARNING', 'ERROR', 'CRITICAL'], case_sensitive=False),
    default='REPORT',
    help='The least level to show.',
)
@click.option('-m', '--max-depth', type=click.IntRange(min=1), default=None, help='The number of levels of calls.')
@decorators.with_dbenv()
def process_report(
    processes: Sequence[ProcessNode],
    most_recent_node: bool,
    indent_size: int,
    levelname: str,
    max_depth: int | None,
) -> None:
    """Show what processes logged.

    The messages of what they called are there too, indented, all in the order of time.
    """
    from aiida.cmdline.utils.common import get_calcjob_report, get_reason, get_workchain_report
    from aiida.orm import CalcJobNode

    for process in _chosen(processes, most_recent_node):
        if isinstance(process, CalcJobNode):
            echo.echo(get_calcjob_report(process, levelname))
        else:
            echo.echo(get_workchain_report(process, levelname, indent_size, max_depth))  # type: ignore[arg-type]
        if reason := get_reason(process):
            echo.echo_report(f'Process<{process.pk}> {format_node_state(process)}: {reason}')


@verdi_process.command('status')
@options.MOST_RECENT_NODE()
@click.option('-c', '--call-link-label', is_flag=True, help='Show the labels that callers gave to their calls.')
@click.option('-m', '--max-depth', type=click.IntRange(min=1), default=None, help='The number of levels of calls.')
@arguments.PROCESSES()
@decorators.with_dbenv()
def process_status(
    call_link_label: bool, most_recent_node: bool, max_depth: int | None, processes: Sequence[ProcessNode]
) -> None:
    """Show processes and what they called, as a tree.

    Each is shown with its state, a work chain also with the step of its outline.
    """
    from aiida.cmdline.utils.ascii_vis import format_call_graph, info_with_reasons
    from aiida.cmdline.utils.reasons import Reasons
    from aiida.cmdline.utils.tables import terminal_width
    from aiida.manage.manager import get_manager

    info = info_with_reasons(Reasons(get_manager().get_profile_storage()), terminal_width())
    for process in _chosen(processes, most_recent_node):
        echo.echo(format_call_graph(process, max_depth, call_link_label, info))


_TIMEOUT = options.TIMEOUT(
    type=click.FloatRange(min=0.0),
    help='Seconds to wait until whoever runs a process has answered. With 0 no answer is waited for.',
)
_WAIT = click.option(
    '--wait/--no-wait', default=False, help='Wait until it is done, not only until it is scheduled.  [default: no-wait]'
)


def _to_steer(processes: Sequence[ProcessNode], all_entries: bool, verb: str, paused: bool = False) -> list[Any]:
    """Return the processes that arguments or ``--all`` name.

    :raises click.UsageError: if none, or both.
    """
    if processes and all_entries:
        raise click.UsageError('name processes or give -a/--all, not both')
    if processes:
        return list(processes)
    if not all_entries:
        raise click.UsageError('name one or more processes by pk, uuid or label, or give -a/--all')
    from aiida.engine.processes.control import get_active_processes

    found = get_active_processes(paused=paused)
    if not found:
        echo.echo_report(f'There is no {"paused" if paused else "active"} process, nothing to be {verb}.')
    return found


def _finish(succeeded: bool) -> None:
    if not succeeded:
        raise click.exceptions.Exit(1)


@verdi_process.command('kill')
@arguments.PROCESSES()
@options.ALL(help='Kill all processes that are active.')
@_TIMEOUT
@click.option(
    '-F',
    '--force',
    is_flag=True,
    help='Leave jobs on computers to themselves, and mark as killed what cannot be reached.',
)
@_WAIT
@decorators.with_dbenv()
def process_kill(processes: Sequence[ProcessNode], all_entries: bool, timeout: float, force: bool, wait: bool) -> None:
    """Kill processes, for good.

    What they called is killed too. It works whether or not there are workers: what nobody runs is killed here.
    """
    from aiida.cmdline.utils.steering import steer

    chosen = _to_steer(processes, all_entries, 'killed')
    if all_entries and chosen:
        click.confirm('Are you sure you want to kill all processes?', abort=True)
    _finish(steer(chosen, 'killing', force=force, timeout=timeout, wait=wait))


@verdi_process.command('watch')
@arguments.PROCESSES()
@options.MOST_RECENT_NODE()
@decorators.with_dbenv()
def process_watch(processes: Sequence[ProcessNode], most_recent_node: bool) -> None:
    """Show how processes stand, and what happens to them as it happens.

    Beside the changes of their states it is told what they wait for. Ends when all of them are terminated, or with
    Ctrl-C, which leaves the processes alone.
    """
    from aiida.cmdline.utils.watching import print_until_the_end
    from aiida.engine.runtime.newsreel import latest

    after = latest()
    watched = list(_chosen(processes, most_recent_node))
    for process in watched:
        if process.is_terminated:
            echo.echo_error(f'Process<{process.pk}> is already terminated: {format_node_state(process)}')
    with contextlib.suppress(KeyboardInterrupt):
        print_until_the_end({cast('int', process.pk) for process in watched if not process.is_terminated}, after)


@verdi_process.command('repair')
@options.DRY_RUN(help='Only tell what is stuck.')
@options.FORCE(help='Do not ask for confirmation.')
@decorators.with_dbenv()
def process_repair(dry_run: bool, force: bool) -> None:
    """Find processes that are stuck, and set them going again.

    A process is stuck if it is active, no program that is alive runs it, and no worker will take it up. Those that have
    a checkpoint are left to the workers; the others are marked as killed.
    """
    from aiida.engine.runtime.repairing import find_strays, mend

    strays = find_strays()
    for stray in strays:
        verb = 'would be' if dry_run else 'is to be'
        echo.echo_warning(f'Process<{stray.pk}> is stuck: {stray.why}; it {verb} {stray.remedy}')
    if not strays:
        echo.echo_success('No process is stuck.')
        return
    if dry_run:
        raise click.exceptions.Exit(1)
    if not force:
        click.confirm(f'Mend {len(strays)} {"process" if len(strays) == 1 else "processes"}?', abort=True)
    for stray in strays:
        mend(stray)
    echo.echo_success('No process is stuck any more.')


@verdi_process.command('pause')
@arguments.PROCESSES()
@options.ALL(help='Pause all processes that are active.')
@_TIMEOUT
@_WAIT
@decorators.with_dbenv()
def process_pause(processes: Sequence[ProcessNode], all_entries: bool, timeout: float, wait: bool) -> None:
    """Pause processes, until they are played.

    What they called is paused too.
    """
    from aiida.cmdline.utils.steering import steer

    chosen = _to_steer(processes, all_entries, 'paused')
    _finish(steer(chosen, 'pausing', timeout=timeout, wait=wait))


@verdi_process.command('play')
@arguments.PROCESSES()
@options.ALL(help='Play all processes that are paused.')
@_TIMEOUT
@_WAIT
@decorators.with_dbenv()
def process_play(processes: Sequence[ProcessNode], all_entries: bool, timeout: float, wait: bool) -> None:
    """Let paused processes go on.

    What they called goes on too.
    """
    from aiida.cmdline.utils.steering import steer

    chosen = _to_steer(processes, all_entries, 'played', paused=True)
    _finish(steer(chosen, 'playing', timeout=timeout, wait=wait))


@verdi_process.command('dump')
@arguments.PROCESS()
@options.PATH(help='The folder, by default one with the name of the process in the current one.')
@options.DRY_RUN()
@options.OVERWRITE(help='Write all anew, and replace the dump of something else.')
@options.INCLUDE_INPUTS()
@options.INCLUDE_OUTPUTS()
@options.INCLUDE_ATTRIBUTES()
@options.INCLUDE_EXTRAS()
@options.FLAT()
@options.DUMP_UNSEALED()
@decorators.with_dbenv()
def process_dump(process: ProcessNode, path: Path | None, dry_run: bool, overwrite: bool, **content: bool) -> None:
    """Write the files of a process, and of all that it called, into a folder.

    Each process that was called has a folder of its own in that of its caller, numbered in the order of creation. In
    the folder of a calculation, `inputs` holds its own files, `outputs` what was retrieved, `node_inputs` and
    `node_outputs` the files of its data, and `aiida_node_metadata.yaml` what the database knows.

    What was written before and has not changed is left as it is. Files that no dump has written are never touched.
    """
    with dumping():
        folder = process.dump(output_path=path, dry_run=dry_run, overwrite=overwrite, **content)
    dumped(f'Process {process.pk}', folder, dry_run)

"""``verdi calcjob``: files and results of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup
from aiida.cmdline.params import arguments, options
from aiida.cmdline.params.types import CalculationParamType
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.tables import count_of

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode, Computer, FolderData, RemoteData

_JOB = {'type': CalculationParamType(sub_classes=('aiida.node:process.calculation.calcjob',))}
_COLOR = click.option('-c', '--color', is_flag=True, help='Print folders in another colour.')


@click.group('calcjob', cls=VerdiCommandGroup)
def verdi_calcjob() -> None:
    """Inspect calculation jobs."""


@verdi_calcjob.command('res')
@arguments.CALCULATION('calcjob', **_JOB)
@options.DICT_KEYS()
@options.DICT_FORMAT()
@decorators.with_dbenv()
def calcjob_res(calcjob: CalcJobNode, keys: Sequence[str] | None, fmt: str) -> None:
    """Print the results of a job.

    They are the content of the default output of its plugin.
    """
    try:
        results = calcjob.res.get_results()
    except ValueError as exception:
        echo.echo_critical(f'no results of {calcjob.process_label}<{calcjob.pk}>: {exception}')
    if keys:
        missing = [key for key in keys if key not in results]
        if missing:
            known = ', '.join(sorted(results))
            echo.echo_critical(f'no result {", ".join(missing)} of CalcJob<{calcjob.pk}>; there is: {known}')
        results = {key: results[key] for key in keys}
    echo.echo_dictionary(results, fmt=fmt)


@verdi_calcjob.command('inputls')
@arguments.CALCULATION('calcjob', **_JOB)
@click.argument('path', type=click.STRING, required=False)
@_COLOR
@decorators.with_dbenv()
def calcjob_inputls(calcjob: CalcJobNode, path: str | None, color: bool) -> None:
    """List the input files of a job.

    PATH is a folder among them.
    """
    from aiida.cmdline.utils.repository import list_repository_contents

    try:
        list_repository_contents(calcjob, path, color)
    except (FileNotFoundError, NotADirectoryError) as exception:
        echo.echo_critical(f'no folder `{path}` among the inputs of CalcJob<{calcjob.pk}>: {exception}')


@verdi_calcjob.command('inputcat')
@arguments.CALCULATION('calcjob', **_JOB)
@click.argument('path', type=click.STRING, required=False)
@decorators.with_dbenv()
def calcjob_inputcat(calcjob: CalcJobNode, path: str | None) -> None:
    """Print an input file of a job.

    Without PATH it is the one that the plugin calls the input.
    """
    from aiida.cmdline.utils.repository import cat_object

    cat_object(calcjob, path or _default_file(calcjob, 'input_filename'), f'among the inputs of CalcJob<{calcjob.pk}>')


@verdi_calcjob.command('outputls')
@arguments.CALCULATION('calcjob', **_JOB)
@click.argument('path', type=click.STRING, required=False)
@_COLOR
@decorators.with_dbenv()
def calcjob_outputls(calcjob: CalcJobNode, path: str | None, color: bool) -> None:
    """List the output files of a job.

    They are those that were retrieved; PATH is a folder among them.
    """
    from aiida.cmdline.utils.repository import list_repository_contents

    try:
        list_repository_contents(_retrieved(calcjob), path, color)
    except (FileNotFoundError, NotADirectoryError) as exception:
        echo.echo_critical(f'no folder `{path}` among the outputs of CalcJob<{calcjob.pk}>: {exception}')


@verdi_calcjob.command('outputcat')
@arguments.CALCULATION('calcjob', **_JOB)
@click.argument('path', type=click.STRING, required=False)
@decorators.with_dbenv()
def calcjob_outputcat(calcjob: CalcJobNode, path: str | None) -> None:
    """Print an output file of a job.

    Without PATH it is the one that the plugin calls the output.
    """
    from aiida.cmdline.utils.repository import cat_object

    retrieved = _retrieved(calcjob)
    cat_object(
        retrieved, path or _default_file(calcjob, 'output_filename'), f'among the outputs of CalcJob<{calcjob.pk}>'
    )


@verdi_calcjob.command('remotecat')
@arguments.CALCULATION('calcjob', **_JOB)
@click.argument('path', type=click.STRING, required=False)
@decorators.with_dbenv()
def calcjob_remotecat(calcjob: CalcJobNode, path: str | None) -> None:
    """Print a file of the folder a job ran in.

    It is read on the computer. Without PATH it is the one that the plugin calls the output.
    """
    import tempfile
    from pathlib import Path

    from aiida.cmdline.utils.repository import write_bytes_to_stdout

    remote, name = _remote_folder(calcjob), path or _default_file(calcjob, 'output_filename')
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / 'file'
        try:
            remote.getfile(name, str(local))
            with local.open('rb') as handle:
                write_bytes_to_stdout(handle)
        except OSError as exception:
            echo.echo_critical(str(exception))


@verdi_calcjob.command('gotocomputer')
@arguments.CALCULATION('calcjob', **_JOB)
@decorators.with_dbenv()
def calcjob_gotocomputer(calcjob: CalcJobNode) -> None:
    """Open a shell in the folder a job runs in."""
    import os

    from aiida.common.exceptions import NotExistent

    folder = calcjob.get_remote_workdir()
    if not folder:
        echo.echo_critical(f'CalcJob<{calcjob.pk}> has no folder on a computer yet')
    try:
        transport = calcjob.get_transport()
    except NotExistent as exception:
        echo.echo_critical(str(exception))
    command = transport.gotocomputer_command(folder)
    echo.echo_report(f'going to {folder}: leave the shell to come back')
    os.system(command)


@verdi_calcjob.command('cleanworkdir')
@arguments.CALCULATIONS('calcjobs')
@options.PAST_DAYS()
@options.OLDER_THAN()
@options.COMPUTERS(help='Only jobs that ran on these computers.')
@options.FORCE()
@options.EXIT_STATUS()
@decorators.with_dbenv()
def calcjob_cleanworkdir(
    calcjobs: Sequence[CalcJobNode],
    past_days: int | None,
    older_than: int | None,
    computers: Sequence[Computer] | None,
    force: bool,
    exit_status: int | None,
) -> None:
    """Empty the folders that jobs ran in.

    The jobs are named, or chosen by their age with -p and -o.
    """
    if calcjobs and (past_days is not None or older_than is not None):
        raise click.UsageError('name jobs, or choose them with -p/-o, not both')
    if not calcjobs and past_days is None and older_than is None:
        raise click.UsageError('name jobs, or choose them with -p/-o')
    folders = _remote_folders(calcjobs, past_days, older_than, computers, exit_status)
    if not folders:
        echo.echo_report('no folder left to clean')
        return
    if not force:
        click.confirm(f'Empty the {count_of(len(folders), "folder")} of these jobs?', abort=True)
    for folder in folders:
        folder._clean()
    echo.echo_success(f'emptied {count_of(len(folders), "folder")}')


def _remote_folders(
    calcjobs: Sequence[CalcJobNode],
    past_days: int | None,
    older_than: int | None,
    computers: Sequence[Computer] | None,
    exit_status: int | None,
) -> list[RemoteData]:
    from datetime import timedelta

    from aiida import orm
    from aiida.common import timezone

    now = timezone.now()
    conditions: list[dict[str, object]] = []
    if calcjobs:
        conditions.append({'id': {'in': [job.pk for job in calcjobs]}})
    if past_days is not None:
        conditions.append({'mtime': {'>': now - timedelta(days=past_days)}})
    if older_than is not None:
        conditions.append({'mtime': {'<': now - timedelta(days=older_than)}})
    if exit_status is not None:
        conditions.append({'attributes.exit_status': exit_status})
    query = orm.QueryBuilder()
    query.append(orm.CalcJobNode, tag='job', filters={'and': conditions})
    if computers:
        query.append(orm.Computer, with_node='job', filters={'id': {'in': [computer.pk for computer in computers]}})
    query.append(orm.RemoteData, with_incoming='job', edge_filters={'label': 'remote_folder'}, project='*')
    return [folder for folder in query.all(flat=True) if not folder.is_cleaned]


def _default_file(calcjob: CalcJobNode, option: str) -> str:
    """Return the file name that an option of the job holds; the command ends if there is none."""
    name = calcjob.get_option(option)
    if not name:
        echo.echo_critical(f'CalcJob<{calcjob.pk}> has no option `{option}`: name the file')
    return str(name)


def _retrieved(calcjob: CalcJobNode) -> FolderData:
    from aiida.common.exceptions import NotExistent

    try:
        return calcjob.outputs.retrieved  # type: ignore[no-any-return]
    except (NotExistent, AttributeError):
        echo.echo_critical(f'nothing was retrieved from CalcJob<{calcjob.pk}> (yet)')


def _remote_folder(calcjob: CalcJobNode) -> RemoteData:
    from aiida.common.exceptions import NotExistent

    try:
        return calcjob.outputs.remote_folder  # type: ignore[no-any-return]
    except (NotExistent, AttributeError):
        echo.echo_critical(f'CalcJob<{calcjob.pk}> has no folder on a computer (yet)')

"""``verdi code``: the programs that jobs run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import AbstractCode, Computer

__all__ = ('verdi_code',)


@verdi.group('code')
def verdi_code() -> None:
    """Set up and look at codes."""


@verdi_code.group('create')
def code_create() -> None:
    """Make a code, of one of these kinds."""


def _prompted(*names: str, prompt: str, **kwargs: Any) -> Any:
    return click.option(*names, cls=options.InteractiveOption, prompt=prompt, **kwargs)


#: Without the short form `-I`, which is that of the name of an image.
_NON_INTERACTIVE = click.option(
    '-n', '--non-interactive/--interactive', is_eager=True, default=False, help=options.NON_INTERACTIVE.kwargs['help']
)


def _common(command: Any) -> Any:
    """Add the options that all kinds of codes have."""
    for decorate in reversed(
        (
            options.DESCRIPTION(cls=options.InteractiveOption, prompt='Description'),
            _prompted(
                '-P',
                '--default-calc-job-plugin',
                type=click.STRING,
                prompt='Default `CalcJob` plugin',
                help='The entry point of the calculations that the code is for.',
            ),
            click.option(
                '--use-double-quotes/--no-use-double-quotes', default=False, help='How words are quoted in job scripts.'
            ),
            click.option(
                '--with-mpi/--no-with-mpi',
                default=None,
                help='Whether it is always, or never, run with MPI; by default, calculations say so.',
            ),
            click.option(
                '--wrap-cmdline-params/--no-wrap-cmdline-params',
                default=False,
                help='Whether all parameters are one quoted word.',
            ),
            options.PREPEND_TEXT(),
            options.APPEND_TEXT(),
            _NON_INTERACTIVE,
            options.CONFIG_FILE(),
        )
    ):
        command = decorate(command)
    return command


_LABEL = _prompted(
    '-L',
    '--label',
    type=click.STRING,
    required=True,
    prompt='Label',
    help='A short name; it is found as `label@computer`.',
)
_COMPUTER = _prompted(
    '-Y',
    '--computer',
    type=types.ComputerParamType(),
    required=True,
    prompt='Computer',
    help='The computer that it is installed on.',
)


def _executable(text: str) -> Any:
    return _prompted(
        '-X', '--filepath-executable', type=click.STRING, required=True, prompt='Filepath executable', help=text
    )


@code_create.command('core.code.installed')
@_LABEL
@_COMPUTER
@_executable('The absolute path of the program on the computer, or a name that the shell there finds.')
@_common
@decorators.with_dbenv()
def code_create_installed(**kwargs: Any) -> None:
    """Make a code for a program that is installed on a computer."""
    from aiida.orm import InstalledCode

    _create(InstalledCode, **kwargs)


@code_create.command('core.code.portable')
@_LABEL
@_prompted(
    '-F',
    '--filepath-files',
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    required=True,
    prompt='Code directory',
    help='A folder; what is below it is kept with the code and copied to the computer of each job.',
)
@_executable('The path of the program, relative to that folder.')
@_common
@decorators.with_dbenv()
def code_create_portable(**kwargs: Any) -> None:
    """Make a code for a program that is kept here and copied to the computer of each job."""
    from aiida.orm import PortableCode

    _create(PortableCode, **kwargs)


@code_create.command('core.code.containerized')
@_LABEL
@_COMPUTER
@_executable('The absolute path of the program inside the container.')
@_prompted(
    '-E',
    '--engine-command',
    type=click.STRING,
    required=True,
    prompt='Engine command',
    help='How containers are run, with `{image_name}` where the image stands.',
)
@_prompted('-I', '--image-name', type=click.STRING, required=True, prompt='Image name', help='The image.')
@_common
@decorators.with_dbenv()
def code_create_containerized(**kwargs: Any) -> None:
    """Make a code for a program inside a container."""
    from aiida.orm import ContainerizedCode

    _create(ContainerizedCode, **kwargs)


def _create(code_class: Any, non_interactive: bool, label: str, **kwargs: Any) -> None:
    """Make a code, if its label is free on its computer."""
    from aiida.common.exceptions import MultipleObjectsError, NotExistent, ValidationError
    from aiida.orm import load_code

    computer = kwargs.get('computer')
    full_label = label if computer is None else f'{label}@{computer.label}'
    try:
        load_code(label=full_label)
        taken = True
    except NotExistent:
        taken = False
    except MultipleObjectsError:
        taken = True
    if taken:
        echo.echo_critical(
            f'There is a code `{full_label}` already: choose another label, or rename that one by `verdi code relabel`.'
        )
    try:
        code = code_class(label=label, **{name: value for name, value in kwargs.items() if value is not None})
        code.store()
    except (ValidationError, ValueError, TypeError) as exception:
        echo.echo_critical(f'The code cannot be made: {exception}')
    echo.echo_success(f'Created {type(code).__name__}<{code.pk}>')
    _warn_of_plugin(code.default_calc_job_plugin)
    _warn_if_absent(code)


def _warn_of_plugin(name: str | None) -> None:
    """Say so if there is no such entry point of a calculation; it may be installed later."""
    from aiida.common.exceptions import EntryPointError
    from aiida.plugins.entry_point import get_entry_point

    if not name:
        return
    try:
        get_entry_point('aiida.calculations', name)
    except EntryPointError as exception:
        echo.echo_warning(str(exception))


def _warn_if_absent(code: Any) -> None:
    """Say so if the program is not there; only where looking costs nothing."""
    if type(code).__name__ != 'InstalledCode' or code.computer.transport_type != 'core.local':
        return
    try:
        code.validate_filepath_executable()
    except Exception as exception:
        echo.echo_warning(str(exception))


_PROJECTIONS = {
    'full_label': 'Full label',
    'pk': 'Pk',
    'uuid': 'Uuid',
    'label': 'Label',
    'description': 'Description',
    'computer': 'Computer',
    'entry_point': 'Entry point',
    'default_calc_job_plugin': 'Plugin',
    'user': 'User',
}


@verdi_code.command('list')
@options.COMPUTER(help='Only codes on this computer.')
@click.option(
    '-d',
    '--default-calc-job-plugin',
    type=types.PluginParamType(group='calculations'),
    help='Only codes for calculations of this entry point.',
)
@options.ALL(help='Include codes that are hidden.')
@options.ALL_USERS()
@options.PROJECT(
    type=click.Choice(list(_PROJECTIONS)),
    default=['full_label', 'pk', 'entry_point'],
    help='What is shown of each code.',
)
@options.RAW()
@click.option('-o', '--show-owner', 'show_owner', is_flag=True, hidden=True, help='The same as `-P ... user`.')
@decorators.with_dbenv()
def code_list(
    computer: Computer | None,
    default_calc_job_plugin: Any,
    all_entries: bool,
    all_users: bool,
    project: Sequence[str],
    raw: bool,
    show_owner: bool,
) -> None:
    """List codes."""
    from aiida import orm

    columns = [*project, *(['user'] if show_owner and 'user' not in project else [])]
    filters: dict[str, Any] = {}
    if not all_entries:
        key = orm.AbstractCode._KEY_EXTRA_IS_HIDDEN
        filters['or'] = [{'extras': {'!has_key': key}}, {f'extras.{key}': {'!==': True}}]
    if default_calc_job_plugin is not None:
        filters['attributes.input_plugin'] = default_calc_job_plugin.name
    query = orm.QueryBuilder().append(orm.AbstractCode, filters=filters, tag='code', project='*')
    if computer is not None:
        query.append(orm.Computer, filters={'id': computer.pk}, with_node='code')
    if not all_users:
        user = orm.User.collection.get_default()
        query.append(orm.User, filters={'id': user.pk if user else -1}, with_node='code')
    codes = sorted(query.all(flat=True), key=lambda code: (code.full_label.lower(), code.pk))
    if not codes:
        if not raw:
            echo.echo_report('No codes found: `verdi code create` makes one.')
        return
    rows = [[_project(code, column) for column in columns] for code in codes]
    echo.echo_tabulate(rows, headers=None if raw else [_PROJECTIONS[column] for column in columns])
    if not raw:
        click.echo('\n`verdi code show IDENTIFIER` says more about one.')


def _project(code: Any, column: str) -> Any:
    if column == 'computer':
        return code.computer.label if code.computer is not None else ''
    if column == 'user':
        return code.user.email
    if column == 'entry_point':
        return code.entry_point.name if code.entry_point else ''
    value = getattr(code, column)
    return '' if value is None else value


@verdi_code.command('show')
@arguments.CODE()
@decorators.with_dbenv()
def code_show(code: AbstractCode) -> None:
    """Show what is known of a code."""
    rows: list[list[Any]] = [
        ['PK', str(code.pk)],
        ['UUID', code.uuid],
        ['Type', _project(code, 'entry_point')],
    ]
    if code.computer is not None:
        rows.append(['Computer', f'{code.computer.label} ({code.computer.hostname}), pk: {code.computer.pk}'])
    for title, name in (
        ('Filepath executable', 'filepath_executable'),
        ('Engine command', 'engine_command'),
        ('Image name', 'image_name'),
        ('Label', 'label'),
        ('Description', 'description'),
        ('Default `CalcJob` plugin', 'default_calc_job_plugin'),
        ('Escape using double quotes', 'use_double_quotes'),
        ('Run with MPI', 'with_mpi'),
        ('Wrap command line parameters', 'wrap_cmdline_params'),
        ('Prepend script', 'prepend_text'),
        ('Append script', 'append_text'),
    ):
        if hasattr(code, name):
            value = getattr(code, name)
            rows.append([title, '' if value is None else str(value)])
    if type(code).__name__ == 'PortableCode':
        rows.append(['Files', '\n'.join(_files(code))])
    echo.echo_tabulate(rows)


def _files(code: Any) -> list[str]:
    return [str(folder / name) for folder, _, names in code.base.repository.walk() for name in sorted(names)]


@verdi_code.command('test')
@arguments.CODE()
@decorators.with_dbenv()
def code_test(code: Any) -> None:
    """Look whether the program of a code is there."""
    if not hasattr(code, 'validate_filepath_executable'):
        echo.echo_report(f'A {type(code).__name__} has nothing that could be tested.')
        return
    try:
        code.validate_filepath_executable()
    except Exception as exception:
        echo.echo_critical(f'the test failed: {exception}')
    echo.echo_success('all tests succeeded.')


@verdi_code.command('relabel')
@arguments.CODE()
@arguments.LABEL()
@decorators.with_dbenv()
def code_relabel(code: AbstractCode, label: str) -> None:
    """Give a code another LABEL."""
    before = code.full_label
    try:
        code.label = label.split('@')[0]
    except ValueError as exception:
        echo.echo_critical(f'the code cannot be called `{label}`: {exception}')
    echo.echo_success(f'{type(code).__name__}<{code.pk}> relabeled from `{before}` to `{code.full_label}`')


@verdi_code.command('hide')
@arguments.CODES()
@decorators.with_dbenv()
def code_hide(codes: Sequence[AbstractCode]) -> None:
    """Leave codes out of `verdi code list`."""
    for code in codes:
        code.is_hidden = True
        echo.echo_success(f'Code<{code.pk}> {code.full_label} hidden')


@verdi_code.command('reveal')
@arguments.CODES()
@decorators.with_dbenv()
def code_reveal(codes: Sequence[AbstractCode]) -> None:
    """Show codes that were hidden in `verdi code list` again."""
    for code in codes:
        code.is_hidden = False
        echo.echo_success(f'Code<{code.pk}> {code.full_label} revealed')


@verdi_code.command('delete')
@arguments.CODES(required=True)
@options.DRY_RUN()
@options.FORCE()
@decorators.with_dbenv()
def code_delete(codes: Sequence[AbstractCode], dry_run: bool, force: bool) -> None:
    """Delete codes, with all calculations that used them and what came out of these."""
    from aiida.tools import delete_nodes

    def keep_all(pks: set[int]) -> bool:
        """Ask whether all may go; return whether they are kept."""
        others = len(pks) - len(codes)
        what = ', '.join(code.full_label for code in codes)
        if others:
            echo.echo_warning(f'{others} other node{"s" if others > 1 else ""} would go too, which came of using them')
        return not click.confirm(f'Delete {what}?', default=False)

    pks = [code.pk for code in codes if code.pk is not None]
    found, deleted = delete_nodes(pks, dry_run=True if dry_run else False if force else keep_all)
    if deleted:
        echo.echo_success(f'Deleted {len(found)} node{"s" if len(found) > 1 else ""}.')

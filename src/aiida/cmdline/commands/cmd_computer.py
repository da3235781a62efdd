"""``verdi computer``: the machines that jobs run on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.groups.verdi import VerdiCommand, VerdiCommandGroup
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import Computer, User

__all__ = ('verdi_computer',)


@verdi.group('computer')
def verdi_computer() -> None:
    """Set up and look at computers."""


@verdi_computer.command('list')
@options.ALL(help='Include computers that are not configured for you, or are disabled.')
@options.RAW(help='Print labels alone, without the lines around them.')
@decorators.with_dbenv()
def computer_list(all_entries: bool, raw: bool) -> None:
    """List computers; those that are configured and enabled have a `*`."""
    from aiida.cmdline.utils.computers import warn_of_holds
    from aiida.orm import Computer, User

    user = User.collection.get_default()
    computers = Computer.collection.all()

    def usable(computer: Computer) -> bool:
        return user is not None and computer.is_user_configured(user) and computer.is_user_enabled(user)

    if not computers:
        echo.echo_report('There are no computers yet: `verdi computer setup` makes one.')
        return
    if not raw:
        echo.echo_report('Computers:')
    shown = [computer for computer in computers if all_entries or usable(computer)]
    echo.echo_formatted_list(shown, ['label'], sort=lambda computer: computer.label, highlight=usable)
    hidden = len(computers) - len(shown)
    if hidden and not raw:
        echo.echo_report(f'{hidden} more that cannot be used yet: `verdi computer list --all` shows them.')
    if not raw:
        echo.echo_report('`verdi computer show LABEL` says more about one.')
        warn_of_holds(shown)


@verdi_computer.command('show')
@arguments.COMPUTER()
@decorators.with_dbenv()
def computer_show(computer: Computer) -> None:
    """Show what is known of a computer."""
    from aiida.cmdline.utils.computers import warn_of_holds

    echo.echo_tabulate(
        [
            ['Label', computer.label],
            ['PK', str(computer.pk)],
            ['UUID', computer.uuid],
            ['Description', computer.description],
            ['Hostname', computer.hostname],
            ['Transport type', computer.transport_type],
            ['Scheduler type', computer.scheduler_type],
            ['Work directory', computer.get_workdir()],
            ['Shebang', computer.get_shebang()],
            ['Mpirun command', ' '.join(computer.get_mpirun_command())],
            ['Default #procs/machine', _text(computer.get_default_mpiprocs_per_machine())],
            ['Default memory (kB)/machine', _text(computer.get_default_memory_per_machine())],
            ['Prepend text', computer.get_prepend_text()],
            ['Append text', computer.get_append_text()],
        ]
    )
    warn_of_holds([computer])


def _text(value: Any) -> str:
    return '' if value is None else str(value)


def _interactive(option: Any, prompt: str, **kwargs: Any) -> Any:
    return option(cls=options.InteractiveOption, prompt=prompt, **kwargs)


_LABEL = _interactive(options.LABEL, 'Computer label', required=True, type=types.LabelStringType())


@verdi_computer.command('setup')
@_LABEL
@_interactive(options.HOSTNAME, 'Hostname', required=True)
@_interactive(options.DESCRIPTION, 'Description')
@_interactive(options.TRANSPORT, 'Transport plugin')
@_interactive(options.SCHEDULER, 'Scheduler plugin')
@click.option(
    '--shebang',
    type=types.ShebangParamType(),
    default='#!/bin/bash',
    show_default=True,
    cls=options.InteractiveOption,
    prompt='Shebang line (first line of each script, starting with #!)',
    help='The first line of job scripts.',
)
@click.option(
    '-w',
    '--work-dir',
    default='/scratch/{username}/aiida/',
    show_default=True,
    cls=options.InteractiveOption,
    prompt='Work directory on the computer',
    help='The absolute path of the folder that jobs run below; `{username}` stands for the user name there.',
)
@click.option(
    '-m',
    '--mpirun-command',
    type=types.MpirunCommandParamType(),
    default='mpirun -np {tot_num_mpiprocs}',
    show_default=True,
    cls=options.InteractiveOption,
    prompt='Mpirun command',
    help='The command parallel programs are started with; `{tot_num_mpiprocs}` and other resources are filled in.',
)
@click.option(
    '--mpiprocs-per-machine',
    type=click.INT,
    cls=options.InteractiveOption,
    prompt='Default number of CPUs per machine',
    help='How many MPI processes run on a machine, where a job does not say.',
)
@click.option(
    '--default-memory-per-machine',
    type=click.INT,
    cls=options.InteractiveOption,
    prompt='Default amount of memory per machine (kB)',
    help='How much memory a job gets on a machine, in kB, where it does not say.',
)
@click.option('--use-double-quotes/--not-use-double-quotes', default=False, help='How words are quoted in job scripts.')
@options.PREPEND_TEXT()
@options.APPEND_TEXT()
@options.NON_INTERACTIVE()
@options.CONFIG_FILE()
@decorators.with_dbenv()
def computer_setup(
    label: str,
    hostname: str,
    description: str,
    transport: Any,
    scheduler: Any,
    shebang: str,
    work_dir: str,
    mpirun_command: str,
    mpiprocs_per_machine: int | None,
    default_memory_per_machine: int | None,
    use_double_quotes: bool,
    prepend_text: str,
    append_text: str,
    non_interactive: bool,
) -> None:
    """Make a computer; then `verdi computer configure` says how it is reached."""
    from aiida.manage.configuration import get_profile
    from aiida.orm import Computer

    if Computer.collection.find({'label': label}):
        echo.echo_critical(f'There is a computer `{label}` already: `verdi computer show {label}` shows it.')
    computer = Computer(
        label=label,
        hostname=hostname,
        description=description,
        transport_type=transport.name,
        scheduler_type=scheduler.name,
        workdir=work_dir,
    )
    try:
        computer.set_shebang(shebang)
        computer.set_mpirun_command(mpirun_command.split())
        computer.set_default_mpiprocs_per_machine(mpiprocs_per_machine)
        computer.set_default_memory_per_machine(default_memory_per_machine)
        computer.set_use_double_quotes(use_double_quotes)
        computer.set_prepend_text(prepend_text)
        computer.set_append_text(append_text)
        computer.store()
    except (ValueError, TypeError) as exception:
        echo.echo_critical(f'The computer cannot be made: {exception}')
    profile = get_profile()
    assert profile is not None
    echo.echo_success(f'Computer<{computer.pk}> {computer.label} created')
    echo.echo_report('Before it can be used, it has to be configured:')
    echo.echo_report(f'  verdi -p {profile.name} computer configure {computer.transport_type} {computer.label}')


@verdi_computer.command('enable')
@arguments.COMPUTER()
@arguments.USER(required=False)
@decorators.with_dbenv()
def computer_enable(computer: Computer, user: User | None) -> None:
    """Let jobs be submitted to a computer, by a USER (you, by default)."""
    _switch(computer, user, True)


@verdi_computer.command('disable')
@arguments.COMPUTER()
@arguments.USER(required=False)
@decorators.with_dbenv()
def computer_disable(computer: Computer, user: User | None) -> None:
    """Let no jobs be submitted to a computer, by a USER (you, by default), until it is enabled again."""
    _switch(computer, user, False)


def _switch(computer: Computer, user: User | None, enabled: bool) -> None:
    user = user or _default_user()
    authinfo = _authinfo(computer, user)
    word = 'enabled' if enabled else 'disabled'
    if enabled:
        _lift_hold(computer)
    if authinfo.enabled == enabled:
        echo.echo_report(f"Computer '{computer.label}' was already {word} for user {user.email}.")
        return
    authinfo.enabled = enabled
    echo.echo_report(f"Computer '{computer.label}' {word} for user {user.email}.")


def _lift_hold(computer: Computer) -> None:
    """Let processes go on that wait for a computer because it could not be used."""
    from aiida.engine.runtime.holding import lift

    if lift(computer):
        echo.echo_report(f"what waited for computer '{computer.label}' goes on")


def _default_user() -> User:
    from aiida.orm import User as UserClass

    user: User | None = UserClass.collection.get_default()
    if user is None:
        echo.echo_critical('there is no default user: `verdi user configure` makes one')
    return user


def _authinfo(computer: Computer, user: User) -> Any:
    from aiida.common.exceptions import NotExistent

    try:
        return computer.get_authinfo(user)
    except NotExistent:
        echo.echo_critical(
            f'Computer<{computer.label}> is not yet configured for user<{user.email}>: '
            f'`verdi computer configure {computer.transport_type} {computer.label}`'
        )


@verdi_computer.command('delete')
@options.DRY_RUN()
@options.FORCE()
@arguments.COMPUTER()
@decorators.with_dbenv()
def computer_delete(dry_run: bool, force: bool, computer: Computer) -> None:
    """Delete a computer that no node refers to."""
    from aiida.orm import Computer as ComputerClass
    from aiida.orm import Node, QueryBuilder

    query = QueryBuilder().append(ComputerClass, filters={'id': computer.pk}, tag='computer')
    count = query.append(Node, with_computer='computer', project='id').count()
    if count:
        echo.echo_critical(
            f'Computer<{computer.label}> is used by {count} node{"s" if count > 1 else ""}, which would have to be '
            'deleted first'
        )
    if dry_run:
        echo.echo_report(f'Computer<{computer.label}> would be deleted; no node refers to it.')
        return
    if not force:
        click.confirm(f'Delete the computer `{computer.label}`?', abort=True)
    label = computer.label
    assert computer.pk is not None
    ComputerClass.collection.delete(computer.pk)
    echo.echo_success(f"Computer '{label}' deleted.")


@verdi_computer.command('relabel')
@arguments.COMPUTER()
@arguments.LABEL('label')
@decorators.with_dbenv()
def computer_relabel(computer: Computer, label: str) -> None:
    """Give a computer another LABEL."""
    from aiida.common.exceptions import UniquenessError

    before = computer.label
    if before == label:
        echo.echo_critical('that is its label already')
    try:
        computer.label = label
        computer.store()
    except (UniquenessError, ValueError) as exception:
        echo.echo_critical(f'the computer cannot be called `{label}`: {exception}')
    echo.echo_success(f"Computer '{before}' relabeled to '{label}'")


@verdi_computer.command('goto')
@arguments.COMPUTER()
@decorators.with_dbenv()
def computer_goto(computer: Computer) -> None:
    """Open a shell on a computer."""
    import os

    transport = _authinfo(computer, _default_user()).get_transport()
    echo.echo_report(f'going to computer<{computer.label}>: leave the shell to come back')
    status = os.waitstatus_to_exitcode(os.system(transport.gotocomputer_command()))
    if status != 0:
        echo.echo_critical(f'the shell on {computer.label} ended with status {status}')


@verdi_computer.command('test')
@options.USER(help='Try it as this user; you, by default.')
@options.PRINT_TRACEBACK()
@arguments.COMPUTER()
@decorators.with_dbenv()
def computer_test(user: User | None, print_traceback: bool, computer: Computer) -> None:
    """Try whether a computer can be used: connect, look into the queue, write and delete a file.

    The exit status is 0 if all of it went well.
    """
    from aiida.cmdline.utils.computer_tests import tests_for

    user = user or _default_user()
    echo.echo_report(f'Testing computer<{computer.label}> for user<{user.email}>...')
    authinfo = _authinfo(computer, user)
    if not authinfo.enabled:
        echo.echo_warning(f'Computer<{computer.label}> is disabled for user<{user.email}>')
    failed = 0
    done = 1
    _begin('Opening connection')
    try:
        transport = authinfo.get_transport()
        with transport:
            _end(True, '')
            scheduler = authinfo.computer.get_scheduler()
            tests = tests_for(computer, authinfo, transport, scheduler)
            for test in tests:
                done += 1
                _begin(test.title)
                succeeded, message = test.run()
                failed += not succeeded
                _end(succeeded, message)
    except Exception as exception:
        if print_traceback:
            raise
        _end(False, f'{type(exception).__name__}: {exception}')
        echo.echo_critical('the connection failed, so nothing else was tried')
    if failed:
        echo.echo_critical(f'{failed} of {done} tests failed')
    _lift_hold(computer)
    echo.echo_success(f'all {done} tests succeeded')


def _begin(title: str) -> None:
    click.echo(f'* {title}... ', nl=False)


def _end(succeeded: bool, message: str) -> None:
    mark = click.style('[OK]', fg='green') if succeeded else click.style('[FAILED]', fg='red')
    click.echo(f'{mark}: {message}' if message else mark)


class _ConfigureGroup(VerdiCommandGroup):
    """A command for each transport, with the options that the transport takes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return ``show`` and the names of transports."""
        from aiida.plugins.entry_point import get_entry_point_names

        return ['show', *get_entry_point_names('aiida.transports')]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, made from what a transport says of itself."""
        from aiida.plugins.entry_point import get_entry_point_names

        if cmd_name not in self.commands and cmd_name in get_entry_point_names('aiida.transports'):
            self.add_command(_configure_command(cmd_name))
        return super().get_command(ctx, cmd_name)


@verdi_computer.group('configure', cls=_ConfigureGroup)
def computer_configure() -> None:
    """Say how a computer is reached; the command is named as its transport."""


def _configure_command(transport_type: str) -> click.Command:
    from aiida.plugins import TransportFactory

    transport_class: Any = TransportFactory(transport_type)
    parameters: list[click.Parameter] = []
    for decorate in (
        arguments.COMPUTER(callback=partial(_check_transport, transport_type)),
        options.NON_INTERACTIVE(),
        *(_auth_option(name, spec) for name, spec in reversed(transport_class.auth_options.items())),
        options.USER(help='Configure it for this user; you, by default.'),
        options.CONFIG_FILE(),
    ):
        decorate(_collect(parameters))
    return VerdiCommand(
        transport_type,
        params=list(reversed(parameters)),
        callback=decorators.with_dbenv()(partial(_configure, transport_class)),
        help=f'Say how a computer with the transport `{transport_type}` is reached.',
        short_help=f'For computers with the transport `{transport_type}`.',
    )


def _collect(parameters: list[click.Parameter]) -> Any:
    """Return something that decorators of click add their parameter to."""
    holder = VerdiCommand(None)
    holder.params = parameters
    return holder


def _check_transport(transport_type: str, ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is not None and value.transport_type != transport_type:
        raise click.BadParameter(
            f'the computer `{value.label}` has the transport `{value.transport_type}`, so configure it by '
            f'`verdi computer configure {value.transport_type} {value.label}`',
            ctx=ctx,
            param=param,
        )
    return value


def _auth_option(name: str, spec: dict[str, Any]) -> Any:
    """Return the decorator for an option of a transport."""
    described = dict(spec)
    dashed = name.replace('_', '-')
    switch = described.pop('switch', False)
    described.pop('non_interactive_default', None)
    default = described.pop('default', None)
    short = described.pop('short', None)
    common = {
        'cls': options.InteractiveOption,
        'contextual_default': partial(_present_value, name, default),
        **described,
    }
    if 'option' in common:
        return common.pop('option')(**common)
    declared = [f'--{dashed}/--no-{dashed}' if switch else f'--{dashed}', name]
    return click.option(*([short] if short else []), *declared, **common)


def _present_value(name: str, default: Any, ctx: click.Context) -> Any:
    """Return what the computer is configured with now, what its transport suggests, or the default."""
    from aiida.orm import Computer, User

    computer, user = ctx.params.get('computer'), ctx.params.get('user')
    if not isinstance(computer, Computer):
        return default
    configured = computer.get_configuration(user if isinstance(user, User) else None)
    return configured[name] if name in configured else _suggested_value(name, default, computer)


def _suggested_value(name: str, default: Any, computer: Computer) -> Any:
    """Return what the transport of a computer suggests, or the default."""
    suggest = getattr(computer.get_transport_class(), f'_get_{name}_suggestion_string', None)
    return suggest(computer) if suggest is not None else default


def _configure(
    transport_class: Any, computer: Computer, user: User | None, non_interactive: bool, **parameters: Any
) -> None:
    user = user or _default_user()
    echo.echo_report(f'Configuring computer {computer.label} for user {user.email}.')
    given = {name: value for name, value in parameters.items() if value is not None}
    computer.configure(user=user, **given)
    echo.echo_success(f'{computer.label} successfully configured for {user.email}')


@computer_configure.command('show')
@options.USER()
@click.option('--defaults', is_flag=True, help='Show what the transport takes by default instead.')
@click.option('--as-option-string', is_flag=True, help='Print it as options of the command that configures it.')
@arguments.COMPUTER()
@decorators.with_dbenv()
def computer_configure_show(user: User | None, defaults: bool, as_option_string: bool, computer: Computer) -> None:
    """Show how a computer is reached."""
    known = computer.get_transport_class().auth_options
    user = user or _default_user()
    if defaults:
        values = {name: _suggested_value(name, spec.get('default'), computer) for name, spec in known.items()}
    else:
        values = computer.get_configuration(user)
        if not values and not computer.is_user_configured(user):
            echo.echo_critical(f'Computer<{computer.label}> is not yet configured for user<{user.email}>')
    if as_option_string:
        click.echo(' '.join(filter(None, (_as_option(name, spec, values.get(name)) for name, spec in known.items()))))
        return
    echo.echo_tabulate([[f'* {name}', '-' if values.get(name) in (None, '') else str(values[name])] for name in known])


def _as_option(name: str, spec: dict[str, Any], value: Any) -> str:
    from aiida.common.escaping import escape_for_bash

    dashed = name.replace('_', '-')
    if value in (None, ''):
        return ''
    if spec.get('switch'):
        return f'--{dashed}' if value else f'--no-{dashed}'
    return f'--{dashed}={escape_for_bash(str(value))}'

"""``verdi profile``: making, choosing and deleting profiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.dumping import dumped, dumping

if TYPE_CHECKING:
    from pathlib import Path

    from aiida.manage.configuration import Profile
    from aiida.orm import AbstractCode, Computer, Group, User

__all__ = ('verdi_profile',)


@verdi.group('profile')
def verdi_profile() -> None:
    """Make, choose and delete profiles."""


@verdi_profile.command('list')
@click.pass_context
def profile_list(ctx: click.Context) -> None:
    """List profiles; the default one has a `*`."""
    config = ctx.obj.config
    echo.echo_report(f'configuration folder: {config.dirpath}')
    if not config.profiles:
        echo.echo_warning('there are no profiles yet: `verdi presto` makes one that is ready for use')
        return
    echo.echo_formatted_list(
        config.profiles,
        ['name'],
        sort=lambda profile: profile.name,
        highlight=lambda profile: profile.name == config.default_profile_name,
    )


@verdi_profile.command('show')
@arguments.PROFILE(required=False)
@click.pass_context
def profile_show(ctx: click.Context, profile: Profile | None) -> None:
    """Show what the configuration says of a profile, by default of the default one."""
    profile = profile or ctx.obj.profile
    if profile is None:
        echo.echo_critical('there is no profile to show')
    echo.echo_report(f'Profile: {profile.name}')
    echo.echo_dictionary(_without_passwords(profile.dictionary), fmt='yaml')


def _without_passwords(described: dict[str, object]) -> dict[str, object]:
    """Return a copy in which passwords are stars."""
    return {
        key: _without_passwords(value)
        if isinstance(value, dict)
        else '********'
        if 'password' in key and value
        else value
        for key, value in described.items()
    }


@verdi_profile.command('set-default')
@arguments.PROFILE()
@click.pass_context
def profile_set_default(ctx: click.Context, profile: Profile) -> None:
    """Choose the default profile."""
    ctx.obj.config.set_default_profile(profile.name, overwrite=True).store()
    echo.echo_success(f'`{profile.name}` is the default profile now')


@verdi_profile.command('setdefault', hidden=True)
@arguments.PROFILE()
@click.pass_context
def profile_setdefault(ctx: click.Context, profile: Profile) -> None:
    """Choose the default profile, by the command's former name."""
    ctx.invoke(profile_set_default, profile=profile)


@verdi_profile.command('delete')
@options.FORCE(help='Do not ask; then one of --delete-data and --keep-data has to be given.')
@click.option('--delete-data/--keep-data', default=None, help='Whether the data of the profile are deleted too.')
@arguments.PROFILES(required=True)
@click.pass_context
def profile_delete(ctx: click.Context, force: bool, delete_data: bool | None, profiles: tuple[Profile, ...]) -> None:
    """Delete profiles, with their data or without."""
    if force and delete_data is None:
        raise click.UsageError('with `--force`, say `--delete-data` or `--keep-data`', ctx=ctx)
    from aiida.cmdline.utils.daemon import daemon_is_running
    from aiida.manage.configuration.stores import describe_store

    config = ctx.obj.config
    for profile in profiles:
        if daemon_is_running(profile):
            echo.echo_critical(
                f'the daemon of `{profile.name}` is running: `verdi -p {profile.name} daemon stop` stops it first'
            )
        where = describe_store(profile)
        with_data = delete_data
        if with_data is None:
            with_data = _confirm(f'Delete all data of `{profile.name}` too? They are in {where}')
        what = f'`{profile.name}` and all of its data' if with_data else f'`{profile.name}`, but keep its data'
        if not force and not _confirm(f'Delete {what}?'):
            echo.echo_report(f'`{profile.name}` was left as it is.')
            continue
        before = config.default_profile_name
        config.delete_profile(profile.name, delete_storage=with_data)
        echo.echo_success(f'Deleted {what}{"" if with_data else f" in {where}"}.')
        if before != config.default_profile_name:
            echo.echo_report(f'The default profile is `{config.default_profile_name}` now.')


def _confirm(question: str) -> bool:
    return click.confirm(question, default=False)


@verdi_profile.group('setup')
def profile_setup() -> None:
    """Make a profile, with all choices; `verdi presto` makes one with none."""


def _common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that a profile has whatever its store is."""
    for option in reversed(
        (
            click.option(
                '-p',
                '--profile-name',
                'profile_name',
                type=types.ProfileParamType(cannot_exist=True),
                required=True,
                cls=options.InteractiveOption,
                prompt='Profile name',
                help='The name of the profile.',
            ),
            click.option(
                '--set-as-default/--no-set-as-default', default=True, show_default=True, help='Make it the default one.'
            ),
            options.USER_EMAIL(
                required=True, cls=options.InteractiveOption, prompt='Email Address (identifies your data)'
            ),
            options.USER_FIRST_NAME(default='', type=click.STRING, cls=options.InteractiveOption, prompt='First name'),
            options.USER_LAST_NAME(default='', type=click.STRING, cls=options.InteractiveOption, prompt='Last name'),
            options.USER_INSTITUTION(
                default='', type=click.STRING, cls=options.InteractiveOption, prompt='Institution'
            ),
            click.option(
                '--broker',
                type=click.Choice(['core.rabbitmq', 'core.zeromq', 'none']),
                default='none',
                show_default=True,
                help='The message broker; none is needed.',
            ),
            click.option(
                '--use-rabbitmq/--no-use-rabbitmq', default=None, hidden=True, help='The former name of `--broker`.'
            ),
        )
    ):
        command = option(command)
    return command


def _make_profile(ctx: click.Context, backend: str, storage_config: dict[str, Any], values: dict[str, Any]) -> None:
    """Make a profile as the common options say, and tell where its data are."""
    from aiida.manage.configuration import create_profile
    from aiida.manage.configuration.stores import describe_store

    broker, broker_config = _choose_broker(values['broker'], values['use_rabbitmq'])
    config = ctx.obj.config
    profile = create_profile(
        config,
        name=values['profile_name'].name,
        storage_backend=backend,
        storage_config=storage_config,
        broker_backend=broker,
        broker_config=broker_config,
        **{key: values[key] for key in ('email', 'first_name', 'last_name', 'institution')},
    )
    if values['set_as_default'] or config.default_profile_name is None:
        config.set_default_profile(profile.name, overwrite=True)
    config.store()
    echo.echo_success(f'Created the profile `{profile.name}`, with its data in {describe_store(profile)}.')
    if config.default_profile_name == profile.name:
        echo.echo_success(f'`{profile.name}` is the default profile now.')


def _choose_broker(broker: str, use_rabbitmq: bool | None) -> tuple[str | None, dict[str, Any] | None]:
    """Return the message broker of a new profile and how it is reached."""
    from aiida.cmdline.utils.brokers import RABBITMQ, detected_settings

    if use_rabbitmq is not None:
        broker = RABBITMQ if use_rabbitmq else 'none'
    if broker == RABBITMQ:
        return broker, detected_settings()
    return (None, None) if broker == 'none' else (broker, {})


@profile_setup.command('core.sqlite_dos')
@_common_options
@click.option('--filepath', type=click.Path(file_okay=False, resolve_path=True), help='The folder for the data.')
@options.NON_INTERACTIVE()
@options.CONFIG_FILE()
@click.pass_context
def profile_setup_sqlite_dos(ctx: click.Context, /, filepath: str | None, non_interactive: bool, **values: Any) -> None:
    """Make a profile that keeps its data in SQLite and in files."""
    folder = filepath or _new_folder(ctx, 'sqlite_dos')
    _make_profile(ctx, 'core.sqlite_dos', {'filepath': folder}, values)


def _new_folder(ctx: click.Context, kind: str) -> str:
    import pathlib
    from uuid import uuid4

    return str(pathlib.Path(ctx.obj.config.dirpath) / 'repository' / f'{kind}_{uuid4().hex}')


@profile_setup.command('core.psql_dos')
@_common_options
@click.option('--database-engine', default='postgresql_psycopg', show_default=True, help='The driver; there is one.')
@click.option(
    '--database-hostname',
    default='localhost',
    show_default=True,
    cls=options.InteractiveOption,
    prompt='Hostname of PostgreSQL',
    help='The machine of the server.',
)
@click.option(
    '--database-port',
    type=click.INT,
    default=5432,
    show_default=True,
    cls=options.InteractiveOption,
    prompt='Port of PostgreSQL',
    help='The port of the server.',
)
@click.option(
    '--database-username',
    required=True,
    cls=options.InteractiveOption,
    prompt='User of PostgreSQL',
    help='Who owns the database.',
)
@click.option(
    '--database-password',
    required=True,
    cls=options.InteractiveOption,
    prompt='Password of that user',
    hide_input=True,
    help='The password of that user.',
)
@click.option(
    '--database-name',
    required=True,
    cls=options.InteractiveOption,
    prompt='Name of the database',
    help='A database that is empty, or that is a store already.',
)
@click.option('--repository-uri', help='The folder for the files, as file:///path; by default a new one.')
@options.NON_INTERACTIVE()
@options.CONFIG_FILE()
@click.pass_context
def profile_setup_psql_dos(
    ctx: click.Context, /, repository_uri: str | None, non_interactive: bool, **values: Any
) -> None:
    """Make a profile that keeps its data in PostgreSQL and in files.

    The database has to be there. If it is a store already and the folder has its files, the profile is one more way to
    it: so a profile of aiida-core is taken over, and so a second machine gets the profile of the first.
    """
    import pathlib

    storage_config = {key: value for key, value in values.items() if key.startswith('database_')}
    uri = repository_uri or pathlib.Path(_new_folder(ctx, 'psql_dos')).as_uri()
    if '://' not in uri:
        uri = pathlib.Path(uri).expanduser().absolute().as_uri()
    storage_config['repository_uri'] = uri
    _make_profile(ctx, 'core.psql_dos', storage_config, values)


@verdi_profile.group('configure-broker')
def profile_configure_broker() -> None:
    """Choose the message broker of a profile; none is needed."""


def _configured(name: str) -> Callable[[click.Context], Any]:
    """Return a function that gives what the profile of the command says of a setting now."""

    def value(ctx: click.Context) -> Any:
        given = ctx.params.get('profile')  # not there, or a mark of click, if it is not given
        profile = given if hasattr(given, 'process_control_config') else ctx.obj.profile
        return None if profile is None else profile.process_control_config.get(name)

    return value


def _rabbitmq_options(non_interactive: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what gives a command the options that say how RabbitMQ is reached.

    :param non_interactive: whether nothing is asked unless that is wanted.
    """
    settings = (
        (options.BROKER_PROTOCOL, 'Broker protocol'),
        (options.BROKER_USERNAME, 'Broker username'),
        (options.BROKER_PASSWORD, 'Broker password'),
        (options.BROKER_HOST, 'Broker host'),
        (options.BROKER_PORT, 'Broker port'),
        (options.BROKER_VIRTUAL_HOST, 'Broker virtual host'),
    )

    def give(command: Callable[..., None]) -> Callable[..., None]:
        command = options.NON_INTERACTIVE(default=non_interactive)(command)
        for option, prompt in reversed(settings):
            name = f'broker_{prompt.removeprefix("Broker ").replace(" ", "_")}'
            command = option(cls=options.InteractiveOption, prompt=prompt, contextual_default=_configured(name))(
                command
            )
        command = options.FORCE(help='Do not ask whether to use a service that does not answer.')(command)
        # first of all: the defaults of the others are what this profile says
        with_profile: Callable[..., None] = arguments.PROFILE(required=False, is_eager=True)(command)
        return with_profile

    return give


def _configure_rabbitmq(
    ctx: click.Context, profile: Profile | None, without_asking: bool, settings: dict[str, Any]
) -> None:
    from aiida.brokers.rabbitmq.defaults import detect_rabbitmq_config
    from aiida.cmdline.utils.brokers import RABBITMQ

    profile = _chosen(ctx, profile)
    try:
        detect_rabbitmq_config(**{key.removeprefix('broker_'): value for key, value in settings.items()})
        echo.echo_success('Connected to RabbitMQ with the provided connection parameters')
    except ConnectionError as exception:
        echo.echo_warning(f'Unable to connect to RabbitMQ server: {exception}')
        if not without_asking:
            click.confirm('Do you want to continue with the provided configuration?', abort=True)
    parameters = profile.process_control_config.get('broker_parameters')
    kept = {} if parameters is None else {'broker_parameters': parameters}
    _write_broker(ctx, profile, RABBITMQ, {**settings, **kept})
    shown = _without_passwords(settings)
    echo.echo_success(f'RabbitMQ configuration for `{profile.name}` updated to: {shown}')


def _chosen(ctx: click.Context, profile: Profile | None) -> Profile:
    """Return the profile a command is for, by default the default one."""
    profile = profile or ctx.obj.profile
    if profile is None:
        echo.echo_critical('there is no profile yet: `verdi presto` makes one that is ready for use')
    return profile


def _write_broker(ctx: click.Context, profile: Profile, name: str | None, config: dict[str, Any]) -> None:
    from aiida.cmdline.utils.daemon import daemon_is_running

    profile.set_process_controller(name, config)
    ctx.obj.config.update_profile(profile).store()
    if daemon_is_running(profile):
        echo.echo_report(f'`verdi -p {profile.name} daemon restart` lets the workers use it.')


@profile_configure_broker.command('core.rabbitmq')
@_rabbitmq_options(non_interactive=False)
@click.pass_context
def configure_broker_rabbitmq(
    ctx: click.Context, /, profile: Profile | None, force: bool, non_interactive: bool, **settings: Any
) -> None:
    """Let the programs of a profile tell each other news through RabbitMQ."""
    _configure_rabbitmq(ctx, profile, force or non_interactive, settings)


@profile_configure_broker.command('core.zeromq')
@arguments.PROFILE(required=False)
@options.FORCE(help='Not needed: nothing is asked.')
@options.NON_INTERACTIVE(help='Not needed: nothing is asked.')
@click.pass_context
def configure_broker_zeromq(ctx: click.Context, /, profile: Profile | None, **_: Any) -> None:
    """Name the built-in broker of aiida-core in a profile; here nothing has to run for it."""
    profile = _chosen(ctx, profile)
    _write_broker(ctx, profile, 'core.zeromq', {})
    echo.echo_success(f'Broker of `{profile.name}` set to `core.zeromq`: here the database does its work.')


@profile_configure_broker.command('none')
@arguments.PROFILE(required=False)
@options.FORCE(help='Not needed: nothing is asked.')
@options.NON_INTERACTIVE(help='Not needed: nothing is asked.')
@click.pass_context
def configure_broker_none(ctx: click.Context, /, profile: Profile | None, **_: Any) -> None:
    """Let a profile have no message broker; none is needed."""
    profile = _chosen(ctx, profile)
    _write_broker(ctx, profile, None, {})
    echo.echo_success(f'`{profile.name}` has no message broker, and needs none.')


@verdi_profile.command('configure-rabbitmq')
@_rabbitmq_options(non_interactive=True)
@click.pass_context
def profile_configure_rabbitmq(
    ctx: click.Context, /, profile: Profile | None, force: bool, non_interactive: bool, **settings: Any
) -> None:
    """Let a profile use RabbitMQ, by the former name of `verdi profile configure-broker core.rabbitmq`."""
    echo.echo_deprecated('Please use `verdi profile configure-broker core.rabbitmq` instead.')
    _configure_rabbitmq(ctx, profile, force or non_interactive, settings)


@verdi_profile.command('dump')
@options.PATH(help='The folder, by default one with the name of the profile in the current one.')
@options.DRY_RUN()
@options.OVERWRITE(help='Write all anew, and replace the dump of something else.')
@options.ALL(help='Include all groups, whatever else is chosen.')
@options.CODES()
@options.COMPUTERS()
@options.GROUPS()
@options.USER()
@options.PAST_DAYS()
@options.START_DATE()
@options.END_DATE()
@options.FILTER_BY_LAST_DUMP_TIME()
@options.ONLY_TOP_LEVEL_CALCS()
@options.ONLY_TOP_LEVEL_WORKFLOWS()
@options.DELETE_MISSING()
@options.SYMLINK_CALCS()
@options.ORGANIZE_BY_GROUPS()
@options.ALSO_UNGROUPED()
@options.RELABEL_GROUPS()
@options.INCLUDE_INPUTS()
@options.INCLUDE_OUTPUTS()
@options.INCLUDE_ATTRIBUTES()
@options.INCLUDE_EXTRAS()
@options.FLAT()
@options.DUMP_UNSEALED()
@decorators.with_dbenv()
def profile_dump(
    path: Path | None,
    dry_run: bool,
    overwrite: bool,
    all_entries: bool,
    codes: Sequence[AbstractCode] | None,
    computers: Sequence[Computer] | None,
    groups: Sequence[Group] | None,
    user: User | None,
    **values: Any,
) -> None:
    """Write the files of the processes in the profile into a folder.

    Choose all groups with `--all`, or some processes by groups, user, computers, codes or dates. There is a folder for
    each group in `groups`, built as `verdi group dump` does it, and one for the others in `ungrouped`. What was written
    before and has not changed is left as it is. Files that no dump has written are never touched.
    """
    from aiida.manage import get_manager
    from aiida.tools.dumping.options import split
    from aiida.tools.dumping.profile import Wanted, dump_profile, is_nothing

    profile = get_manager().get_profile()
    assert profile is not None
    with dumping():
        content, collection = split(**values)
        wanted = Wanted(all_entries, groups, user, computers, codes)
        folder = dump_profile(profile, path, dry_run, overwrite, wanted, content, collection)
    if not is_nothing(wanted, collection):
        dumped(f'Profile<{profile.name}>', folder, dry_run)

"""``verdi presto``: a profile that is ready for use, with one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import options, types
from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.manage.configuration import Config, Profile

__all__ = ('verdi_presto',)

_NAME = 'presto'
_POLL_INTERVAL = 1  # seconds


def _free_name(config: Config) -> str:
    """Return ``presto``, or the first of ``presto-1``, ``presto-2``... that is free."""
    name, number = _NAME, 0
    while name in config.profile_names:
        number += 1
        name = f'{_NAME}-{number}'
    return name


@verdi.command('presto')
@click.option(
    '-p', '--profile-name', type=types.LabelStringType(), help='The name; by default `presto`, or `presto-1`...'
)
@options.USER_EMAIL(default=None, show_default='aiida@localhost')
@click.option('--use-postgres', is_flag=True, help='Keep the data in PostgreSQL instead of SQLite.')
@click.option('--use-zeromq', is_flag=True, help='Not needed: processes find each other through the database.')
@click.option('--no-broker', is_flag=True, help='The default: no message broker is needed.')
@click.option('--postgres-hostname', type=types.HostnameType(), default='localhost', help='The machine of PostgreSQL.')
@click.option('--postgres-port', type=click.INT, default=5432, help='The port of PostgreSQL.')
@click.option('--postgres-username', type=click.STRING, default='postgres', help='A user who may create databases.')
@click.option('--postgres-password', type=click.STRING, default=None, help='The password of that user.')
@options.NON_INTERACTIVE(help='Not needed: nothing is asked.')
@click.pass_context
def verdi_presto(
    ctx: click.Context,
    /,
    profile_name: str | None,
    email: str | None,
    use_postgres: bool,
    use_zeromq: bool,
    **rest: Any,
) -> None:
    """Make a profile that is ready for use: data in SQLite, this machine as computer `localhost`.

    Nothing else has to be installed or started. The profile becomes the default one. With `--use-postgres`, a user and
    a database of its own are made on a server of PostgreSQL.
    """
    from aiida.manage.configuration import create_profile, get_config
    from aiida.manage.configuration.settings import DEFAULT_AIIDA_USER
    from aiida.manage.manager import get_manager

    if use_zeromq:
        echo.echo_report('No message broker is set up: processes find each other through the database.')
    config = get_config(create=True)
    name = profile_name or _free_name(config)
    if name in config.profile_names:
        raise click.BadParameter(f'there is a profile `{name}` already', ctx=ctx, param_hint='--profile-name')
    if use_postgres:
        backend, storage_config = 'core.psql_dos', _new_database(config, name, rest)
        echo.echo_success(f'Made the database and the user `{storage_config["database_name"]}`.')
    else:
        backend, storage_config = 'core.sqlite_dos', {'filepath': _new_folder(config)}
    profile = create_profile(
        config,
        name=name,
        email=email or config.get_option('autofill.user.email') or DEFAULT_AIIDA_USER,
        first_name=config.get_option('autofill.user.first_name'),
        last_name=config.get_option('autofill.user.last_name'),
        institution=config.get_option('autofill.user.institution'),
        storage_backend=backend,
        storage_config=storage_config,
    )
    profile.set_option('runner.poll.interval', _POLL_INTERVAL)
    config.update_profile(profile)
    before = config.default_profile_name
    config.set_default_profile(name, overwrite=True)
    config.store()
    _tell(name, before)
    get_manager().load_profile(profile, allow_switch=True)
    _set_up_localhost(config, profile)
    echo.echo_success('Configured this machine as the computer `localhost`.')
    echo.echo_report('See `verdi status`, or run a script with `verdi run`.')


def _tell(name: str, before: str | None) -> None:
    """Say which profile was made, and that it is the default one in the place of another, if it is."""
    if before is None or before == name:
        echo.echo_success(f'Created the profile `{name}`, which is the default one now.')
        return
    echo.echo_success(f'Created the profile `{name}`.')
    echo.echo_warning(
        f'`{name}` is the default profile now, instead of `{before}`, which stays as it is: '
        f'`verdi profile set-default {before}` makes that one the default again.'
    )


def _new_folder(config: Config) -> str:
    import pathlib
    from uuid import uuid4

    return str(pathlib.Path(config.dirpath) / 'repository' / f'sqlite_dos_{uuid4().hex}')


def _new_database(config: Config, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Make a database for a profile and return what the profile says of it."""
    import pathlib
    from uuid import uuid4

    from aiida.common.exceptions import ConfigurationError
    from aiida.storage.postgres.administration import create_database

    described = {key.removeprefix('postgres_'): value for key, value in options.items() if key.startswith('postgres_')}
    try:
        database = create_database(
            f'aiida-{name}',
            host=described['hostname'],
            port=described['port'],
            username=described['username'],
            password=described['password'],
        )
    except ConfigurationError as exception:
        echo.echo_critical(str(exception))
    folder = pathlib.Path(config.dirpath) / 'repository' / f'psql_dos_{uuid4().hex}'
    return {**database, 'repository_uri': folder.as_uri()}


def _set_up_localhost(config: Config, profile: Profile) -> None:
    """Make the computer ``localhost``, with a folder of its own for the jobs of the profile."""
    import pathlib

    from aiida.orm import Computer

    computer = Computer(
        label='localhost',
        hostname='localhost',
        description='This machine, set up by `verdi presto`',
        transport_type='core.local',
        scheduler_type='core.direct',
        workdir=str(pathlib.Path(config.dirpath) / 'scratch' / profile.name),
    ).store()
    computer.set_minimum_job_poll_interval(0.0)
    computer.set_default_mpiprocs_per_machine(1)
    computer.configure(safe_interval=0.0, use_login_shell=False)

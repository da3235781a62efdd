"""``verdi``: the command that all others are below."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.groups.verdi import LazyVerdiGroup, VerdiCommandGroup
from aiida.cmdline.params import options, types

__all__ = ('VerdiCommandGroup', 'verdi')

_COMMANDS = 'aiida.cmdline.commands'


class _Verdi(LazyVerdiGroup):
    """The commands, each imported when it is called."""

    table = {
        'calcjob': (f'{_COMMANDS}.cmd_calcjob:verdi_calcjob', 'Look into calculation jobs.'),
        'code': (f'{_COMMANDS}.cmd_code:verdi_code', 'Set up and look at codes.'),
        'computer': (f'{_COMMANDS}.cmd_computer:verdi_computer', 'Set up and look at computers.'),
        'config': (f'{_COMMANDS}.cmd_config:verdi_config', 'Look at and change options.'),
        'daemon': (f'{_COMMANDS}.cmd_daemon:verdi_daemon', 'Start, stop and look at the daemon.'),
        'data': (f'{_COMMANDS}.cmd_data:verdi_data', 'Look at data, by their kinds.'),
        'devel': (f'{_COMMANDS}.cmd_devel:verdi_devel', 'Look under the bonnet.'),
        'group': (f'{_COMMANDS}.cmd_group:verdi_group', 'Put nodes into groups.'),
        'help': (f'{_COMMANDS}.cmd_help:verdi_help', 'Show what a command is for.'),
        'node': (f'{_COMMANDS}.cmd_node:verdi_node', 'Look at nodes.'),
        'plugin': (f'{_COMMANDS}.cmd_plugin:verdi_plugin', 'See what plugins provide.'),
        'presto': (f'{_COMMANDS}.cmd_presto:verdi_presto', 'Make a profile that is ready for use.'),
        'process': (f'{_COMMANDS}.cmd_process:verdi_process', 'Look at and steer processes.'),
        'profile': (f'{_COMMANDS}.cmd_profile:verdi_profile', 'Make, choose and delete profiles.'),
        'run': (f'{_COMMANDS}.cmd_run:run', 'Run a script with a profile loaded.'),
        'shell': (f'{_COMMANDS}.cmd_shell:shell', 'Open a Python shell with a profile loaded.'),
        'status': (f'{_COMMANDS}.cmd_status:verdi_status', 'Check that everything is in order.'),
        'storage': (f'{_COMMANDS}.cmd_storage:verdi_storage', 'See what the storage holds, keep it in order.'),
        'user': (f'{_COMMANDS}.cmd_user:verdi_user', 'See and set up users.'),
    }


def _print_version(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib import import_module

    aiida = import_module('aiida')
    click.echo(f'Nabucco {aiida.NABUCCO_VERSION} (AiiDA API {aiida.__version__.split("+")[0]})')
    ctx.exit()


@click.group('verdi', cls=_Verdi, context_settings={'help_option_names': ['-h', '--help']})
@options.PROFILE(type=types.ProfileParamType(), expose_value=False)
@options.VERBOSITY()
@click.option(
    '--version', is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help='Show the version.'
)
def verdi() -> None:
    """Nabucco's command line: profiles, computers, codes, processes and their data."""

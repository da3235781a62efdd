"""The options that commands share."""

from __future__ import annotations

import pathlib
from typing import Any

import click

from aiida.cmdline.params import types
from aiida.cmdline.params.options.callable import CallableDefaultOption
from aiida.cmdline.params.options.config import CONFIG_FILE, ConfigFileOption
from aiida.cmdline.params.options.multivalue import MultipleValueOption
from aiida.cmdline.params.options.overridable import OverridableOption
from aiida.cmdline.params.options.verbosity import VERBOSITY

__all__ = (
    'ALL',
    'ALL_STATES',
    'ALL_USERS',
    'APPEND_TEXT',
    'ARCHIVE_FORMAT',
    'BROKER_HOST',
    'BROKER_PASSWORD',
    'BROKER_PORT',
    'BROKER_PROTOCOL',
    'BROKER_USERNAME',
    'BROKER_VIRTUAL_HOST',
    'CALCULATION',
    'CALCULATIONS',
    'CALC_JOB_STATE',
    'CODE',
    'CODES',
    'COMPUTER',
    'COMPUTERS',
    'CONFIG_FILE',
    'DATA',
    'DATUM',
    'DEBUG',
    'DESCRIPTION',
    'DICT_FORMAT',
    'DICT_KEYS',
    'DRY_RUN',
    'EXIT_STATUS',
    'EXPORT_FORMAT',
    'FAILED',
    'FORCE',
    'FORMULA_MODE',
    'FREQUENCY',
    'GROUP',
    'GROUPS',
    'GROUP_CLEAR',
    'HOSTNAME',
    'IDENTIFIER',
    'INPUT_FORMAT',
    'INPUT_PLUGIN',
    'LABEL',
    'LIMIT',
    'MOST_RECENT_NODE',
    'NODE',
    'NODES',
    'NON_INTERACTIVE',
    'OLDER_THAN',
    'ORDER_BY',
    'ORDER_DIRECTION',
    'OVERWRITE',
    'PAST_DAYS',
    'PATH',
    'PAUSED',
    'PORT',
    'PREPEND_TEXT',
    'PRINT_TRACEBACK',
    'PROCESS_LABEL',
    'PROCESS_STATE',
    'PROFILE',
    'PROFILE_ONLY_CONFIG',
    'PROFILE_SET_DEFAULT',
    'PROJECT',
    'RAW',
    'SCHEDULER',
    'SILENT',
    'SORT',
    'TIMEOUT',
    'TRAJECTORY_INDEX',
    'TRANSPORT',
    'TYPE_STRING',
    'USER',
    'USER_EMAIL',
    'USER_FIRST_NAME',
    'USER_INSTITUTION',
    'USER_LAST_NAME',
    'VERBOSITY',
    'VISUALIZATION_FORMAT',
    'WITH_ELEMENTS',
    'WITH_ELEMENTS_EXCLUSIVE',
    'CallableDefaultOption',
    'ConfigFileOption',
    'MultipleValueOption',
    'OverridableOption',
    'active_process_states',
    'default_profile_name',
    'graph_traversal_rules',
    'valid_calc_job_states',
    'valid_process_states',
)


def active_process_states() -> tuple[str, ...]:
    """Return the states of processes that go on."""
    return 'created', 'waiting', 'running'


def valid_process_states() -> tuple[str, ...]:
    """Return the states of processes."""
    from plumpy import ProcessState

    return tuple(state.value for state in ProcessState)


def valid_calc_job_states() -> tuple[str, ...]:
    """Return the states of calculation jobs."""
    from aiida.common.datastructures import CalcJobState

    return tuple(state.value for state in CalcJobState)


def default_profile_name() -> str | None:
    """Return the name of the default profile, ``None`` if there is none."""
    from aiida.common.exceptions import MissingConfigurationError
    from aiida.manage.configuration import get_config

    try:
        return get_config().default_profile_name
    except MissingConfigurationError:
        return None


def graph_traversal_rules(rules: Any) -> Any:
    """Return a decorator that adds an option for each rule that can be switched.

    :param rules: one of :class:`aiida.common.links.GraphTraversalRules`.
    """

    def decorate(command: Any) -> Any:
        for name, rule in sorted(rules.value.items(), reverse=True):
            if rule.toggleable:
                names = f'--{name.replace("_", "-")}/--no-{name.replace("_", "-")}'
                text = f'Whether {rule.link_type.value} links are followed {rule.direction}.'
                command = click.option(names, default=rule.default, show_default=True, help=text)(command)
        return command

    return decorate


PROFILE = OverridableOption(
    '-p',
    '--profile',
    'profile',
    type=types.ProfileParamType(),
    default=default_profile_name,
    cls=CallableDefaultOption,
    help='Use this profile instead of the default one.',
)
ALL = OverridableOption(
    '-a',
    '--all',
    'all_entries',
    is_flag=True,
    default=False,
    help='Include all entries, not only those of the default.',
)
ALL_STATES = OverridableOption('-A', '--all-states', is_flag=True, help='Do not limit to processes in certain states.')
ALL_USERS = OverridableOption(
    '-A', '--all-users', 'all_users', is_flag=True, default=False, help='Include the entries of all users.'
)
APPEND_TEXT = OverridableOption(
    '--append-text', type=click.STRING, default='', help='Lines of bash after the command in the script of a job.'
)
ARCHIVE_FORMAT = OverridableOption(
    '-F',
    '--archive-format',
    type=click.Choice(['zip', 'zip-uncompressed', 'tar.gz']),
    default='zip',
    show_default=True,
    help='The format of the archive.',
)
BROKER_HOST = OverridableOption(
    '--broker-host',
    type=types.HostnameType(),
    default='127.0.0.1',
    show_default=True,
    help='The machine of the message broker.',
)
BROKER_PASSWORD = OverridableOption(
    '--broker-password',
    type=types.NonEmptyStringParamType(),
    default='guest',
    show_default=True,
    hide_input=True,
    help='The password for the message broker.',
)
BROKER_PORT = OverridableOption(
    '--broker-port', type=click.INT, default=5672, show_default=True, help='The port of the message broker.'
)
BROKER_PROTOCOL = OverridableOption(
    '--broker-protocol',
    type=click.Choice(['amqp', 'amqps']),
    default='amqp',
    show_default=True,
    help='The protocol of the message broker.',
)
BROKER_USERNAME = OverridableOption(
    '--broker-username',
    type=types.NonEmptyStringParamType(),
    default='guest',
    show_default=True,
    help='The user of the message broker.',
)
BROKER_VIRTUAL_HOST = OverridableOption(
    '--broker-virtual-host',
    type=click.STRING,
    default='',
    show_default=True,
    help='The virtual host of the message broker, without its slash.',
)
CALCULATION = OverridableOption(
    '-C',
    '--calculation',
    'calculation',
    type=types.CalculationParamType(),
    help='A calculation: its PK, UUID or label.',
)
CALCULATIONS = OverridableOption(
    '-C',
    '--calculations',
    'calculations',
    type=types.CalculationParamType(),
    cls=MultipleValueOption,
    help='One or more calculations: their PKs, UUIDs or labels.',
)
CALC_JOB_STATE = OverridableOption(
    '-s',
    '--calc-job-state',
    'calc_job_state',
    type=types.LazyChoice(valid_calc_job_states),
    cls=MultipleValueOption,
    help='Only include jobs in these states.',
)
CODE = OverridableOption(
    '-X', '--code', 'code', type=types.CodeParamType(), help='A code: its PK, UUID or label (`label@computer`).'
)
CODES = OverridableOption(
    '-X',
    '--codes',
    'codes',
    type=types.CodeParamType(),
    cls=MultipleValueOption,
    help='One or more codes: their PKs, UUIDs or labels.',
)
COMPUTER = OverridableOption(
    '-Y', '--computer', 'computer', type=types.ComputerParamType(), help='A computer: its PK, UUID or label.'
)
COMPUTERS = OverridableOption(
    '-Y',
    '--computers',
    'computers',
    type=types.ComputerParamType(),
    cls=MultipleValueOption,
    help='One or more computers: their PKs, UUIDs or labels.',
)
DATA = OverridableOption(
    '-D',
    '--data',
    'data',
    type=types.DataParamType(),
    cls=MultipleValueOption,
    help='One or more data nodes: their PKs, UUIDs or labels.',
)
DATUM = OverridableOption(
    '-D', '--datum', 'datum', type=types.DataParamType(), help='A data node: its PK, UUID or label.'
)
DEBUG = OverridableOption('--debug', is_flag=True, default=False, hidden=True, help='Show the traceback of an error.')
DESCRIPTION = OverridableOption(
    '-D',
    '--description',
    type=click.STRING,
    metavar='DESCRIPTION',
    default='',
    required=False,
    help='Some words on it.',
)
DICT_FORMAT = OverridableOption(
    '-f',
    '--format',
    'fmt',
    type=click.Choice(['json+date', 'yaml', 'yaml_expanded']),
    default='json+date',
    help='The format it is printed in.',
)
DICT_KEYS = OverridableOption('-k', '--keys', type=click.STRING, cls=MultipleValueOption, help='Only these keys.')
DRY_RUN = OverridableOption('-n', '--dry-run', is_flag=True, help='Say what would be done, and do nothing.')
EXIT_STATUS = OverridableOption(
    '-E', '--exit-status', 'exit_status', type=click.INT, help='Only include entries with this exit status.'
)
EXPORT_FORMAT = OverridableOption('-F', '--format', 'fmt', show_default=True, help='The format of the exported file.')
FAILED = OverridableOption(
    '-X', '--failed', 'failed', is_flag=True, default=False, help='Only include entries that failed.'
)
FORCE = OverridableOption('-f', '--force', is_flag=True, default=False, help='Do not ask whether you are sure.')
FORMULA_MODE = OverridableOption(
    '-f',
    '--formula-mode',
    type=click.Choice(['hill', 'hill_compact', 'reduce', 'group', 'count', 'count_compact']),
    default='hill',
    help='How chemical formulas are written.',
)
FREQUENCY = OverridableOption('-F', '--frequency', 'frequency', type=click.INT, help='How often to do it.')
GROUP = OverridableOption('-G', '--group', 'group', type=types.GroupParamType(), help='A group: its PK, UUID or label.')
GROUPS = OverridableOption(
    '-G',
    '--groups',
    'groups',
    type=types.GroupParamType(),
    cls=MultipleValueOption,
    help='One or more groups: their PKs, UUIDs or labels.',
)
GROUP_CLEAR = OverridableOption('-c', '--clear', is_flag=True, default=False, help='Remove all nodes from the group.')
HOSTNAME = OverridableOption(
    '-H', '--hostname', type=types.HostnameType(), help='The name of the machine on the network.'
)
IDENTIFIER = OverridableOption(
    '-i', '--identifier', 'identifier', default='pk', type=click.Choice(['pk', 'uuid']), help='What nodes are told by.'
)
INPUT_FORMAT = OverridableOption('-F', '--format', 'fmt', show_default=True, help='The format of the input file.')
INPUT_PLUGIN = OverridableOption(
    '-P',
    '--input-plugin',
    type=types.PluginParamType(group='calculations', load=False),
    help='The entry point of a calculation.',
)
LABEL = OverridableOption('-L', '--label', type=click.STRING, metavar='LABEL', help='A short name.')
LIMIT = OverridableOption('-l', '--limit', 'limit', type=click.INT, default=None, help='How many entries at most.')
MOST_RECENT_NODE = OverridableOption(
    '-M', '--most-recent-node', is_flag=True, help='The process that was created last.'
)
NODE = OverridableOption('-N', '--node', 'node', type=types.NodeParamType(), help='A node: its PK, UUID or label.')
NODES = OverridableOption(
    '-N',
    '--nodes',
    'nodes',
    type=types.NodeParamType(),
    cls=MultipleValueOption,
    help='One or more nodes: their PKs, UUIDs or labels.',
)
NON_INTERACTIVE = OverridableOption(
    '-n/-I',
    '--non-interactive/--interactive',
    is_eager=True,
    default=False,
    show_default='--interactive',
    help='Ask nothing: take defaults, and fail where a value is missing.',
)
OLDER_THAN = OverridableOption(
    '-o',
    '--older-than',
    'older_than',
    type=click.INT,
    metavar='OLDER_THAN',
    help='Only include entries changed more than this many days ago.',
)
ORDER_BY = OverridableOption(
    '-O',
    '--order-by',
    'order_by',
    type=click.Choice(['id', 'ctime']),
    default='ctime',
    show_default=True,
    help='What entries are ordered by.',
)
ORDER_DIRECTION = OverridableOption(
    '-D',
    '--order-direction',
    'order_dir',
    type=click.Choice(['asc', 'desc']),
    default='asc',
    show_default=True,
    help='Upwards or downwards.',
)
OVERWRITE = OverridableOption(
    '-o', '--overwrite', is_flag=True, default=False, show_default=True, help='Replace what is there.'
)
PAST_DAYS = OverridableOption(
    '-p',
    '--past-days',
    'past_days',
    type=click.INT,
    metavar='PAST_DAYS',
    help='Only include entries created in this many days.',
)
PATH = OverridableOption('--path', type=click.Path(path_type=pathlib.Path), show_default=False, help='Where to.')
PAUSED = OverridableOption('--paused', 'paused', is_flag=True, help='Only include entries that are paused.')
PORT = OverridableOption('-P', '--port', 'port', type=click.INT, help='A port.')
PREPEND_TEXT = OverridableOption(
    '--prepend-text', type=click.STRING, default='', help='Lines of bash before the command in the script of a job.'
)
PRINT_TRACEBACK = OverridableOption('-t', '--print-traceback', is_flag=True, help='Show the traceback of an error.')
PROCESS_LABEL = OverridableOption(
    '-L',
    '--process-label',
    'process_label',
    type=click.STRING,
    required=False,
    help='Only include processes whose label is this, or fits this pattern with `%`.',
)
PROCESS_STATE = OverridableOption(
    '-S',
    '--process-state',
    'process_state',
    type=types.LazyChoice(valid_process_states),
    cls=MultipleValueOption,
    default=active_process_states(),
    help='Only include processes in these states.',
)
PROFILE_ONLY_CONFIG = OverridableOption(
    '--only-config', is_flag=True, default=False, help='Only the configuration, not the data.'
)
PROFILE_SET_DEFAULT = OverridableOption(
    '--set-default', is_flag=True, default=False, help='Make it the default profile.'
)
PROJECT = OverridableOption('-P', '--project', 'project', cls=MultipleValueOption, help='What is shown of each entry.')
RAW = OverridableOption(
    '-r', '--raw', 'raw', is_flag=True, default=False, help='Print the entries alone, for other programs.'
)
SCHEDULER = OverridableOption(
    '-S',
    '--scheduler',
    type=types.PluginParamType(group='schedulers'),
    required=True,
    help='The entry point of the scheduler.',
)
SILENT = OverridableOption('-s', '--silent', is_flag=True, default=False, help='Print nothing.')
SORT = OverridableOption(
    '--sort/--no-sort', 'sort', is_flag=True, default=True, show_default=True, help='Whether keys are sorted.'
)
TIMEOUT = OverridableOption(
    '-t', '--timeout', type=click.FLOAT, default=5.0, show_default=True, help='Seconds to wait for an answer.'
)
TRAJECTORY_INDEX = OverridableOption(
    '-i', '--trajectory-index', 'trajectory_index', type=click.INT, default=None, help='Which step of the trajectory.'
)
TRANSPORT = OverridableOption(
    '-T',
    '--transport',
    type=types.PluginParamType(group='transports'),
    required=True,
    help='The entry point of the transport.',
)
TYPE_STRING = OverridableOption(
    '-T',
    '--type-string',
    'type_string',
    type=click.STRING,
    required=False,
    help='Only include groups of this type; `%` stands for any text.',
)
USER = OverridableOption('-u', '--user', 'user', type=types.UserParamType(), help='The email of a user.')
USER_EMAIL = OverridableOption('--email', 'email', type=types.EmailType(), help='The email of the user.')
USER_FIRST_NAME = OverridableOption(
    '--first-name', type=types.NonEmptyStringParamType(), help='The first name of the user.'
)
USER_INSTITUTION = OverridableOption(
    '--institution', type=types.NonEmptyStringParamType(), help='The institution of the user.'
)
USER_LAST_NAME = OverridableOption(
    '--last-name', type=types.NonEmptyStringParamType(), help='The last name of the user.'
)
VISUALIZATION_FORMAT = OverridableOption('-F', '--format', 'fmt', show_default=True, help='The format of the picture.')
WITH_ELEMENTS = OverridableOption(
    '-e',
    '--with-elements',
    'elements',
    type=click.STRING,
    cls=MultipleValueOption,
    default=None,
    help='Only include structures that contain these elements.',
)
WITH_ELEMENTS_EXCLUSIVE = OverridableOption(
    '-E',
    '--with-elements-exclusive',
    'elements_exclusive',
    type=click.STRING,
    cls=MultipleValueOption,
    default=None,
    help='Only include structures that consist of these elements.',
)

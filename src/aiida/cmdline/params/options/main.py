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
    'ALSO_UNGROUPED',
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
    'DB_BACKEND',
    'DB_ENGINE',
    'DB_HOST',
    'DB_NAME',
    'DB_PASSWORD',
    'DB_PORT',
    'DB_USERNAME',
    'DEBUG',
    'DELETE_MISSING',
    'DESCRIPTION',
    'DICT_FORMAT',
    'DICT_KEYS',
    'DRY_RUN',
    'DUMP_UNSEALED',
    'END_DATE',
    'EXIT_STATUS',
    'EXPORT_FORMAT',
    'FAILED',
    'FILTER_BY_LAST_DUMP_TIME',
    'FLAT',
    'FORCE',
    'FORMULA_MODE',
    'FREQUENCY',
    'GROUP',
    'GROUPS',
    'GROUP_CLEAR',
    'HOSTNAME',
    'IDENTIFIER',
    'INCLUDE_ATTRIBUTES',
    'INCLUDE_EXTRAS',
    'INCLUDE_INPUTS',
    'INCLUDE_OUTPUTS',
    'INPUT_FORMAT',
    'INPUT_PLUGIN',
    'LABEL',
    'LIMIT',
    'MOST_RECENT_NODE',
    'NODE',
    'NODES',
    'NON_INTERACTIVE',
    'OLDER_THAN',
    'ONLY_TOP_LEVEL_CALCS',
    'ONLY_TOP_LEVEL_WORKFLOWS',
    'ORDER_BY',
    'ORDER_DIRECTION',
    'ORGANIZE_BY_GROUPS',
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
    'RELABEL_GROUPS',
    'REPOSITORY_PATH',
    'SCHEDULER',
    'SILENT',
    'SORT',
    'START_DATE',
    'SYMLINK_CALCS',
    'TIMEOUT',
    'TRAJECTORY_INDEX',
    'TRANSPORT',
    'TRAVERSAL_RULE_HELP_STRING',
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
                text = f'Include {TRAVERSAL_RULE_HELP_STRING[name]}.'
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
ALSO_UNGROUPED = OverridableOption(
    '--also-ungrouped/--no-also-ungrouped', default=False, show_default=True, help='Include nodes that are in no group.'
)
DB_BACKEND = OverridableOption(
    '--db-backend',
    required=True,
    type=click.Choice(['core.psql_dos']),
    default='core.psql_dos',
    help='The entry point of the store.',
)
DB_ENGINE = OverridableOption(
    '--db-engine',
    required=False,
    default='postgresql_psycopg',
    type=click.Choice(['postgresql_psycopg', 'postgresql_psycopg2']),
    help='The driver of the database.',
)
DB_HOST = OverridableOption(
    '--db-host', required=True, type=types.HostnameType(), default='localhost', help='The machine of the database.'
)
DB_NAME = OverridableOption('--db-name', type=types.NonEmptyStringParamType(), help='The name of the database.')
DB_PASSWORD = OverridableOption(
    '--db-password', type=click.STRING, hide_input=True, help='The password of the user of the database.'
)
DB_PORT = OverridableOption('--db-port', required=True, type=click.INT, default=5432, help='The port of the database.')
DB_USERNAME = OverridableOption('--db-username', type=types.NonEmptyStringParamType(), help='The user of the database.')
DELETE_MISSING = OverridableOption(
    '--delete-missing/--no-delete-missing',
    default=True,
    show_default=True,
    help='Delete folders of nodes that no longer exist.',
)
DUMP_UNSEALED = OverridableOption(
    '--dump-unsealed/--no-dump-unsealed',
    default=False,
    show_default=True,
    help='Include processes that are not finished.',
)
END_DATE = OverridableOption(
    '--end-date', default=None, show_default=True, help='Only include entries changed before this time.'
)
FILTER_BY_LAST_DUMP_TIME = OverridableOption(
    '--filter-by-last-dump-time/--no-filter-by-last-dump-time',
    default=True,
    show_default=True,
    help='Only include what changed since the last time.',
)
FLAT = OverridableOption(
    '-f', '--flat', is_flag=True, default=False, help='Put all files of a process into one folder.'
)
INCLUDE_ATTRIBUTES = OverridableOption(
    '--include-attributes/--exclude-attributes', default=True, show_default=True, help='Write the attributes.'
)
INCLUDE_EXTRAS = OverridableOption(
    '--include-extras/--exclude-extras', default=False, show_default=True, help='Write the extras.'
)
INCLUDE_INPUTS = OverridableOption(
    '--include-inputs/--exclude-inputs', default=True, show_default=True, help='Write the files of inputs.'
)
INCLUDE_OUTPUTS = OverridableOption(
    '--include-outputs/--exclude-outputs', default=False, show_default=True, help='Write the files of outputs.'
)
ONLY_TOP_LEVEL_CALCS = OverridableOption(
    '--only-top-level-calcs/--no-only-top-level-calcs',
    default=True,
    show_default=True,
    help='Leave out calculations that workflows called, as entries of their own.',
)
ONLY_TOP_LEVEL_WORKFLOWS = OverridableOption(
    '--only-top-level-workflows/--no-only-top-level-workflows',
    default=True,
    show_default=True,
    help='Leave out workflows that others called, as entries of their own.',
)
ORGANIZE_BY_GROUPS = OverridableOption(
    '--organize-by-groups/--no-organize-by-groups',
    default=True,
    show_default=True,
    help='Make a folder for each group.',
)
RELABEL_GROUPS = OverridableOption(
    '--relabel-groups/--no-relabel-groups',
    default=True,
    show_default=True,
    help='Rename folders of groups that were renamed.',
)
REPOSITORY_PATH = OverridableOption(
    '--repository', type=click.Path(file_okay=False), help='The absolute path of the folder for files.'
)
START_DATE = OverridableOption(
    '--start-date', default=None, show_default=True, help='Only include entries changed after this time.'
)
SYMLINK_CALCS = OverridableOption(
    '--symlink-calcs/--no-symlink-calcs',
    default=False,
    show_default=True,
    help='Write a calculation once, and link to it.',
)

TRAVERSAL_RULE_HELP_STRING = {
    'call_calc_forward': 'calculations that are called',
    'call_calc_backward': 'workflows that call a calculation',
    'call_work_forward': 'workflows that are called',
    'call_work_backward': 'workflows that call a workflow',
    'input_calc_forward': 'calculations that use data',
    'input_calc_backward': 'inputs of calculations',
    'input_work_forward': 'workflows that use data',
    'input_work_backward': 'inputs of workflows',
    'create_forward': 'data that calculations create',
    'create_backward': 'calculations that create data',
    'return_forward': 'data that workflows return',
    'return_backward': 'workflows that return data',
}

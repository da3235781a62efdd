"""Versions of the configuration file: reading older ones, writing them for older programs.

====  ==========================================================================================================
0-1   no version; default profiles per purpose in ``default_profiles``; settings with upper-case names
2     every profile has a ``PROFILE_UUID``
3     one ``default_profile``
4     the message broker in flat keys ``broker_*``
5     options named with dots, those of new users below ``autofill.user``
6     ``storage`` and ``process_control`` with backend and config
7     the two kinds of PostgreSQL stores are one: ``psql_dos``
8     ``test_profile`` said, instead of a name that begins with ``test_``
9     stores named with the prefix ``core.``
10    ``rmq.task_timeout`` is ``broker.task_timeout``, ``logging.db_loglevel`` is ``logging.database_handler``
====  ==========================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from aiida.common.exceptions import ConfigurationVersionError

__all__ = (
    'CURRENT_CONFIG_VERSION',
    'MIGRATIONS',
    'OLDEST_COMPATIBLE_CONFIG_VERSION',
    'check_and_migrate_config',
    'config_needs_migrating',
    'downgrade_config',
    'get_current_version',
    'upgrade_config',
)

CURRENT_CONFIG_VERSION = 10
OLDEST_COMPATIBLE_CONFIG_VERSION = 10

ConfigType = dict[str, Any]

_STORAGE_KEYS = {
    'database_engine': 'AIIDADB_ENGINE',
    'database_hostname': 'AIIDADB_HOST',
    'database_port': 'AIIDADB_PORT',
    'database_username': 'AIIDADB_USER',
    'database_password': 'AIIDADB_PASS',
    'database_name': 'AIIDADB_NAME',
    'repository_uri': 'AIIDADB_REPOSITORY_URI',
}
_BROKER_DEFAULTS: dict[str, Any] = {
    'broker_protocol': 'amqp',
    'broker_username': 'guest',
    'broker_password': 'guest',
    'broker_host': '127.0.0.1',
    'broker_port': 5672,
    'broker_virtual_host': '',
}
_OPTION_NAMES = {
    'runner_poll_interval': 'runner.poll.interval',
    'daemon_default_workers': 'daemon.default_workers',
    'daemon_timeout': 'daemon.timeout',
    'daemon_worker_process_slots': 'daemon.worker_process_slots',
    'db_batch_size': 'db.batch_size',
    'verdi_shell_auto_import': 'verdi.shell.auto_import',
    'logging_aiida_log_level': 'logging.aiida_loglevel',
    'logging_db_log_level': 'logging.db_loglevel',
    'logging_plumpy_log_level': 'logging.plumpy_loglevel',
    'logging_kiwipy_log_level': 'logging.kiwipy_loglevel',
    'logging_paramiko_log_level': 'logging.paramiko_loglevel',
    'logging_alembic_log_level': 'logging.alembic_loglevel',
    'logging_sqlalchemy_log_level': 'logging.sqlalchemy_loglevel',
    'logging_circus_log_level': 'logging.circus_loglevel',
    'user_email': 'autofill.user.email',
    'user_first_name': 'autofill.user.first_name',
    'user_last_name': 'autofill.user.last_name',
    'user_institution': 'autofill.user.institution',
    'show_deprecations': 'warnings.showdeprecations',
    'task_retry_initial_interval': 'transport.task_retry_initial_interval',
    'task_maximum_attempts': 'transport.task_maximum_attempts',
}
_RENAMED_IN_10 = {'rmq.task_timeout': 'broker.task_timeout', 'logging.db_loglevel': 'logging.database_handler'}


def _profiles(config: ConfigType) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from (config.get('profiles') or {}).items()


def _rename_options(config: ConfigType, names: dict[str, str]) -> None:
    for holder in (config, *(profile for _, profile in _profiles(config))):
        options = holder.get('options')
        if not options:
            continue
        for before, after in names.items():
            if before in options:
                value = options.pop(before)
                options.setdefault(after, value)


def _reversed(names: dict[str, str]) -> dict[str, str]:
    return {after: before for before, after in names.items()}


def _unchanged(config: ConfigType) -> None:
    """Nothing but the number changes."""


def _add_uuids(config: ConfigType) -> None:
    from uuid import uuid4

    for _, profile in _profiles(config):
        profile.setdefault('PROFILE_UUID', uuid4().hex)


def _one_default(config: ConfigType) -> None:
    defaults = config.pop('default_profiles', None)
    if defaults and 'default_profile' not in config:
        config['default_profile'] = defaults.get('daemon') or defaults.get('verdi')


def _defaults_per_purpose(config: ConfigType) -> None:
    default = config.pop('default_profile', None)
    if default is not None:
        config['default_profiles'] = {'daemon': default, 'verdi': default}


def _add_broker(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        for key, value in _BROKER_DEFAULTS.items():
            profile.setdefault(key, value)


def _nest_storage(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.setdefault('storage', {})
        if 'AIIDADB_BACKEND' in profile:
            storage['backend'] = profile.pop('AIIDADB_BACKEND')
        described = storage.setdefault('config', {})
        for new, old in _STORAGE_KEYS.items():
            if old in profile:
                described[new] = profile.pop(old)
        control = profile.setdefault('process_control', {})
        control.setdefault('backend', 'rabbitmq')
        described = control.setdefault('config', {})
        for key in (*_BROKER_DEFAULTS, 'broker_parameters'):
            if key in profile:
                described[key] = profile.pop(key)


def _flatten_storage(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.pop('storage', {})
        if 'backend' in storage:
            profile['AIIDADB_BACKEND'] = storage['backend']
        for new, old in _STORAGE_KEYS.items():
            if new in storage.get('config', {}):
                profile[old] = storage['config'][new]
        control = profile.pop('process_control', {})
        for key in (*_BROKER_DEFAULTS, 'broker_parameters'):
            if key in control.get('config', {}):
                profile[key] = control['config'][key]


def _merge_stores(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.get('storage', {})
        if storage.get('backend') in ('django', 'sqlalchemy'):
            storage['_v6_backend'] = storage['backend']
            storage['backend'] = 'psql_dos'


def _split_stores(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.get('storage', {})
        if '_v6_backend' in storage:
            storage['backend'] = storage.pop('_v6_backend')


def _say_test_profiles(config: ConfigType) -> None:
    for name, profile in _profiles(config):
        profile.setdefault('test_profile', name.startswith('test_'))


def _name_test_profiles(config: ConfigType) -> None:
    profiles = config.get('profiles') or {}
    for name in list(profiles):
        is_test = profiles[name].pop('test_profile', False)
        if is_test and not name.startswith('test_'):
            profiles[f'test_{name}'] = profiles.pop(name)
            if config.get('default_profile') == name:
                config['default_profile'] = f'test_{name}'


_STORES = ('psql_dos', 'sqlite_zip', 'sqlite_temp', 'sqlite_dos')


def _prefix_stores(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.get('storage', {})
        if storage.get('backend') in _STORES:
            storage['backend'] = f'core.{storage["backend"]}'


def _unprefix_stores(config: ConfigType) -> None:
    for _, profile in _profiles(config):
        storage = profile.get('storage', {})
        if storage.get('backend') in ('core.psql_dos', 'core.sqlite_zip', 'core.sqlite_temp'):
            storage['backend'] = storage['backend'].removeprefix('core.')


class SingleMigration(NamedTuple):
    """From one version to the next, and back."""

    down_revision: int
    down_compatible: int
    up_revision: int
    up_compatible: int
    upgrade: Callable[[ConfigType], None]
    downgrade: Callable[[ConfigType], None]


MIGRATIONS = (
    SingleMigration(0, 0, 1, 0, _unchanged, _unchanged),
    SingleMigration(1, 0, 2, 0, _add_uuids, _unchanged),
    SingleMigration(2, 0, 3, 3, _one_default, _defaults_per_purpose),
    SingleMigration(3, 3, 4, 3, _add_broker, _unchanged),
    SingleMigration(
        4,
        3,
        5,
        5,
        lambda config: _rename_options(config, _OPTION_NAMES),
        lambda config: _rename_options(config, _reversed(_OPTION_NAMES)),
    ),
    SingleMigration(5, 5, 6, 6, _nest_storage, _flatten_storage),
    SingleMigration(6, 6, 7, 7, _merge_stores, _split_stores),
    SingleMigration(7, 7, 8, 8, _say_test_profiles, _name_test_profiles),
    SingleMigration(8, 8, 9, 9, _prefix_stores, _unprefix_stores),
    SingleMigration(
        9,
        9,
        10,
        10,
        lambda config: _rename_options(config, _RENAMED_IN_10),
        lambda config: _rename_options(config, _reversed(_RENAMED_IN_10)),
    ),
)


def get_current_version(config: ConfigType) -> int:
    """Return the version of a configuration; 0 where it says none."""
    version: int = config.get('CONFIG_VERSION', {}).get('CURRENT', 0)
    return version


def _oldest_compatible(config: ConfigType) -> int:
    version: int = config.get('CONFIG_VERSION', {}).get('OLDEST_COMPATIBLE', 0)
    return version


def config_needs_migrating(config: ConfigType, filepath: str | None = None) -> bool:
    """Return whether a configuration is of an older version.

    :param config: the configuration.
    :param filepath: its path, for the message.
    :raises ConfigurationVersionError: if it is of a newer one that cannot be read here.
    """
    if _oldest_compatible(config) > CURRENT_CONFIG_VERSION:
        raise ConfigurationVersionError(
            f'the configuration {filepath or ""} has version {get_current_version(config)}, and this program reads '
            f'up to {CURRENT_CONFIG_VERSION}: rewrite it with the newer program by '
            f'`verdi config downgrade {CURRENT_CONFIG_VERSION}`'
        )
    return get_current_version(config) < CURRENT_CONFIG_VERSION


def upgrade_config(
    config: ConfigType, target: int = CURRENT_CONFIG_VERSION, migrations: Iterable[SingleMigration] = MIGRATIONS
) -> ConfigType:
    """Return a configuration in a newer version.

    :param config: the configuration, which is left as it is.
    :param target: the version.
    :raises ConfigurationVersionError: if there is no way to it.
    """
    result = deepcopy(config)
    for migration in migrations:
        if migration.down_revision == get_current_version(result) and migration.up_revision <= target:
            migration.upgrade(result)
            result['CONFIG_VERSION'] = {
                'CURRENT': migration.up_revision,
                'OLDEST_COMPATIBLE': migration.up_compatible,
            }
    return _reached(result, target)


def downgrade_config(config: ConfigType, target: int, migrations: Iterable[SingleMigration] = MIGRATIONS) -> ConfigType:
    """Return a configuration in an older version.

    :param config: the configuration, which is left as it is.
    :param target: the version.
    :raises ConfigurationVersionError: if there is no way to it.
    """
    result = deepcopy(config)
    for migration in reversed(tuple(migrations)):
        if migration.up_revision == get_current_version(result) and migration.down_revision >= target:
            migration.downgrade(result)
            result['CONFIG_VERSION'] = {
                'CURRENT': migration.down_revision,
                'OLDEST_COMPATIBLE': migration.down_compatible,
            }
    return _reached(result, target)


def _reached(config: ConfigType, target: int) -> ConfigType:
    version = get_current_version(config)
    if version != target:
        raise ConfigurationVersionError(f'there is no way from version {version} of the configuration to {target}')
    return config


def check_and_migrate_config(config: ConfigType, filepath: str | None = None) -> ConfigType:
    """Return a configuration in the present version.

    :param config: the configuration.
    :param filepath: its path, for the message.
    :raises ConfigurationVersionError: if it is of a newer version that cannot be read here.
    """
    if config_needs_migrating(config, filepath):
        return upgrade_config(config)
    return config

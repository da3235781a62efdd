"""The options of the configuration: their names, types and defaults."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiida.common.exceptions import ConfigurationError
from aiida.common.log import AdvancedLogLevels, LogLevels

__all__ = ('Option', 'get_option', 'get_option_names', 'parse_option')


class _Facts(NamedTuple):
    default: Any
    valid_type: Any
    description: str
    daemon: bool = False
    advanced: bool = False
    global_only: bool = False
    deprecated_by: str | None = None


def _logger(name: str, default: str = 'INHERIT') -> _Facts:
    return _Facts(
        default,
        AdvancedLogLevels,
        f'The lowest level of messages of the logger `{name}`; INHERIT takes that of `logging.aiida_loglevel`.',
        daemon=True,
        advanced=True,
    )


_OPTIONS: dict[str, _Facts] = {
    'runner.poll.interval': _Facts(
        60, int, 'Seconds between two looks at the database for a waited-for process.', True
    ),
    'daemon.default_workers': _Facts(1, int, 'How many workers `verdi daemon start` starts.', True),
    'daemon.timeout': _Facts(2, int, 'Seconds to wait for an answer of the daemon.'),
    'daemon.worker_process_slots': _Facts(200, int, 'How many processes a worker runs at a time.', True),
    'daemon.worker_memory_limit': _Facts(
        None,
        int | None,
        'How much memory in MB a worker may take before another one takes its place; 0 for no limit, a quarter of the '
        'memory of the machine by default.',
        True,
    ),
    'daemon.recursion_limit': _Facts(3000, int, 'The recursion limit of Python in the workers.', True),
    'db.batch_size': _Facts(100000, int, 'How many rows are written to the database at once.'),
    'verdi.shell.auto_import': _Facts(
        ':', str, 'What `verdi shell` imports besides the usual: `module.name`, separated by colons.'
    ),
    'logging.terminal_handler': _Facts('REPORT', LogLevels, 'The lowest level of messages shown on the terminal.'),
    'logging.aiida_loglevel': _Facts('REPORT', LogLevels, 'The lowest level of messages of this program.', True),
    'logging.aiida_core_loglevel': _logger('aiida'),
    'logging.verdi_loglevel': _logger('verdi'),
    'logging.disk_objectstore_loglevel': _logger('disk_objectstore'),
    'logging.database_handler': _Facts(
        'REPORT', LogLevels, 'The lowest level of messages about a process that are kept with it.', True
    ),
    'logging.db_loglevel': _Facts(
        'REPORT',
        LogLevels,
        'The former name of `logging.database_handler`.',
        daemon=True,
        advanced=True,
        deprecated_by='logging.database_handler',
    ),
    'logging.plumpy_loglevel': _logger('plumpy'),
    'logging.kiwipy_loglevel': _logger('kiwipy'),
    'logging.paramiko_loglevel': _logger('paramiko', 'WARNING'),
    'logging.alembic_loglevel': _logger('alembic', 'WARNING'),
    'logging.sqlalchemy_loglevel': _logger('sqlalchemy', 'WARNING'),
    'logging.circus_loglevel': _logger('circus', 'INFO'),
    'logging.aiopika_loglevel': _logger('aio_pika', 'WARNING'),
    'warnings.showdeprecations': _Facts(True, bool, 'Whether to warn of what will go away.'),
    'warnings.rabbitmq_version': _Facts(True, bool, 'Whether to warn of a RabbitMQ that does not fit.'),
    'transport.task_retry_initial_interval': _Facts(
        20, int, 'Seconds before a task on a computer that failed is tried again; doubled each time.', True
    ),
    'transport.task_maximum_attempts': _Facts(
        5, int, 'How often a task on a computer is tried before its process is paused.', True
    ),
    'broker.task_timeout': _Facts(10, int, 'Seconds to wait for an answer of the message broker.', True),
    'rmq.task_timeout': _Facts(
        10, int, 'The former name of `broker.task_timeout`.', daemon=True, deprecated_by='broker.task_timeout'
    ),
    'storage.sandbox': _Facts(None, str | None, 'The absolute path of the folder in which temporary folders are made.'),
    'caching.default_enabled': _Facts(
        False, bool, 'Whether processes take their outputs from equal ones that ran before.', True
    ),
    'caching.enabled_for': _Facts([], list[str], 'Entry points of processes that do, whatever the default.', True),
    'caching.disabled_for': _Facts([], list[str], 'Entry points of processes that do not, whatever the default.', True),
    'autofill.user.email': _Facts(None, str | None, 'The email of the user in new profiles.', global_only=True),
    'autofill.user.first_name': _Facts(
        None, str | None, 'The first name of the user in new profiles.', global_only=True
    ),
    'autofill.user.last_name': _Facts(None, str | None, 'The last name of the user in new profiles.', global_only=True),
    'autofill.user.institution': _Facts(
        None, str | None, 'The institution of the user in new profiles.', global_only=True
    ),
    'rest_api.profile_switching': _Facts(
        False, bool, 'Whether a request to the REST API may say the profile.', global_only=True
    ),
    'warnings.development_version': _Facts(
        True, bool, 'Whether to warn when a version under development is used.', global_only=True
    ),
}

_TRUE, _FALSE = ('true', 't', 'yes', 'y', 'on', '1'), ('false', 'f', 'no', 'n', 'off', '0')


class Option:
    """One option of the configuration."""

    def __init__(self, name: str, schema: Any = None, field: Any = None) -> None:
        """
        :param name: the option's name.
        :raises ConfigurationError: if there is no such option.
        """
        self._name = name
        self._facts = _facts(name)

    def __str__(self) -> str:
        return f'Option(name={self.name})'

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def valid_type(self) -> Any:
        """The type of its values."""
        return self._facts.valid_type

    @property
    def schema(self) -> dict[str, Any]:
        """What is known of it, as a dictionary."""
        return {
            'default': self.default,
            'description': self.description,
            'advanced': self.advanced,
            'requires_daemon_restart': self.requires_daemon_restart,
        }

    @property
    def default(self) -> Any:
        """The value where none is set."""
        default = self._facts.default
        return list(default) if isinstance(default, list) else default

    @property
    def description(self) -> str:
        """What it is good for."""
        return self._facts.description

    @property
    def deprecated_by(self) -> str | None:
        """The name it goes by now."""
        return self._facts.deprecated_by

    @property
    def global_only(self) -> bool:
        """Whether it cannot be set for one profile."""
        return self._facts.global_only

    @property
    def advanced(self) -> bool:
        """Whether few will want to change it."""
        return self._facts.advanced

    @property
    def requires_daemon_restart(self) -> bool:
        """Whether workers have to be restarted to see a change."""
        return self._facts.daemon

    def validate(self, value: Any) -> Any:
        """Return a value in the option's type.

        :param value: a value of that type, or text that says one.
        :raises ConfigurationError: if it is neither.
        """
        try:
            return _convert(self.valid_type, value)
        except (TypeError, ValueError) as exception:
            raise ConfigurationError(f'{value!r} is no value for the option `{self.name}`: {exception}') from exception


def _convert(valid_type: Any, value: Any) -> Any:
    if valid_type is bool:
        return _to_bool(value)
    if valid_type in (int, int | None):
        if value is None and valid_type is not int:
            return None
        if isinstance(value, bool) or (isinstance(value, float) and value != int(value)):
            raise ValueError('it has to be an integer')
        try:
            return int(value)
        except (TypeError, ValueError):
            raise ValueError('it has to be an integer') from None
    if valid_type in (LogLevels, AdvancedLogLevels):
        text = str(getattr(value, 'value', value)).upper()
        if text not in valid_type.__members__:
            raise ValueError(f'it has to be one of {", ".join(valid_type.__members__)}')
        return text
    if valid_type == list[str]:
        if not isinstance(value, (list, tuple)) or not all(isinstance(text, str) for text in value):
            raise ValueError('it has to be a list of text')
        return list(value)
    if value is None and valid_type is not str:
        return None
    if not isinstance(value, str):
        raise ValueError('it has to be text')
    return value


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in _TRUE + _FALSE:
        raise ValueError('it has to be true or false')
    return text in _TRUE


def _facts(name: str) -> _Facts:
    facts = _OPTIONS.get(name)
    if facts is None:
        from difflib import get_close_matches

        near = get_close_matches(name, _OPTIONS, n=1)
        hint = f'; did you mean `{near[0]}`?' if near else '; `verdi config list` shows those that exist'
        raise ConfigurationError(f'the option {name} does not exist{hint}')
    return facts


def option_default(name: str) -> Any:
    """Return the default of an option.

    :raises ConfigurationError: if there is no such option.
    """
    default = _facts(name).default
    return list(default) if isinstance(default, list) else default


def get_option_names() -> list[str]:
    """Return the names of all options."""
    return list(_OPTIONS)


def get_option(name: str) -> Option:
    """Return an option.

    :raises ConfigurationError: if there is no such option.
    """
    return Option(name)


def parse_option(option_name: str, option_value: Any) -> tuple[Option, Any]:
    """Return an option and a value in its type.

    :raises ConfigurationError: if there is no such option or the value is none of its.
    """
    option = get_option(option_name)
    return option, option.validate(option_value)

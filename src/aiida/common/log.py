"""Loggers of this project, their levels, and where their messages go."""

from __future__ import annotations

import contextlib
import enum
import io
import logging
import pathlib
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, cast

from aiida.common.options import get_option_value

__all__ = ('AIIDA_LOGGER', 'override_log_level')

FilePath = str | pathlib.PurePath

#: Between INFO and WARNING: what a user should know of a process.
LOG_LEVEL_REPORT = 23

LOG_LEVELS = {
    'NOTSET': logging.NOTSET,
    'DEBUG': logging.DEBUG,
    'INFO': logging.INFO,
    'REPORT': LOG_LEVEL_REPORT,
    'WARNING': logging.WARNING,
    'ERROR': logging.ERROR,
    'CRITICAL': logging.CRITICAL,
}

#: Name of the level given on the command line, which then wins over the configuration.
CLI_LOG_LEVEL: str | None = None
#: Whether ``verdi`` is running, so that messages are printed as it prints.
CLI_ACTIVE: bool | None = None


class LogLevels(str, enum.Enum):
    """Names of the levels."""

    NOTSET = 'NOTSET'
    DEBUG = 'DEBUG'
    INFO = 'INFO'
    REPORT = 'REPORT'
    WARNING = 'WARNING'
    ERROR = 'ERROR'
    CRITICAL = 'CRITICAL'


class AdvancedLogLevels(str, enum.Enum):
    """Names of the levels, and the one that says: as the logger above."""

    NOTSET = 'NOTSET'
    DEBUG = 'DEBUG'
    INFO = 'INFO'
    REPORT = 'REPORT'
    WARNING = 'WARNING'
    ERROR = 'ERROR'
    CRITICAL = 'CRITICAL'
    INHERIT = 'INHERIT'


class AiidaLoggerType(logging.Logger):
    """A logger that knows the level REPORT."""

    def report(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a message at the level REPORT."""


def report(self: logging.Logger, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message at the level REPORT."""
    if self.isEnabledFor(LOG_LEVEL_REPORT):
        kwargs['stacklevel'] = kwargs.get('stacklevel', 1) + 1
        self._log(LOG_LEVEL_REPORT, msg, args, **kwargs)


def _report_adapter(self: logging.LoggerAdapter[Any], msg: str, *args: Any, **kwargs: Any) -> None:
    """Log a message at the level REPORT."""
    if self.isEnabledFor(LOG_LEVEL_REPORT):
        kwargs['stacklevel'] = kwargs.get('stacklevel', 1) + 1
        self.log(LOG_LEVEL_REPORT, msg, *args, **kwargs)


logging.addLevelName(LOG_LEVEL_REPORT, 'REPORT')
setattr(logging, 'REPORT', LOG_LEVEL_REPORT)  # noqa: B010  # plugins write logging.REPORT
logging.Logger.report = report  # type: ignore[attr-defined]
logging.LoggerAdapter.report = _report_adapter  # type: ignore[attr-defined]

AIIDA_LOGGER = cast(AiidaLoggerType, logging.getLogger('aiida'))

#: Logger, and the option that holds its level.
_LOGGERS = (
    ('aiida', 'logging.aiida_loglevel'),
    ('verdi', 'logging.verdi_loglevel'),
    ('disk_objectstore', 'logging.disk_objectstore_loglevel'),
    ('plumpy', 'logging.plumpy_loglevel'),
    ('kiwipy', 'logging.kiwipy_loglevel'),
    ('paramiko', 'logging.paramiko_loglevel'),
    ('asyncssh', 'logging.paramiko_loglevel'),
    ('alembic', 'logging.alembic_loglevel'),
    ('aio_pika', 'logging.aiopika_loglevel'),
    ('sqlalchemy.engine', 'logging.sqlalchemy_loglevel'),
)

_FORMAT = '%(asctime)s <%(process)d> %(name)s: [%(levelname)s] %(message)s'
_DATE_FORMAT = '%m/%d/%Y %I:%M:%S %p'
_FILE_SIZE = 10_000_000  # bytes
_FILE_COUNT = 10


def get_logging_config() -> dict[str, Any]:
    """Return the present configuration in the form of :func:`logging.config.dictConfig`."""
    loggers = {
        name: {'handlers': ['console'], 'level': _level(option), 'propagate': False} for name, option in _LOGGERS
    }
    return {
        'version': 1,
        'disable_existing_loggers': False,
        'formatters': {'halfverbose': {'format': _FORMAT, 'datefmt': _DATE_FORMAT}},
        'handlers': {
            'console': {
                'class': 'logging.StreamHandler',
                'formatter': 'halfverbose',
                'level': _level('logging.terminal_handler'),
            }
        },
        'loggers': loggers,
    }


def evaluate_logging_configuration(dictionary: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a copy in which every function is replaced by what it returns now."""
    result: dict[Any, Any] = {}
    for key, value in dictionary.items():
        if isinstance(value, Mapping):
            result[key] = evaluate_logging_configuration(value)
        else:
            result[key] = value() if callable(value) else value
    return result


def _level(option: str) -> str:
    """Return the name of a level: that of the command line, of the configuration, or REPORT; for others, WARNING."""
    value = get_option_value(option)
    own = option in ('logging.aiida_loglevel', 'logging.verdi_loglevel', 'logging.terminal_handler')
    if own and CLI_LOG_LEVEL is not None:
        return CLI_LOG_LEVEL.upper()
    if value is None:
        return 'REPORT' if own else 'WARNING'
    if value == 'INHERIT':
        return _level('logging.aiida_loglevel')
    return str(getattr(value, 'value', value))


def configure_logging(with_orm: bool = False, daemon: bool = False, daemon_log_file: FilePath | None = None) -> None:
    """Set level and destination of the loggers of this project and of those it stands on.

    :param with_orm: whether messages about a process are kept with its node (only of use with a loaded profile); they
        go on being kept if they were.
    :param daemon: whether this is a worker, which writes to a file instead of the terminal.
    :param daemon_log_file: that file.
    :raises ValueError: if ``daemon`` is true without a file.
    """
    if daemon and daemon_log_file is None:
        raise ValueError('a daemon needs to be told its log file: pass daemon_log_file')
    # once a profile is loaded, a call that only changes the level does not stop what goes to the database
    keeps_messages = any(isinstance(other, NodeLogHandler) for other in AIIDA_LOGGER.handlers)
    handler = _daemon_handler(daemon_log_file) if daemon and daemon_log_file is not None else _terminal_handler()
    for name, option in _LOGGERS:
        logger = logging.getLogger(name)
        if name == 'verdi':  # prints in its own way
            logger.setLevel(_level(option))
            continue
        logger.handlers = [*(other for other in logger.handlers if not getattr(other, 'is_ours', False)), handler]
        logger.setLevel(_level(option))
        logger.propagate = False
    if with_orm or keeps_messages:
        nodes = NodeLogHandler()
        nodes.setLevel(_level('logging.database_handler'))
        AIIDA_LOGGER.addHandler(nodes)


def _terminal_handler() -> logging.Handler:
    if CLI_ACTIVE:
        cli_handler: logging.Handler = import_module('aiida.cmdline.utils.log').CliHandler()
        cli_handler.is_ours = True  # type: ignore[attr-defined]
        cli_handler.setLevel(_level('logging.terminal_handler'))
        return cli_handler
    handler = TerminalHandler()
    handler.setFormatter(logging.Formatter(_FORMAT, _DATE_FORMAT))
    handler.setLevel(_level('logging.terminal_handler'))
    return handler


def _daemon_handler(path: FilePath) -> logging.Handler:
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(path, maxBytes=_FILE_SIZE, backupCount=_FILE_COUNT, encoding='utf8')
    handler.setFormatter(logging.Formatter(_FORMAT, _DATE_FORMAT))
    handler.is_ours = True  # type: ignore[attr-defined]
    return handler


class NodeLogHandler(logging.Handler):
    """Hands messages that concern a node on to the orm, which keeps them with it; loaded at the first of them."""

    is_ours = True

    def __init__(self) -> None:
        super().__init__()
        self._target: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message if it concerns a node."""
        if not hasattr(record, 'dbnode_id'):
            return
        if self._target is None:
            self._target = import_module('aiida.orm.utils.log').DBLogHandler()
        assert self._target is not None
        self._target.emit(record)


class TerminalHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what is standard error at the moment of the message, so that redirecting it works."""

    is_ours = True

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        """Standard error, now."""
        import sys

        return sys.stderr

    @stream.setter
    def stream(self, value: Any) -> None:
        raise AttributeError('the stream of this handler is standard error')


@contextlib.contextmanager
def override_log_level(level: int = logging.CRITICAL) -> Iterator[None]:
    """Let no message below a level through inside the context.

    :param level: the level; all that is below it is silent.
    """
    before = logging.root.manager.disable
    logging.disable(level - 1 if level > 0 else level)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def capture_logging(logger: logging.Logger = AIIDA_LOGGER) -> Iterator[io.StringIO]:
    """Give a stream that receives all messages of a logger inside the context.

    :param logger: the logger.
    """
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger.addHandler(handler)
    try:
        yield stream
    finally:
        logger.removeHandler(handler)

"""What is raised by the daemon and its client."""

from __future__ import annotations

from aiida.common.exceptions import AiidaException

__all__ = (
    'RUNS_ALREADY',
    'DaemonException',
    'DaemonNotRunningException',
    'DaemonStalePidException',
    'DaemonTimeoutException',
)

#: What a supervisor says that finds another one.
RUNS_ALREADY = 'runs already'


class DaemonException(AiidaException):
    """The daemon is not as it should be."""


class DaemonNotRunningException(DaemonException):
    """The daemon was asked something, but does not run."""


class DaemonTimeoutException(DaemonException):
    """The daemon did not answer, or did not do what it was asked, in time."""


class DaemonStalePidException(DaemonException):
    """The daemon does not run, but its PID file is there."""

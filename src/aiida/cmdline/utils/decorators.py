"""Decorators for commands that need a loaded profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

import click

from aiida.cmdline.utils import echo

__all__ = (
    'dbenv',
    'deprecated_command',
    'only_if_daemon_running',
    'requires_loaded_profile',
    'with_dbenv',
    'with_manager',
)

Wrapped = TypeVar('Wrapped', bound=Callable[..., Any])


def load_backend_if_not_loaded() -> None:
    """Load the profile the command was called for, or the default one, if none is loaded; its store is opened.

    :raises ConfigurationError: if there is none.
    """
    from aiida.manage.manager import get_manager

    manager = get_manager()
    if manager.get_profile() is None:
        context = click.get_current_context(silent=True)
        profile = getattr(context.obj, 'profile', None) if context is not None and context.obj is not None else None
        manager.load_profile(profile)
    manager.get_profile_storage()


def with_dbenv() -> Callable[[Wrapped], Wrapped]:
    """Return a decorator that loads the profile before the command runs."""

    def decorate(function: Wrapped) -> Wrapped:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            load_backend_if_not_loaded()
            return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate


@contextmanager
def dbenv() -> Iterator[None]:
    """Context in which the profile is loaded."""
    load_backend_if_not_loaded()
    yield


def with_manager(function: Wrapped) -> Wrapped:
    """Give the command the manager, as its argument ``manager``."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        from aiida.manage.manager import get_manager

        kwargs['manager'] = get_manager()
        return function(*args, **kwargs)

    return wrapper  # type: ignore[return-value]


def requires_loaded_profile() -> Callable[[Wrapped], Wrapped]:
    """Return a decorator that stops the command where there is no profile."""

    def decorate(function: Wrapped) -> Wrapped:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            context = click.get_current_context()
            if context.obj is None or context.obj.profile is None:
                echo.echo_critical('there is no profile yet: `verdi presto` makes one that is ready for use')
            return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate


def deprecated_command(message: str) -> Callable[[Wrapped], Wrapped]:
    """Return a decorator that prints that the command will go away.

    :param message: what to use instead.
    """

    def decorate(function: Wrapped) -> Wrapped:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            from aiida.common.options import get_option_value

            if get_option_value('warnings.showdeprecations', True):
                echo.echo_deprecated(message)
            return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate


def only_if_daemon_running(
    echo_function: Callable[[str], Any] = echo.echo_critical, message: str | None = None
) -> Callable[[Wrapped], Wrapped]:
    """Return a decorator that lets the command run only where the daemon is running, or a worker is alive.

    :param echo_function: prints the message where none is.
    :param message: that message, instead of the default one.
    """

    def decorate(function: Wrapped) -> Wrapped:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            from aiida.cmdline.utils.daemon import alive_workers, daemon_is_running

            load_backend_if_not_loaded()
            if not daemon_is_running() and not alive_workers():
                echo_function(message or 'the daemon is not running: `verdi daemon start` starts it')
                return None
            return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate

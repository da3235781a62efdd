"""What every store does alike when a transaction opens and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, Protocol

from aiida.common.exceptions import InvalidOperation

__all__ = ('Transaction', 'Transactional', 'call_all', 'not_passed_on')


class Transactional(Protocol):
    """A database whose transactions can be entered and left."""

    def begin(self) -> None:
        """Enter a transaction."""

    def end(self, error: BaseException | None) -> None:
        """Leave it; the outermost one is committed, or rolled back if an exception left it or one inside."""


class Transaction:
    """The context of a transaction; a class, because generators cost three times as much."""

    __slots__ = ('_database',)

    def __init__(self, database: Transactional) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        self._database.end(error)
        return False


def call_all(actions: Iterable[Callable[[], Any]]) -> None:
    """Call all of ``actions``, even when one of them raises; the first error is passed on."""
    failure: Exception | None = None
    for action in actions:
        try:
            action()
        except Exception as error:
            failure = failure or error
    if failure is not None:
        raise failure


def not_passed_on(error: BaseException) -> InvalidOperation:
    """Return what to say of a transaction that was rolled back for an error inside of it that somebody swallowed."""
    return InvalidOperation(f'the transaction was rolled back: an error inside of it was not passed on: {error!r}')

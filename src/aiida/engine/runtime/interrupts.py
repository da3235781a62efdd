"""Ctrl-C between transitions, never within one."""

from __future__ import annotations

import _weakrefset
import os
import signal
import threading
import weakref
from types import FrameType
from typing import Any

__all__ = ('hides_interrupt', 'interruptible', 'uninterrupted')

_depth = 0
_pending = False
_installed = False


def _handle(signum: int, frame: FrameType | None) -> None:
    """Raise ``KeyboardInterrupt``, or let the transition end first."""
    global _pending
    if _depth:
        _pending = True
    elif _would_be_lost(frame):
        again = threading.Timer(_AGAIN, os.kill, (os.getpid(), signum))
        again.daemon = True
        again.start()
    else:
        raise KeyboardInterrupt


#: Seconds until the interrupt is sent again that came where Python would have swallowed it.
_AGAIN = 0.02
#: How many callers are looked at for a finalizer.
_LOOK_UP = 8


def _would_be_lost(frame: FrameType | None) -> bool:
    """Return whether a finalizer or the callback of a weak reference is running, out of which nothing can be raised."""
    for _ in range(_LOOK_UP):
        if frame is None:
            return False
        code = frame.f_code
        if code.co_name == '__del__' or code.co_filename in _WEAK:
            return True
        frame = frame.f_back
    return False


_WEAK = frozenset({weakref.__file__, _weakrefset.__file__})


def hides_interrupt(exception: BaseException) -> bool:
    """Return whether an exception was raised while Ctrl-C was on its way out, and took its place.

    Code that cleans up does that when it is interrupted at the wrong moment: a file descriptor is closed twice.
    """
    following: BaseException | None = exception
    seen = set()
    while following is not None and id(following) not in seen:
        if isinstance(following, KeyboardInterrupt):
            return True
        seen.add(id(following))
        following = following.__cause__ or following.__context__
    return False


class _Uninterrupted:
    """Context in which the main thread is not interrupted; an interrupt that came meanwhile is raised at its end."""

    __slots__ = ()

    def __enter__(self) -> None:
        global _depth
        if _installed and threading.get_ident() == _MAIN:
            _depth += 1

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        global _depth, _pending
        if _installed and threading.get_ident() == _MAIN:
            _depth -= 1
            if _pending and not _depth:
                _pending = False
                raise KeyboardInterrupt


_MAIN = threading.main_thread().ident
_CONTEXT = _Uninterrupted()


def uninterrupted() -> _Uninterrupted:
    """Return a context in which Ctrl-C waits."""
    return _CONTEXT


class interruptible:  # noqa: N801 - reads as a function
    """Context of a run: Ctrl-C raises ``KeyboardInterrupt``, but never in the middle of a transition.

    Handlers of the user and other threads are left alone.
    """

    __slots__ = ('_mine',)

    def __enter__(self) -> None:
        global _installed
        self._mine = (
            not _installed
            and threading.get_ident() == _MAIN
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._mine:
            signal.signal(signal.SIGINT, _handle)
            _installed = True

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        global _installed, _depth, _pending
        if self._mine:
            _installed = False
            signal.signal(signal.SIGINT, signal.default_int_handler)
            _depth, _pending = 0, False

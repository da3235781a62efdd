"""Handlers: methods of a restart work chain that look at a sub process that has ended."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from aiida.engine.processes.exit_code import ExitCode

if TYPE_CHECKING:
    from aiida.orm import ProcessNode

__all__ = ('ProcessHandlerReport', 'process_handler')


class ProcessHandlerReport(NamedTuple):
    """What a handler says: that it dealt with the problem, whether others are still asked, and how it ends if at all.

    With an exit code that is not 0 the work chain ends with it.
    """

    do_break: bool = False
    exit_code: ExitCode = ExitCode()


def process_handler(
    wrapped: Callable[..., Any] | None = None,
    *,
    priority: int = 0,
    exit_codes: None | ExitCode | list[ExitCode] = None,
    enabled: bool = True,
) -> Any:
    """Register a method of a :class:`~aiida.engine.BaseRestartWorkChain` as a handler.

    The method takes ``self`` and the node of the sub process that has ended. It returns a
    :class:`ProcessHandlerReport` if it dealt with a problem, and ``None`` if there was nothing for it to do.

    :param wrapped: the method; left out when the decorator is used with keywords.
    :param priority: handlers with a larger one are called first.
    :param exit_codes: it is called only if the process ended with one of these.
    :param enabled: whether it is called at all, unless the input ``handler_overrides`` says otherwise.
    :raises TypeError: if an argument is of a wrong type, or the method takes something else than ``self`` and the node.
    """
    if wrapped is None:
        return functools.partial(process_handler, priority=priority, exit_codes=exit_codes, enabled=enabled)
    _check(wrapped, priority, enabled)
    codes = exit_codes if exit_codes is None or not isinstance(exit_codes, ExitCode) else [exit_codes]
    if codes is not None and not (isinstance(codes, list | tuple) and all(isinstance(c, ExitCode) for c in codes)):
        raise TypeError(f'`exit_codes` should be an `ExitCode` or a list of them, not {exit_codes!r}')
    statuses = None if codes is None else {code.status for code in codes}

    @functools.wraps(wrapped)
    def handler(self: Any, node: ProcessNode) -> Any:
        if statuses is not None and node.exit_status not in statuses:
            return None
        return wrapped(self, node)

    marked: Any = handler
    marked.decorator = process_handler
    marked.priority = priority
    marked.enabled = enabled
    return cast('FunctionType', handler)


def _check(wrapped: Any, priority: Any, enabled: Any) -> None:
    if not inspect.isfunction(wrapped):
        raise TypeError(f'a process handler is a method, not {wrapped!r}')
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise TypeError(f'`priority` should be an integer, not {priority!r}')
    if not isinstance(enabled, bool):
        raise TypeError(f'`enabled` should be a boolean, not {enabled!r}')
    arguments = inspect.getfullargspec(wrapped)
    if len(arguments.args) != 2 or arguments.varargs or arguments.varkw or arguments.kwonlyargs:
        raise TypeError(
            f'process handler `{wrapped.__name__}` has an invalid signature: it takes `self` and the node of the '
            f'process, not {inspect.signature(wrapped)}'
        )

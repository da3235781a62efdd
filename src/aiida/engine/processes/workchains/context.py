"""How the results of sub processes get into the context of a work chain."""

from __future__ import annotations

from aiida.engine.processes.workchains.awaitable import Awaitable, AwaitableAction, construct_awaitable
from aiida.orm import ProcessNode

__all__ = ('ToContext', 'append_', 'assign_')

#: What a step returns to wait for sub processes: node or awaitable by key of the context.
ToContext = dict


def assign_(target: Awaitable | ProcessNode) -> Awaitable:
    """Return an awaitable that is assigned to its key of the context.

    :param target: the node of a process, or an awaitable.
    """
    awaitable = construct_awaitable(target)
    awaitable.action = AwaitableAction.ASSIGN
    return awaitable


def append_(target: Awaitable | ProcessNode) -> Awaitable:
    """Return an awaitable that is appended to the list at its key of the context, in the order of registration.

    :param target: the node of a process, or an awaitable.
    """
    awaitable = construct_awaitable(target)
    awaitable.action = AwaitableAction.APPEND
    return awaitable

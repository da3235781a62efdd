"""What a work chain waits for."""

from __future__ import annotations

from enum import Enum
from typing import cast

from plumpy.utils import AttributesDict

from aiida.engine.runtime import codec
from aiida.orm import ProcessNode

__all__ = ('Awaitable', 'AwaitableAction', 'AwaitableTarget', 'construct_awaitable')


class Awaitable(AttributesDict):
    """Something a process waits for: ``pk``, ``target``, ``action``, ``outputs``, and the ``key`` in the context."""


codec.register(Awaitable, 'awaitable', vars, lambda content: Awaitable(**content))


class AwaitableTarget(Enum):
    """What kind of thing is waited for."""

    PROCESS = 'process'


class AwaitableAction(Enum):
    """What is done with it in the context once it is there."""

    ASSIGN = 'assign'
    APPEND = 'append'


def construct_awaitable(target: Awaitable | ProcessNode) -> Awaitable:
    """Return an awaitable for a process, which is assigned to a key of the context; an awaitable is returned unchanged.

    :param target: the node of a process, or a handle of one that has a method ``as_awaitable``.
    :raises ValueError: if it is none of these, or the node is not stored.
    """
    if isinstance(target, Awaitable):
        return target
    if not isinstance(target, ProcessNode) and hasattr(target, 'as_awaitable'):
        return cast('Awaitable', target.as_awaitable())
    if not isinstance(target, ProcessNode):
        raise ValueError(
            f'invalid class for awaitable target: {type(target)}; what a work chain waits for is the node of a '
            'process, as `self.submit` returns it'
        )
    if not target.is_stored:
        raise ValueError(
            f'invalid awaitable target: {target} is not stored, so nobody could tell when it is terminated; launch the '
            'process with `run` or with its provenance'
        )
    return Awaitable(
        pk=target.pk, action=AwaitableAction.ASSIGN, target=AwaitableTarget.PROCESS, outputs=False, resolved=False
    )

"""Event loops and threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ('loop_scope',)


@contextmanager
def loop_scope(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let ``loop`` be the event loop of this thread inside the context."""
    policy = asyncio.get_event_loop_policy()
    before = getattr(getattr(policy, '_local', None), '_loop', None)
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(before)

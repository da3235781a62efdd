"""A future for the end of a process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiida.orm import load_node

if TYPE_CHECKING:
    import kiwipy

    from aiida.orm import Node

__all__ = ('ProcessFuture',)


class ProcessFuture(asyncio.Future):  # type: ignore[type-arg]
    """Resolves with the node of a process once it is terminated, by asking for its state and by listening for news."""

    _filtered: Any = None
    _subscriber: Any = None

    def __init__(
        self,
        pk: int,
        loop: asyncio.AbstractEventLoop | None = None,
        poll_interval: None | int | float = None,
        communicator: kiwipy.Communicator | None = None,
    ) -> None:
        """
        :param pk: the process.
        :param loop: the loop it belongs to, the current one for ``None``.
        :param poll_interval: seconds between two looks at the state; ``None`` does not look.
        :param communicator: what to listen to; ``None`` does not listen.
        :raises ValueError: if neither an interval nor a communicator is given, so that it could never resolve.
        """
        if poll_interval is None and communicator is None:
            raise ValueError('a poll interval or a communicator is needed to learn that a process is terminated')
        loop = loop if loop is not None else asyncio.get_event_loop()
        super().__init__(loop=loop)
        self._communicator = communicator
        self._poller: asyncio.Task[None] | None = None
        node = load_node(pk=pk)
        if node.is_terminated:
            self.set_result(node)
            return
        if communicator is not None:
            self._listen(communicator, node)
        if poll_interval is not None:
            self._poller = loop.create_task(self._poll_process(node, poll_interval))
        self.add_done_callback(lambda _: self.cleanup())

    def _listen(self, communicator: kiwipy.Communicator, node: Node) -> None:
        import re

        import kiwipy

        def news(*_: Any, **__: Any) -> None:
            self.get_loop().call_soon_threadsafe(self._resolve, node)

        self._filtered = kiwipy.BroadcastFilter(news, sender=node.pk)
        self._filtered.add_subject_filter(re.compile(r'state_changed\..*\.(finished|excepted|killed)'))
        self._subscriber = communicator.add_broadcast_subscriber(self._filtered)

    def _resolve(self, node: Node) -> None:
        if not self.done():
            self.set_result(node)

    def cleanup(self) -> None:
        """Stop listening and looking."""
        if self._communicator is not None and self._filtered is not None:
            self._communicator.remove_broadcast_subscriber(self._subscriber)
        self._communicator = None
        self._filtered = self._subscriber = None
        if self._poller is not None:
            self._poller.cancel()
            self._poller = None

    async def _poll_process(self, node: Node, poll_interval: int | float) -> None:
        """Look at the state of a node until it is terminated."""
        while not self.done():
            if node.is_terminated:
                self._poller = None
                self._resolve(node)
                return
            await asyncio.sleep(poll_interval)

"""Requests that arrive while a process changes hands."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aiida.brokers import post as module
from aiida.brokers.post import Post, _Session


class Silent:
    """A connection on which nothing happens."""

    def add_close_callback(self, _: Any) -> None:
        """Forget it."""


@pytest.fixture
def post() -> Post:
    made = Post(lambda: None, 'nowhere')  # type: ignore[arg-type, return-value]
    made._closing = True  # no thread
    return made


def test_a_process_that_is_here_again_soon_is_asked(post: Post) -> None:
    async def ask() -> Any:
        receive = _Session(post, Silent())._receiver('7')  # type: ignore[arg-type]
        asyncio.get_running_loop().call_later(0.1, post.listen, 7, lambda name, message: (name, message))
        return await receive(None, 'status')

    assert asyncio.run(ask()) == ('7', 'status')


def test_a_process_that_stays_away_is_not(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, '_GRACE', 0.1)
    with pytest.raises(LookupError, match='not run here any more'):
        asyncio.run(_Session(post, Silent())._receiver('7')(None, 'status'))  # type: ignore[arg-type]

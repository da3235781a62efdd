"""Fixtures that run the service of a message broker. Nothing here needs one, so there is nothing to be run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aiida.manage.configuration import Profile


@contextmanager
def _service(profile: Profile, **kwargs: Any) -> Iterator[None]:
    """Let the processes of a profile tell each other news; they do so through its store without being asked to."""
    yield


@pytest.fixture(scope='session')
def run_aiida_broker_service_for_profile() -> Callable[..., AbstractContextManager[None]]:
    """A function that takes a profile and returns a context in which its broker runs.

    The store of a profile does what the service of a broker would, so the context has nothing to start.
    """
    return _service


@pytest.fixture(scope='session')
def run_aiida_broker_service(
    aiida_profile: Profile, run_aiida_broker_service_for_profile: Callable[..., AbstractContextManager[None]]
) -> Iterator[None]:
    """The broker of the profile of the tests, for all of them."""
    with run_aiida_broker_service_for_profile(aiida_profile):
        yield

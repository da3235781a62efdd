"""Fixtures that run the service of a message broker; tests that ask for them are skipped."""

from __future__ import annotations

import pytest

from aiida.tools.pytest_fixtures.missing import skip_without

_WHAT = 'a message broker run as a service'
_INSTEAD = 'no process needs one, so leave the fixture out'


@pytest.fixture(scope='session')
def run_aiida_broker_service_for_profile() -> None:
    """A context that runs the broker of a profile; the test is skipped."""
    skip_without(_WHAT, _INSTEAD)


@pytest.fixture(scope='session')
def run_aiida_broker_service() -> None:
    """The broker of the profile of the tests, run; the test is skipped."""
    skip_without(_WHAT, _INSTEAD)

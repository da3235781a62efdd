"""The fixture for what there is one of."""

from __future__ import annotations

import pytest

from aiida.manage.manager import Manager, get_manager


@pytest.fixture(scope='session')
def aiida_manager() -> Manager:
    """The manager of this interpreter."""
    return get_manager()

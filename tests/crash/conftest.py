"""Every test of crashes is run over both databases."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

pytest.register_assert_rewrite('storms')


@pytest.fixture(params=['sqlite', 'postgres'])
def profile(request: pytest.FixtureRequest, config_folder: pathlib.Path) -> Any:
    """A profile, loaded, with the computer ``localhost``; in PostgreSQL where that is installed."""
    from profiles_of_tests import make_profile

    if request.param == 'sqlite':
        folder = config_folder / 'repository' / 'sqlite_dos_test'
        return make_profile(config_folder, 'core.sqlite_dos', {'filepath': str(folder)})
    server = request.getfixturevalue('postgres_server')
    return make_profile(config_folder, 'core.psql_dos', server.new_config(config_folder / 'repository'))

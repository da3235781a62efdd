"""A computer that is this machine, reached over SSH."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiida.engine.processes.calcjobs import tasks
from aiida.engine.runners import RUNNER, Runner
from private_sshd import HOST, running_sshd, sshd  # noqa: F401 - fixtures
from profiles_of_tests import make_computer


@pytest.fixture(autouse=True)
def runner(store: Any) -> Iterator[Runner]:
    """The runner of the interpreter."""
    with Runner() as made, RUNNER.override(made):
        yield made


@pytest.fixture(autouse=True)
def tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait as long as users do after a failure."""
    values = {tasks.RETRY_INTERVAL_OPTION: 0.05, tasks.MAX_ATTEMPTS_OPTION: 5}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))


@pytest.fixture(params=['core.ssh', 'core.ssh_async'])
def computer(request: pytest.FixtureRequest, sshd: Any, store: Any, tmp_path: Any) -> Any:  # noqa: F811
    """This machine, by SSH and direct scheduler."""
    return make_computer(
        'there', tmp_path / 'scratch', 0.05, hostname=HOST, transport_type=request.param, use_login_shell=False
    )

"""A computer that is this machine, reached over SSH."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aiida.engine.processes.calcjobs import tasks
from aiida.engine.runners import RUNNER, Runner
from private_sshd import HOST, running_sshd, sshd  # noqa: F401 - fixtures


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
    from aiida.orm import Computer

    made = Computer(
        label='there',
        hostname=HOST,
        description='this machine over SSH',
        transport_type=request.param,
        scheduler_type='core.direct',
        workdir=str(tmp_path / 'scratch'),
    ).store()
    made.set_minimum_job_poll_interval(0.05)
    made.set_default_mpiprocs_per_machine(1)
    made.configure(safe_interval=0.0, use_login_shell=False)
    return made


@pytest.fixture
def bash(computer: Any) -> Any:
    """The shell as a code."""
    from aiida.orm import InstalledCode

    return InstalledCode(label='bash', computer=computer, filepath_executable='/bin/bash').store()

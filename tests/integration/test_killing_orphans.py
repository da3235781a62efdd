"""Killing what was left behind by a program that was killed: its processes, and their jobs on the computer."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import psutil
import pytest

from aiida.common.exceptions import TransportTaskException
from aiida.engine.processes.control import kill_processes

JOB = textwrap.dedent(
    """
    import os, signal
    from aiida import load_profile, orm
    from aiida.engine import run
    from aiida.engine.daemon import execmanager
    from aiida.plugins import CalculationFactory

    load_profile()
    submit = execmanager.submit_calculation

    def submit_and_die(node, transport):
        submit(node, transport)
        os.kill(os.getpid(), signal.SIGKILL)

    execmanager.submit_calculation = submit_and_die
    code = orm.InstalledCode(
        label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash').store()
    builder = CalculationFactory('core.arithmetic.add').get_builder()
    builder.code, builder.x, builder.y = code, orm.Int(1), orm.Int(2)
    builder.metadata.options.sleep = 100
    run(builder)
    """
)

FUNCTION = textwrap.dedent(
    """
    import os, signal
    from aiida import load_profile, orm
    from aiida.engine import calcfunction

    load_profile()

    @calcfunction
    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    die()
    """
)


def run_until_it_is_killed(script: str, folder: Any) -> Any:
    """Run a program that kills itself, and return the process it has left behind."""
    from aiida import orm

    (folder / 'script.py').write_text(script)
    env = {**os.environ, 'AIIDA_PATH': str(folder)}
    done = subprocess.run([sys.executable, str(folder / 'script.py')], env=env, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    node: Any = orm.QueryBuilder().append(orm.ProcessNode).one()[0]
    assert not node.is_terminated
    return node


def jobs_below(folder: Any) -> list[psutil.Process]:
    """Return the programs of the operating system that work in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd().startswith(str(folder)):
                found.append(process)
    return found


def wait_for_job(folder: Any) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while not (jobs := jobs_below(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return jobs


def test_the_job_goes_with_its_process(profile: Any, tmp_path: Any) -> None:
    node = run_until_it_is_killed(JOB, tmp_path)
    jobs = wait_for_job(tmp_path)
    assert jobs
    kill_processes([node], msg_text='enough')
    assert node.is_killed
    assert node.process_status == 'enough'
    assert psutil.wait_procs(jobs, timeout=5)[1] == []


def test_a_job_that_cannot_be_killed_keeps_its_process(profile: Any, tmp_path: Any, monkeypatch: Any) -> None:
    from aiida.schedulers.plugins.direct import DirectScheduler

    node = run_until_it_is_killed(JOB, tmp_path)
    jobs = wait_for_job(tmp_path)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError('no connection')

    with monkeypatch.context() as patch:
        patch.setattr(DirectScheduler, 'kill_job', refuse)
        with pytest.raises(TransportTaskException, match='force=True'):
            kill_processes([node])
    assert not node.is_terminated
    assert node.backend.read_run(node.pk).owner is None
    kill_processes([node])
    assert node.is_killed
    assert psutil.wait_procs(jobs, timeout=5)[1] == []


def test_a_function_is_marked_when_forced(profile: Any, tmp_path: Any, caplog: Any) -> None:
    node = run_until_it_is_killed(FUNCTION, tmp_path)
    kill_processes([node])
    assert 'unreachable' in caplog.text
    assert not node.is_terminated
    kill_processes([node], msg_text='its program was killed', force=True)
    assert node.is_killed
    assert node.is_sealed
    assert node.process_status == 'its program was killed'

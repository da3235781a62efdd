"""A worker that was away for longer than its lease: it drops what others have taken over, and submits no job of it."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import submit
from aiida.engine.runtime.steering import mark_as_killed
from aiida.schedulers.plugins.direct import DirectScheduler

#: Seconds of a lease in these tests.
LEASE = 1.2
ELSEWHERE = 'elsewhere:1@there:1'


@pytest.fixture
def classes(worker: Any) -> Any:
    import worker_processes

    worker._kwargs['lease'] = LEASE
    return worker_processes


def take_over(node: Any) -> int:
    """Let another worker have a process, as if its lease had run out; return the new fence."""
    now = node.backend.now()
    return int(node.backend.claim_one(node.pk, ELSEWHERE, now + 3600, now + 30).fence)


def test_what_waits_here_is_dropped_when_somebody_else_has_it(
    worker: Any, classes: Any, wait_until: Any, caplog: pytest.LogCaptureFixture
) -> None:
    node, kept = submit(classes.Resident), submit(classes.Resident)
    worker.start()
    store = node.backend
    live = worker.worker.runner.live_process
    wait_until(lambda: all(live(found.pk) and live(found.pk).state.value == 'waiting' for found in (node, kept)))
    process = live(kept.pk)
    fence = take_over(node)
    wait_until(lambda: live(node.pk) is None, 5)
    run = store.read_run(node.pk)
    assert (run.owner, run.fence) == (ELSEWHERE, fence)
    assert not node.is_terminated
    assert live(kept.pk) is process
    assert any(f'Process<{node.pk}> was lost to somebody else' in record.getMessage() for record in caplog.records)
    store.release(node.pk, fence, store.now())  # and it can come back
    wait_until(lambda: live(node.pk) is not None, 5)


def test_a_job_that_somebody_else_has_is_not_submitted(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = orm.InstalledCode(
        label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash'
    ).store()
    node = submit(ArithmeticAddCalculation, x=orm.Int(1), y=orm.Int(2), code=code)
    find, submit_job = DirectScheduler.find_submitted_job, DirectScheduler.submit_job
    fences: list[int] = []
    jobs: list[str] = []

    def find_and_lose(self: Any, workdir: str) -> Any:
        if not fences:
            fences.append(take_over(node))
        return find(self, workdir)

    def submit_and_note(self: Any, workdir: str, script: str) -> Any:
        jobs.append(workdir)
        return submit_job(self, workdir, script)

    monkeypatch.setattr(DirectScheduler, 'find_submitted_job', find_and_lose)
    monkeypatch.setattr(DirectScheduler, 'submit_job', submit_and_note)
    worker.start()
    wait_until(lambda: fences)
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    assert jobs == []
    run = node.backend.read_run(node.pk)
    assert (run.owner, run.fence) == (ELSEWHERE, fences[0])
    node.backend.release(node.pk, fences[0], node.backend.now())
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok
    assert len(jobs) == 1


def test_a_job_that_was_killed_by_others_meanwhile_is_not_submitted(
    worker: Any, classes: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = orm.InstalledCode(
        label='bash', computer=orm.load_computer('localhost'), filepath_executable='/bin/bash'
    ).store()
    node = submit(ArithmeticAddCalculation, x=orm.Int(1), y=orm.Int(2), code=code)
    find = DirectScheduler.find_submitted_job
    killed: list[int] = []
    jobs: list[str] = []

    def find_and_end(self: Any, workdir: str) -> Any:
        if not killed:
            killed.append(take_over(node))
            mark_as_killed(orm.load_node(node.pk), 'elsewhere')
        return find(self, workdir)

    def submit_and_note(self: Any, workdir: str, script: str) -> None:
        jobs.append(workdir)

    monkeypatch.setattr(DirectScheduler, 'find_submitted_job', find_and_end)
    monkeypatch.setattr(DirectScheduler, 'submit_job', submit_and_note)
    worker.start()
    wait_until(lambda: killed)
    wait_until(lambda: worker.worker.runner.live_process(node.pk) is None)
    assert jobs == []
    assert node.is_killed

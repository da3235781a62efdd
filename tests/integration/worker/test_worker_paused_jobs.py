"""Jobs that are paused when a task has just ended: nothing of what it gave is lost."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.engine import submit
from aiida.engine.processes.calcjobs import tasks
from aiida.engine.processes.control import play_processes
from aiida.plugins import CalculationFactory


@pytest.mark.parametrize('task', ['task_upload_job', 'task_submit_job', 'task_update_job', 'task_retrieve_job'])
def test_a_job_is_paused_when_a_task_has_just_ended(
    worker: Any, wait_until: Any, localhost: Any, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    real, paused = getattr(tasks, task), []

    async def do_and_pause(*args: Any, **kwargs: Any) -> Any:
        result = await real(*args, **kwargs)
        if not paused:
            paused.append(True)
            worker.worker.runner.live_process(node.pk).pause('a break')
        return result

    monkeypatch.setattr(tasks, task, do_and_pause)
    code = orm.InstalledCode(label='bash', computer=localhost, filepath_executable='/bin/bash').store()
    inputs = {
        'code': code,
        'x': orm.Int(1),
        'y': orm.Int(2),
        'metadata': {'options': {'resources': {'num_machines': 1}}},
    }
    node = submit(CalculationFactory('core.arithmetic.add'), **inputs)
    worker.start()
    wait_until(lambda: node.paused and node.backend.read_run(node.pk).owner is None)
    play_processes([node])
    wait_until(lambda: node.is_terminated)
    assert node.is_finished_ok, (node.exit_status, node.exit_message)
    assert sorted(node.base.links.get_outgoing().all_link_labels()) == ['remote_folder', 'retrieved', 'sum']

"""A job says which attempt comes when, and why; and what it did before once it is at work again."""

import asyncio
import re

import pytest
from scripted_job import ScriptedJob

from aiida.engine.processes.calcjobs import tasks
from aiida.orm import Dict, load_node
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports.plugins.local import LocalTransport


@pytest.mark.parametrize(
    ('owner', 'verb', 'before'),
    [
        (LocalTransport, 'put', 'Waiting for transport task: upload'),
        (DirectScheduler, 'submit_job', 'Waiting for transport task: submit'),
        (DirectScheduler, 'get_ended_job', 'Monitoring scheduler'),
        (LocalTransport, 'get', 'Waiting for transport task: retrieve'),
    ],
)
def test_the_status_tells_of_the_next_attempt(runner, bash, monkeypatch, owner, verb, before):
    values = {tasks.RETRY_INTERVAL_OPTION: 0.1, tasks.MAX_ATTEMPTS_OPTION: 5}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))
    method = getattr(owner, verb)
    calls = []

    def fail(*args, **kwargs):
        calls.append(load_node(process.pid).process_status)
        if len(calls) < 3:
            raise OSError('the network is down')
        return method(*args, **kwargs)

    monkeypatch.setattr(owner, verb, fail)
    node = runner.submit(ScriptedJob, code=bash, setup=Dict({'write': {'in.sh': 'echo done\n'}}))
    process = runner.live_process(node.pk)
    seen = []

    async def live():
        while not process.has_terminated():
            status = load_node(node.pk).process_status
            if status and status.startswith('retry') and status not in seen:
                seen.append(status)
            await asyncio.sleep(0.01)

    runner.run_until_complete(runner.loop.create_task(asyncio.wait_for(live(), 20)))
    assert [re.sub(r'at \d\d:\d\d:\d\d', 'at 12:04:31', status) for status in seen] == [
        'retry 2 of 5 at 12:04:31: the network is down',
        'retry 3 of 5 at 12:04:31: the network is down',
    ]
    assert calls[1].startswith(before)
    assert calls[2] == calls[1]
    ended = load_node(node.pk)
    assert ended.is_finished_ok
    assert ended.process_status is None

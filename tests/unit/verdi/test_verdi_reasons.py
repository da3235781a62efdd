"""Why a process waits: one sentence, told alike by list, show, status, report and watch."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from aiida import orm
from aiida.cmdline.commands.cmd_process import verdi_process
from aiida.cmdline.utils.processes import describe_news
from aiida.cmdline.utils.reasons import Reasons, reason_of
from aiida.common import timezone
from aiida.common.links import LinkType
from aiida.common.polls import next_polls, note_next_poll
from aiida.engine import ProcessState
from aiida.engine.runtime.newsreel import News


def _node(state: ProcessState, status: str | None = None, caller: Any = None, label: str = 'Steps') -> Any:
    node = orm.WorkChainNode()
    node.set_process_label(label)
    node.set_process_state(state)
    node.set_process_status(status)
    if caller is not None:
        node.base.links.add_incoming(caller, LinkType.CALL_WORK, 'CALL')
    return node.store()


@pytest.fixture
def family(profile: Any) -> list[Any]:
    """A process that waits for three that it called, the last of which has called a fourth."""
    parent = _node(ProcessState.WAITING)
    children = [_node(ProcessState.WAITING, caller=parent) for _ in range(3)]
    grandchild = _node(ProcessState.RUNNING, 'busy', caller=children[2])
    store = parent.backend
    fences = [store.enlist(node.pk, owner='elsewhere:1', lease_until=time.time() + 60) for node in children]
    assert fences == [1, 1, 1]
    fence = store.enlist(parent.pk, owner='elsewhere:1', lease_until=time.time() + 60)
    store.enlist(grandchild.pk, owner='elsewhere:1', lease_until=time.time() + 60)
    parent.set_process_status(f'Waiting for child processes: {", ".join(str(node.pk) for node in children)}')
    store.wait_for(parent.pk, [node.pk for node in children])
    store.release(parent.pk, fence, None)
    return [parent, *children, grandchild]


def test_which_children_are_still_waited_for(family: list[Any]) -> None:
    parent, first, second, third, _ = family
    store = parent.backend
    assert reason_of(store, parent.pk) == f'Waiting for child processes: {first.pk}, {second.pk}, {third.pk}'
    store.finish(second.pk)
    assert reason_of(store, parent.pk) == f'Waiting for 2 of 3 child processes: {first.pk}, {third.pk}'
    assert store.awaited() == {parent.pk: [first.pk, third.pk]}


def test_what_is_killed_and_all_below_it(family: list[Any]) -> None:
    parent, first, _, third, grandchild = family
    store = parent.backend
    assert store.doomed() == {}
    store.set_desired(third.pk, 'kill')
    assert store.doomed() == {third.pk: third.pk, grandchild.pk: third.pk}
    assert reason_of(store, third.pk) == 'is being killed'
    assert reason_of(store, grandchild.pk) == f'is being killed with Process<{third.pk}>'
    assert reason_of(store, first.pk) == ''
    store.set_desired(parent.pk, 'kill')
    assert reason_of(store, third.pk) == 'is being killed'
    first.set_process_status('retry 2 of 5 at 12:04:31: no route')
    assert reason_of(store, first.pk) == (
        f'is being killed with Process<{parent.pk}>: retry 2 of 5 at 12:04:31: no route'
    )


def test_a_pause_says_why(family: list[Any]) -> None:
    grandchild = family[-1]
    store = grandchild.backend
    store.set_desired(grandchild.pk, 'pause', 'lunch')
    assert reason_of(store, grandchild.pk) == 'is being paused'
    grandchild.pause()
    assert reason_of(store, grandchild.pk) == 'busy'
    grandchild.set_process_status(None)
    assert reason_of(store, grandchild.pk) == 'lunch'


@pytest.fixture
def job(profile: Any) -> Any:
    node = orm.CalcJobNode(computer=orm.load_computer('localhost'))
    node.set_process_label('ArithmeticAddCalculation')
    node.set_process_state(ProcessState.WAITING)
    node.store()
    node.backend.enlist(node.pk, owner='elsewhere:1', lease_until=time.time() + 60)
    return node


def test_when_the_queue_is_asked_for_a_job(job: Any) -> None:
    store, computer, now = job.backend, job.computer.pk, time.time()
    job.base.attributes.set('state', 'withscheduler')
    assert reason_of(store, job.pk) == 'Monitoring scheduler'
    note_next_poll(store, computer, 'another:1', now, now + 50)
    assert reason_of(store, job.pk) == 'Monitoring scheduler'
    note_next_poll(store, computer, 'elsewhere:1', now, now + 40)
    moment = timezone.clock(timezone.datetime.fromtimestamp(now + 40, timezone.utc))
    assert reason_of(store, job.pk) == f'Monitoring scheduler, next poll at {moment}'
    job.set_process_status('Monitoring scheduler: job state RUNNING')
    assert reason_of(store, job.pk) == f'Monitoring scheduler: job state RUNNING, next poll at {moment}'
    note_next_poll(store, computer, 'elsewhere:1', now - 60, now - 20)  # it is late
    assert reason_of(store, job.pk) == 'Monitoring scheduler: job state RUNNING'


def test_what_is_noted_of_questions_to_a_queue(job: Any) -> None:
    store, now = job.backend, time.time()
    note_next_poll(store, 1, 'a', now, now + 1)
    assert next_polls(store, 1) == {}  # sooner than anybody could read it
    note_next_poll(store, 1, 'a', now, now + 60)
    note_next_poll(store, 1, 'b', now + 30, now + 90)
    assert next_polls(store, 1) == {'a': now + 60, 'b': now + 90}
    note_next_poll(store, 1, 'c', now + 3670, now + 3700)
    assert set(next_polls(store, 1)) == {'b', 'c'}  # a is gone for an hour


@pytest.mark.parametrize(
    ('state', 'reason'),
    [
        (None, 'Waiting for transport task: upload'),
        ('uploading', 'Waiting for transport task: upload'),
        ('submitting', 'Waiting for transport task: submit'),
        ('retrieving', 'Waiting for transport task: retrieve'),
        ('parsing', ''),
    ],
)
def test_what_a_job_waits_for_that_has_not_said_so_yet(job: Any, state: str | None, reason: str) -> None:
    if state:
        job.base.attributes.set('state', state)
    assert reason_of(job.backend, job.pk) == reason


def test_all_commands_tell_the_same(call: Any, family: list[Any]) -> None:
    parent, first = family[:2]
    store = parent.backend
    store.release(first.pk, 1, time.time() + 3600, error='ModuleNotFoundError: No module named `x`')
    (row,) = store.list_processes(node_ids=[first.pk])
    reason = Reasons(store).of(row)
    assert re.fullmatch(r'retry 2 of 5 at (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d: ModuleNotFoundError: No module .*', reason)
    for command in ('list', 'show', 'status', 'report'):
        arguments = [] if command == 'list' else [first.pk]
        assert reason in call(verdi_process, command, *arguments).output, command
    tree = call(verdi_process, 'status', parent.pk).output.splitlines()
    assert tree[0] == f'Steps<{parent.pk}> Waiting'  # its children stand below it
    assert tree[1] == f'    ├── Steps<{first.pk}> Waiting ({reason})'
    assert tree[-1].endswith(f'Steps<{family[-1].pk}> Running (busy)')


def test_watch_begins_with_how_things_stand(call: Any, family: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from aiida.cmdline.utils import watching

    parent, first, second = family[:3]
    store = parent.backend

    def happens(pks: Any, after: int) -> Any:
        yield []
        store.set_desired(first.pk, 'kill')
        yield [News(first.pk, 'asked', 0.0, {'wanted': 'kill', 'status': 'enough'})]
        first.set_process_state(ProcessState.KILLED)
        store.finish(first.pk)
        yield [News(first.pk, 'state_changed', 0.0, {'from': 'waiting', 'to': 'killed'})]
        yield []
        raise KeyboardInterrupt

    monkeypatch.setattr(watching, 'follow', happens)
    monkeypatch.setattr(watching, '_LOOK', 0.0)
    second.set_process_state(ProcessState.FINISHED)
    second.set_exit_status(3)
    lines = call(verdi_process, 'watch', parent.pk, first.pk, second.pk).output.splitlines()
    told = [re.sub(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ', '', line) for line in lines if not line.startswith('Warning')]
    assert told == [
        f'Error: Process<{second.pk}> is already terminated: Finished [3]',
        f'Process<{parent.pk}> Waiting: Waiting for child processes: {first.pk}, {second.pk}, {family[3].pk}',
        f'Process<{first.pk}> Waiting',
        f'Process<{first.pk}> Asked to be killed: enough',
        f'Process<{first.pk}> Waiting -> Killed',
        f'Process<{parent.pk}> Waiting: Waiting for 2 of 3 child processes: {second.pk}, {family[3].pk}',
    ]


@pytest.mark.parametrize(
    ('kind', 'payload', 'text'),
    [
        ('asked', {'wanted': 'pause', 'status': 'Paused through `x`'}, 'Asked to be paused'),
        ('asked', {'wanted': 'run', 'status': None}, 'Asked to go on'),
        ('paused', {'status': 'Paused through `x`'}, 'Paused through `x`'),
        ('paused', {'status': 'no disk\nleft'}, 'Paused: no disk left'),
        ('paused', {}, 'Paused'),
        ('played', {'status': 'busy'}, 'Played: busy'),
    ],
)
def test_what_happened_in_words(kind: str, payload: dict[str, Any], text: str) -> None:
    assert describe_news(News(7, kind, 0.0, payload)).endswith(f'Process<7> {text}')
    assert describe_news(News(7, kind, 0.0, payload), digits=3).endswith(f'Process<7>   {text}')


def test_what_was_killed_says_by_whom(call: Any, family: list[Any]) -> None:
    first = family[1]
    first.set_process_state(ProcessState.KILLED)
    first.set_process_status('Killed through `verdi process kill`')
    assert 'status       Killed through `verdi process kill`' in call(verdi_process, 'show', first.pk).output


def test_nothing_is_asked_when_there_is_nothing_to_kill(call: Any, profile: Any) -> None:
    assert call(verdi_process, 'kill', '-a').output == 'Report: There is no active process, nothing to be killed.\n'


def test_many_that_nobody_runs(call: Any, profile: Any) -> None:
    nodes = [_node(ProcessState.CREATED) for _ in range(11)]
    for node in nodes:
        node.backend.enlist(node.pk)
    (note,) = (line for line in call(verdi_process, 'list').output.splitlines() if 'Nobody runs' in line)
    assert 'Nobody runs 11 processes (' in note
    assert note.endswith('ends these, `-a` all that are active.')


def test_what_waits_takes_no_slot(call: Any, profile: Any) -> None:
    import os
    import socket

    from aiida.storage.records import WorkerRecord

    nodes = [_node(state) for state in (*3 * [ProcessState.WAITING], ProcessState.RUNNING, ProcessState.CREATED)]
    store, now = nodes[0].backend, time.time()
    store.register_worker(WorkerRecord('me', socket.gethostname(), os.getpid(), now, now, ''))
    for node in nodes:
        store.enlist(node.pk, owner='me', lease_until=now + 60)
    assert 'Using 1% of the available daemon worker slots.' in call(verdi_process, 'list').output


def test_what_failed_before_and_rests_for_no_fault_of_its_own_is_not_retried(profile: Any) -> None:
    node = _node(ProcessState.RUNNING)
    store = node.backend
    store.enlist(node.pk)
    for reason, counts in (('a fault', True), ('no space left', False)):
        run = store.claim_one(node.pk, 'worker:1', store.now(), store.now() + 60)
        store.release(node.pk, run.fence, store.now() - 1, reason, counts)
    assert reason_of(store, node.pk) == 'no space left; next try by the next worker'


def test_moments_are_compared_with_the_clock_of_the_database(profile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node = _node(ProcessState.RUNNING)
    store = node.backend
    store.enlist(node.pk)
    run = store.claim_one(node.pk, 'worker:1', store.now(), store.now() + 60)
    store.release(node.pk, run.fence, store.now() + 60, 'no space left', counts=False)
    assert '; next try at ' in reason_of(store, node.pk)
    later = store.now() + 3600
    monkeypatch.setattr(type(store), 'now', lambda _: later)
    assert reason_of(store, node.pk).endswith('; next try by the next worker')

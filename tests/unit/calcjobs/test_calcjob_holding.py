"""A computer that cannot be used is held: its jobs wait, one tries now and then, and all go on by themselves."""

import asyncio
import time

import pytest
from scripted_job import ScriptedJob

from aiida.engine.processes.calcjobs import tasks
from aiida.engine.runtime import holding
from aiida.engine.runtime.holding import ComputerTrouble, Guard, Stage
from aiida.orm import Dict, load_node
from aiida.schedulers import SchedulerError
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports.plugins.local import LocalTransport


@pytest.fixture
def impatient(monkeypatch):
    values = {tasks.RETRY_INTERVAL_OPTION: 0.02, tasks.MAX_ATTEMPTS_OPTION: 3}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))
    monkeypatch.setattr(holding, 'LONGEST_HOLD', 0.3)
    monkeypatch.setattr(holding, '_LOOK', 0.02)


def drive(runner, coroutine, seconds=20):
    return runner.loop.run_until_complete(asyncio.wait_for(coroutine, seconds))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


def submit(runner, bash, script='echo done\n'):
    return runner.submit(ScriptedJob, code=bash, setup=Dict({'write': {'in.sh': script}}))


def hold_of(computer):
    return computer.backend.read_hold(computer.pk)


def is_held(computer):
    hold = hold_of(computer)
    return hold is not None and hold.until is not None


class Broken:
    """Lets a method fail until it is mended, and counts the calls."""

    def __init__(self, monkeypatch, owner, name, error):
        self.calls, self.error = 0, error
        method = getattr(owner, name)

        def call(*args, **kwargs):
            self.calls += 1
            if self.error is not None:
                raise self.error
            return method(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    def mend(self):
        self.error = None


@pytest.mark.parametrize(
    ('owner', 'verb', 'error', 'stage'),
    [
        (LocalTransport, 'open', OSError('no route to it'), Stage.CONNECT),
        (LocalTransport, 'put', ConnectionResetError('no route to it'), Stage.CONNECTED),
        (DirectScheduler, 'get_ended_job', SchedulerError('no route to it'), Stage.SCHEDULER),
        (LocalTransport, 'get', ConnectionResetError('no route to it'), Stage.CONNECTED),
    ],
)
def test_all_wait_and_go_on_by_themselves(
    runner, bash, computer, impatient, monkeypatch, caplog, owner, verb, error, stage
):
    broken = Broken(monkeypatch, owner, verb, error)
    nodes = [submit(runner, bash) for _ in range(5)]
    processes = [runner.live_process(node.pk) for node in nodes]

    async def live():
        await until(lambda: is_held(computer))
        await until(lambda: all('held' in (process.status or '') for process in processes))
        hold = hold_of(computer)
        assert hold.failures >= 3
        assert hold.stage == stage
        before = broken.calls
        await until(lambda: hold_of(computer).failures >= hold.failures + 2)
        assert broken.calls - before <= 4  # one of five tries, or asks for all
        assert not any(process.paused for process in processes)
        status = load_node(nodes[0].pk).process_status
        assert status.startswith('computer here is held after')
        assert 'no route to it; next try at' in status
        broken.mend()
        await until(lambda: all(process.has_terminated() for process in processes))

    drive(runner, live())
    for node in nodes:
        ended = load_node(node.pk)
        assert ended.is_finished_ok, ended.exit_message
        assert ended.process_status is None
    assert hold_of(computer) is None
    told = [record for record in caplog.records if f'CalcJob<{nodes[0].pk}> waits: computer here' in record.message]
    assert len(told) == 1  # not at each try


def test_what_is_the_jobs_own_holds_nobody(runner, bash, computer, impatient, monkeypatch):
    Broken(monkeypatch, LocalTransport, 'put', PermissionError(13, 'you may not', '/somewhere'))
    node = submit(runner, bash)
    process = runner.live_process(node.pk)
    drive(runner, until(lambda: process.paused))
    assert 'Pausing after failed transport task' in process.status
    assert hold_of(computer) is None
    process.kill()


def test_one_whose_connection_is_lost_while_others_succeed_pauses(runner, bash, computer, impatient, monkeypatch):
    put = LocalTransport.put

    def lose(self, source, target, *args, **kwargs):
        if node.uuid[4:] in str(target):
            raise ConnectionResetError('the wall of fire')
        return put(self, source, target, *args, **kwargs)

    monkeypatch.setattr(LocalTransport, 'put', lose)
    node = submit(runner, bash)
    process = runner.live_process(node.pk)

    async def others():
        while not process.paused:
            other = runner.live_process(submit(runner, bash).pk)
            while not (other.has_terminated() or process.paused):
                await asyncio.sleep(0.005)

    drive(runner, others())
    assert 'the wall of fire' in process.status
    process.kill()


def test_the_user_ends_a_hold(runner, bash, computer, impatient, monkeypatch):
    broken = Broken(monkeypatch, LocalTransport, 'open', OSError('no route to it'))
    monkeypatch.setattr(holding, 'LONGEST_HOLD', 500.0)
    node = submit(runner, bash)
    process = runner.live_process(node.pk)

    async def live():
        await until(lambda: is_held(computer))
        hold = hold_of(computer)
        computer.backend.write_hold(hold._replace(until=time.time() + 400, revision=hold.revision + 1))
        broken.mend()
        await asyncio.sleep(0.2)
        assert not process.has_terminated()
        assert holding.lift(computer)
        await until(process.has_terminated)

    drive(runner, live())
    assert load_node(node.pk).is_finished_ok
    assert not holding.lift(computer)


def test_killing_does_not_wait_for_the_computer(runner, bash, computer, impatient, monkeypatch, caplog):
    node = submit(runner, bash, 'sleep 30\n')
    process = runner.live_process(node.pk)

    async def live():
        await until(lambda: node.get_scheduler_state() is not None)
        broken = Broken(monkeypatch, LocalTransport, 'open', OSError('no route to it'))
        guard = Guard(computer, 100.0, 1)
        assert guard.note_failure(time.time(), ComputerTrouble(Stage.CONNECT, OSError('no route to it')))
        process.kill('enough')
        await until(process.has_terminated)
        assert broken.calls
        broken.mend()

    drive(runner, live())
    assert load_node(node.pk).is_killed
    assert 'may still be running: kill of CalcJob' in caplog.text
    with node.get_transport() as transport:
        scheduler = node.computer.get_scheduler()
        scheduler.set_transport(transport)
        scheduler.kill_job(node.get_job_id())


class Refused(OSError):
    transient = False


class TestCounting:
    def trouble(self, stage=Stage.CONNECT, error=None):
        return ComputerTrouble(stage, error or OSError('no route to it'))

    def test_what_fails_at_the_same_time_counts_once(self, computer):
        began = time.time()
        assert not any(Guard(computer, 20.0, 5).note_failure(began, self.trouble()) for _ in range(20))
        assert hold_of(computer).failures == 1

    def test_a_computer_is_held_after_so_many_failures_and_longer_each_time(self, computer):
        guard = Guard(computer, 20.0, 3)
        assert [guard.note_failure(time.time() + 1, self.trouble()) for _ in range(3)] == [False, False, True]
        pauses = []
        for _ in range(5):
            hold = hold_of(computer)
            pauses.append(round(hold.until - hold.failed_at))
            guard.note_failure(time.time() + 1, self.trouble())
        assert pauses == [80, 160, 320, 600, 600]

    def test_whose_attempts_are_used_up_holds_it_though_the_failures_were_forgotten(self, computer):
        guard = Guard(computer, 20.0, 3)
        for _ in range(2):
            assert not guard.note_failure(time.time() + 1, self.trouble())
            holding.lift(computer)
        assert guard.note_failure(time.time() + 1, self.trouble())
        holding.lift(computer)

    def test_whose_attempts_are_used_up_holds_it_though_another_was_counted_just_now(self, computer):
        one, other = Guard(computer, 20.0, 2), Guard(computer, 20.0, 2)
        one.note_failure(time.time() + 1, self.trouble())
        holding.lift(computer)
        began = time.time()
        other.note_failure(time.time() + 1, self.trouble())
        assert one.note_failure(began, self.trouble())

    def test_a_job_that_breaks_its_connection_uses_up_its_own_attempts(self, computer):
        guard = Guard(computer, 20.0, 2)
        for _ in range(4):
            assert not guard.note_failure(time.time() + 1, self.trouble(Stage.CONNECTED))
            guard.note_success(Stage.CONNECTED)

    def test_what_needs_somebody_holds_at_once(self, computer):
        assert Guard(computer, 20.0, 5).note_failure(time.time(), self.trouble(error=Refused('not let in')))
        assert round(hold_of(computer).until - time.time()) == 600

    def test_old_failures_are_forgotten(self, computer):
        Guard(computer, 20.0, 2).note_failure(time.time(), self.trouble())
        hold = hold_of(computer)
        computer.backend.write_hold(hold._replace(failed_at=hold.failed_at - 4000, revision=2))
        assert not Guard(computer, 20.0, 2).note_failure(time.time(), self.trouble())
        assert hold_of(computer).failures == 1

    def test_a_success_proves_what_it_has_come_to(self, computer):
        guard = Guard(computer, 20.0, 1)
        guard.note_failure(time.time(), self.trouble(Stage.CONNECTED))
        guard.note_success(Stage.CONNECT)
        assert is_held(computer)
        guard.note_success(Stage.CONNECTED)
        assert hold_of(computer) is None

    def test_one_tries_at_a_time(self, runner, computer, impatient):
        guards = [Guard(computer, 0.05, 1) for _ in range(6)]
        guards[0].note_failure(time.time(), self.trouble())
        tries = []

        async def use(guard):
            await guard.wait(lambda text: None)
            tries.append(guard)
            await asyncio.sleep(5)

        async def live():
            users = [asyncio.create_task(use(guard)) for guard in guards]
            await asyncio.sleep(0.08)
            one = len(tries)
            holding.lift(computer)
            await until(lambda: len(tries) == 6)
            for user in users:
                user.cancel()
            return one

        assert drive(runner, live()) == 1

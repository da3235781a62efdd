"""Jobs that are killed, interrupted, and met with trouble."""

import asyncio
import os
import time

import pytest
from plumpy.exceptions import KilledError
from plumpy.persistence import LoadSaveContext
from scripted_job import ScriptedJob

from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import run_get_node
from aiida.engine.daemon import execmanager
from aiida.engine.processes.calcjobs import tasks
from aiida.orm import Dict, Int, Log, load_node
from aiida.schedulers.datastructures import JobInfo, JobState
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports import AsyncTransport
from aiida.transports.plugins.local import LocalTransport


@pytest.fixture
def impatient(monkeypatch):
    """Two attempts, a hundredth of a second apart."""
    values = {tasks.RETRY_INTERVAL_OPTION: 0.01, tasks.MAX_ATTEMPTS_OPTION: 2}
    monkeypatch.setattr(tasks, 'get_option_value', lambda name, default=None: values.get(name, default))


def drive(runner, coroutine, seconds=20):
    """Run a coroutine in the loop of the runner."""
    return runner.run_until_complete(runner.loop.create_task(asyncio.wait_for(coroutine, seconds)))


async def until(condition):
    while not condition():
        await asyncio.sleep(0.01)


def group_runs(group):
    """Return whether a process of a group is alive."""
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat') as handle:
                    state = handle.read().rpartition(')')[2].split()[0]
                if os.getpgid(int(name)) == int(group) and state != 'Z':
                    return True
            except (FileNotFoundError, ProcessLookupError):
                continue
    return False


def warnings_of(node):
    """Return what the report of a process says at level WARNING or above."""
    return [log.message for log in Log.collection.get_logs_for(node) if log.levelname in ('WARNING', 'ERROR')]


def submit(runner, code, script):
    return runner.submit(ScriptedJob, code=code, setup=Dict({'write': {'in.sh': script}}))


class TestKilling:
    def test_the_job_goes_with_its_process(self, runner, bash):
        node = submit(runner, bash, 'sleep 100 & sleep 100\n')
        process = runner.live_process(node.pk)

        async def kill():
            await until(lambda: process.node.get_job_id() is not None)
            assert group_runs(process.node.get_job_id())
            await process.kill('no longer needed')
            await until(process.has_terminated)
            await until(lambda: not group_runs(process.node.get_job_id()))

        drive(runner, kill())
        node = load_node(node.pk)
        assert node.is_killed
        assert node.is_sealed
        assert node.get_state() is None
        with pytest.raises(KilledError):
            process.future().result()

    @pytest.mark.parametrize('command', ['submit', 'update'])
    def test_just_when_a_task_has_ended(self, runner, bash, command, monkeypatch):
        """The result of the task is there, but nobody has looked at it yet."""
        name = f'task_{command}_job'
        right = getattr(tasks, name)

        async def ask_in_between(node, other, cancellable):
            result = await right(node, other, cancellable) if command == 'submit' else False
            cancellable.set_result(result)
            process.kill('now')
            return result

        monkeypatch.setattr(tasks, name, ask_in_between)
        node = submit(runner, bash, 'sleep 100\n')
        process = runner.live_process(node.pk)
        drive(runner, until(process.has_terminated))
        drive(runner, until(lambda: not group_runs(process.node.get_job_id())))
        assert load_node(node.pk).is_killed

    def test_a_paused_process_too(self, runner, bash):
        node = submit(runner, bash, 'sleep 100\n')
        process = runner.live_process(node.pk)

        async def kill():
            await until(lambda: process.node.get_job_id() is not None)
            await process.pause()
            assert process.paused
            process.kill('no longer needed')
            await until(lambda: not group_runs(process.node.get_job_id()))

        drive(runner, kill())
        assert load_node(node.pk).is_killed

    def test_before_it_is_submitted(self, runner, bash):
        node = submit(runner, bash, 'touch ran\n')
        process = runner.live_process(node.pk)
        process.kill('changed my mind')
        drive(runner, asyncio.sleep(0.01))
        assert load_node(node.pk).is_killed
        assert process.node.get_job_id() is None

    def test_what_is_not_there_any_more_is_no_trouble(self, bash):
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        with node.get_transport() as transport:
            execmanager.kill_calculation(node, transport)


@pytest.mark.usefixtures('kept_messages')
class TestKillingThatFails:
    """The report of the process says that the job may still run."""

    def kill(self, runner, bash, monkeypatch, state):
        """Kill a process whose job is not killed; return the messages of its report that are warnings or worse."""
        node = submit(runner, bash, 'sleep 100\n')
        process = runner.live_process(node.pk)

        async def kill():
            await until(lambda: process.node.get_job_id() is not None)
            with monkeypatch.context() as patch:
                patch.setattr(DirectScheduler, 'kill_job', lambda *_: False)
                if state is not None:
                    job = JobInfo({'job_id': process.node.get_job_id(), 'job_state': state})
                    patch.setattr(DirectScheduler, 'get_jobs', lambda *_, **__: {job.job_id: job})
                await process.kill('no longer needed')
                await until(process.has_terminated)
            with node.get_transport() as transport:
                execmanager.kill_calculation(process.node, transport)

        drive(runner, kill())
        assert load_node(node.pk).is_killed
        return warnings_of(node)

    def test_as_the_scheduler_does_not_list_it(self, runner, bash, monkeypatch):
        (message,) = self.kill(runner, bash, monkeypatch, JobState.DONE)
        assert 'may still run' in message

    def test_as_the_scheduler_refuses(self, runner, bash, impatient, monkeypatch):
        messages = self.kill(runner, bash, monkeypatch, None)
        assert 'may still be running' in messages[-1]

    def test_of_a_paused_process(self, runner, bash, monkeypatch):
        node = submit(runner, bash, 'sleep 100\n')
        process = runner.live_process(node.pk)

        async def kill():
            await until(lambda: process.node.get_job_id() is not None)
            await process.pause()
            with monkeypatch.context() as patch:
                patch.setattr(DirectScheduler, 'kill_job', lambda *_: False)
                process.kill('no longer needed')
                await until(process.has_terminated)
            with node.get_transport() as transport:
                execmanager.kill_calculation(process.node, transport)

        drive(runner, kill())
        assert 'may still be running' in warnings_of(node)[-1]

    def test_of_a_job_that_has_just_ended_is_no_failure(self, bash, monkeypatch):
        """It ends between the look for its end mark and the kill."""
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        answers = [None, node.get_last_job_info()]
        monkeypatch.setattr(DirectScheduler, 'get_ended_job', lambda *_: answers.pop(0))
        monkeypatch.setattr(DirectScheduler, 'kill_job', lambda *_: False)
        with node.get_transport() as transport:
            execmanager.kill_calculation(node, transport)
        assert answers == []
        assert warnings_of(node) == []

    def test_is_a_warning_of_the_scheduler(self, computer, monkeypatch):
        warnings = []
        monkeypatch.setattr(DirectScheduler._logger, 'warning', lambda message, *args: warnings.append(message % args))
        with computer.get_transport() as transport:
            scheduler = computer.get_scheduler()
            scheduler.set_transport(transport)
            assert scheduler.kill_job('4194303') is False
        assert 'could not be killed' in warnings[0]


class TestPausing:
    def test_and_playing_while_the_job_runs(self, runner, bash):
        node = submit(runner, bash, 'while [ ! -e go ]; do sleep 0.02; done; echo went\n')
        process = runner.live_process(node.pk)

        async def live():
            await until(lambda: process.node.get_job_id() is not None)
            await process.pause('a rest')
            assert load_node(node.pk).paused
            with open(os.path.join(process.node.get_remote_workdir(), 'go'), 'w'):
                pass
            await asyncio.sleep(0.1)
            assert not process.has_terminated()
            process.play()
            await until(process.has_terminated)

        drive(runner, live())
        assert load_node(node.pk).is_finished_ok
        assert load_node(node.pk).get_scheduler_stdout() == 'went\n'


class TestTrouble:
    def test_passing_trouble_is_not_noticed(self, bash, impatient, monkeypatch):
        calls = []
        right = LocalTransport.open

        def open_at_second_call(self):
            calls.append(self)
            if len(calls) % 2:
                raise OSError('the network is down')
            return right(self)

        monkeypatch.setattr(LocalTransport, 'open', open_at_second_call)
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        assert node.is_finished_ok
        assert len(calls) >= 8

    @pytest.mark.parametrize(
        ('owner', 'verb', 'command'),
        [
            (LocalTransport, 'put', 'upload'),
            (DirectScheduler, 'submit_job', 'submit'),
            (LocalTransport, 'get', 'retrieve'),
        ],
    )
    def test_lasting_trouble_pauses_and_play_goes_on(self, runner, bash, impatient, monkeypatch, owner, verb, command):
        def fail(*_, **__):
            raise OSError('the network is down')

        node = submit(runner, bash, 'echo done\n')
        process = runner.live_process(node.pk)

        async def live():
            with monkeypatch.context() as patch:
                patch.setattr(owner, verb, fail)
                await until(lambda: process.paused)
            status = load_node(node.pk).process_status
            assert 'Pausing after failed transport task' in status
            assert command in status
            assert 'the network is down' in status
            process.play()
            await until(process.has_terminated)

        drive(runner, live())
        ended = load_node(node.pk)
        assert ended.is_finished_ok
        assert ended.get_scheduler_stdout() == 'done\n'
        assert ended.process_status is None

    def test_what_asking_again_does_not_mend_is_not_asked_again(self, runner, bash, impatient, monkeypatch):
        from aiida.schedulers import SchedulerError

        asked = []

        def refuse(*_):
            asked.append(1)
            raise SchedulerError('no such account', transient=False)

        monkeypatch.setattr(DirectScheduler, 'submit_job', refuse)
        node = submit(runner, bash, 'true\n')
        process = runner.live_process(node.pk)
        drive(runner, until(lambda: process.paused))
        assert asked == [1]
        process.kill()

    def test_a_scheduler_that_will_never_take_a_job(self, bash, monkeypatch):
        refused = ArithmeticAddCalculation.exit_codes.ERROR_SCHEDULER_INVALID_ACCOUNT
        monkeypatch.setattr(DirectScheduler, 'submit_job', lambda *_: refused)
        node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2)).node
        assert node.exit_status == 131

    def test_an_error_of_the_plugin_is_its_own(self, bash, monkeypatch):
        def fail(*_):
            raise RuntimeError('the plugin is wrong')

        monkeypatch.setattr(ArithmeticAddCalculation, 'prepare_for_submission', fail)
        with pytest.raises(tasks.PreSubmitException, match='the plugin is wrong'):
            run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))

    @pytest.mark.usefixtures('kept_messages')
    def test_a_job_whose_wrapper_is_gone(self, runner, computer, bash):
        """The first line of the report says so where no parser judges the results, and the first warning does."""
        from aiida.cmdline.utils.common import get_calcjob_report

        computer.set_minimum_job_poll_interval(0)
        node = submit(runner, bash, 'kill -9 -- -$(cat .aiida_job_started)\n')
        process = runner.live_process(node.pk)
        drive(runner, until(process.has_terminated))
        node = load_node(node.pk)
        assert 'without having left its end mark' in warnings_of(node)[0]
        assert node.exit_status == 140
        assert 'without having left its end mark' in node.exit_message
        assert 'without having left its end mark' in get_calcjob_report(node).splitlines()[0]
        info = node.get_last_job_info()
        assert info.job_state.value == 'done'
        assert info.exit_status is None
        assert 'end mark' in info.annotation

    @pytest.mark.usefixtures('kept_messages')
    def test_a_job_whose_wrapper_is_gone_is_judged_by_its_parser(self, runner, computer, bash, monkeypatch):
        computer.set_minimum_job_poll_interval(0)
        monkeypatch.setattr(DirectScheduler, 'get_ended_job', lambda *_: None)
        node = runner.submit(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))
        drive(runner, until(runner.live_process(node.pk).has_terminated))
        node = load_node(node.pk)
        assert node.is_finished_ok
        assert not node.exit_message
        assert 'without having left its end mark' in warnings_of(node)[0]

    @pytest.mark.usefixtures('kept_messages')
    def test_a_job_that_has_left_its_end_mark_is_not_warned_about(self, bash):
        node = run_get_node(ScriptedJob, code=bash, setup=Dict({'write': {'in.sh': 'exit 3\n'}})).node
        assert warnings_of(node) == []
        assert not node.exit_message


class TestInterruption:
    def resumed(self, runner, pk):
        """Return a process made again from its checkpoint, as after the end of the program."""
        load_node(pk).backend.claim_one(pk, runner.owner, time.time() + 1, None)
        bundle = runner.persister.load_checkpoint(pk)
        return bundle.unbundle(LoadSaveContext(runner=runner))

    @pytest.mark.parametrize('command', ['upload', 'submit', 'update', 'retrieve'])
    def test_a_job_goes_on_from_its_checkpoint(self, runner, bash, command, monkeypatch):
        """What was running is dropped, as the end of the program would, and taken up from the checkpoint."""
        node = submit(runner, bash, 'echo run >> runs; cat runs\n')
        process = runner.live_process(node.pk)
        stopped = asyncio.Event()

        async def hang(*_, **__):
            stopped.set()
            await asyncio.sleep(1000)

        name = f'task_{command}_job'
        with monkeypatch.context() as patch:
            patch.setattr(tasks, name, hang)
            drive(runner, stopped.wait())
            task = runner._tasks[node.pk]
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                drive(runner, task)
        runner.unregister(process)
        node._held = process.node._held = None

        again = self.resumed(runner, node.pk)
        assert again.state.value == 'waiting'
        assert again._state._command == command
        drive(runner, again.step_until_terminated())
        ended = load_node(node.pk)
        assert ended.is_finished_ok
        assert ended.get_scheduler_stdout() == 'run\n'

    def test_a_job_that_was_submitted_and_not_noted_is_not_run_twice(self, bash):
        node = run_get_node(ScriptedJob, code=bash, setup=Dict({'write': {'in.sh': 'echo run >> runs\n'}})).node
        workdir, job_id = node.get_remote_workdir(), node.get_job_id()

        class Forgetful:
            """The record of the job as it was before its number was noted."""

            pk, computer, noted = node.pk, node.computer, None

            def get_job_id(self):
                return self.noted

            def set_job_id(self, value):
                self.noted = value

            def get_remote_workdir(self):
                return workdir

            def get_option(self, name):
                return node.get_option(name)

        record = Forgetful()
        with node.get_transport() as transport:
            assert execmanager.submit_calculation(record, transport) == job_id
        assert record.noted == job_id
        time.sleep(0.1)
        with open(os.path.join(workdir, 'runs')) as handle:
            assert handle.read() == 'run\n'

    def test_temporary_files_that_were_lost_are_retrieved_again(self, runner, bash, monkeypatch):
        from aiida.calculations.templatereplacer import TemplatereplacerCalculation

        retrieve = tasks.task_retrieve_job
        lost = []

        async def lose(*args, **kwargs):
            folder = await retrieve(*args, **kwargs)
            if not lost:
                lost.append(folder)
                import shutil

                shutil.rmtree(folder)
            return folder

        monkeypatch.setattr(tasks, 'task_retrieve_job', lose)
        results, node = run_get_node(
            TemplatereplacerCalculation,
            code=bash,
            template=Dict(
                {
                    'input_file_template': 'echo 1; echo text > t',
                    'input_file_name': 'in.sh',
                    'input_through_stdin': True,
                    'output_file_name': 'out',
                    'retrieve_temporary_files': ['t'],
                }
            ),
            metadata={'options': {'resources': {'num_machines': 1}}},
        )
        assert node.is_finished_ok
        assert results['output_parameters']['retrieved_temporary_files'] == [['t', 'text']]
        assert lost


class AwaitedLocal(AsyncTransport):
    """A transport that is awaited, as those over a network are, made of the local one."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = LocalTransport(machine='localhost', use_login_shell=False)
        self._safe_open_interval = 0.0

    def __str__(self):
        return str(self.inner)

    def gotocomputer_command(self, remotedir=None):
        return self.inner.gotocomputer_command(remotedir)

    async def open_async(self):
        await asyncio.sleep(0)
        await self.inner.open_async()
        self._is_open = True

    async def close_async(self):
        await self.inner.close_async()
        self._is_open = False


def _forward(name):
    async def forwarded(self, *args, **kwargs):
        await asyncio.sleep(0)
        return await getattr(self.inner, name)(*args, **kwargs)

    forwarded.__name__ = name
    return forwarded


for _name in AwaitedLocal.__abstractmethods__:
    setattr(AwaitedLocal, _name, _forward(_name))
AwaitedLocal.__abstractmethods__ = frozenset()


class TestTransportsThatAreAwaited:
    @pytest.fixture(autouse=True)
    def awaited(self, computer, monkeypatch):
        from aiida.orm import AuthInfo, Computer

        computer.set_minimum_job_poll_interval(0.1)
        monkeypatch.setattr(AuthInfo, 'get_transport', lambda self: AwaitedLocal(machine='localhost'))
        monkeypatch.setattr(Computer, 'get_transport_class', lambda self: AwaitedLocal)

    def test_a_job_from_start_to_end(self, bash):
        results, node = run_get_node(ArithmeticAddCalculation, code=bash, x=Int(1), y=Int(2))
        assert node.is_finished_ok
        assert results['sum'].value == 3
        assert node.get_last_job_info().exit_status == 0

    def test_a_job_is_killed(self, runner, bash):
        node = submit(runner, bash, 'sleep 100\n')
        process = runner.live_process(node.pk)

        async def kill():
            await until(lambda: process.node.get_job_id() is not None)
            await asyncio.sleep(0.3)
            await process.kill('no longer needed')
            await until(lambda: not group_runs(process.node.get_job_id()))

        drive(runner, kill())
        assert load_node(node.pk).is_killed


class TestManyAtOnce:
    def test_they_run_beside_each_other(self, runner, bash):
        started = time.monotonic()
        nodes = [submit(runner, bash, f'sleep 1; echo {number}\n') for number in range(8)]
        processes = [runner.live_process(node.pk) for node in nodes]
        drive(runner, until(lambda: all(process.has_terminated() for process in processes)))
        assert time.monotonic() - started < 6
        assert [load_node(node.pk).get_scheduler_stdout() for node in nodes] == [f'{number}\n' for number in range(8)]


def test_a_job_that_was_withdrawn_never_starts(computer, tmp_path):
    """A kill may come between the start of the wrapper and the note of its number."""
    folder = tmp_path / 'job'
    folder.mkdir()
    (folder / 'script').write_text('#!/bin/bash\ntouch ran\n')
    with computer.get_transport() as transport:
        scheduler = computer.get_scheduler()
        scheduler.set_transport(transport)
        assert scheduler.withdraw_job(str(folder)) is None
        scheduler.submit_job(str(folder), 'script')
        time.sleep(0.2)
        assert not (folder / 'ran').exists()
        assert scheduler.find_submitted_job(str(folder)) is None
        assert scheduler.withdraw_job(str(folder)) is None


def test_a_second_submission_names_the_job_of_the_first(computer, tmp_path):
    """The first is thought to have failed, and its wrapper has not written its mark when the second comes."""
    (tmp_path / 'script').write_text('#!/bin/bash\necho run >> runs\nsleep 0.3\n')
    with computer.get_transport() as transport:
        scheduler = computer.get_scheduler()
        scheduler.set_transport(transport)
        command = scheduler._get_submit_command('script')
        first = transport.exec_command_detached(command, str(tmp_path))
        job_id = scheduler.submit_job(str(tmp_path), 'script')
        assert job_id == scheduler.find_submitted_job(str(tmp_path))
        assert job_id == str(first) or (tmp_path / '.aiida_job_started').read_text() != f'{first}\n'
        deadline = time.monotonic() + 5
        while scheduler.get_ended_job(str(tmp_path), job_id) is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert (tmp_path / 'runs').read_text() == 'run\n'


def test_a_job_that_had_started_is_named_when_withdrawn(computer, tmp_path):
    (tmp_path / 'script').write_text('#!/bin/bash\nsleep 20\n')
    with computer.get_transport() as transport:
        scheduler = computer.get_scheduler()
        scheduler.set_transport(transport)
        job_id = scheduler.submit_job(str(tmp_path), 'script')
        deadline = time.monotonic() + 5
        while scheduler.find_submitted_job(str(tmp_path)) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert scheduler.withdraw_job(str(tmp_path)) == job_id
        assert scheduler.kill_job(job_id)

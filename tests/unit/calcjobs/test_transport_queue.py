"""Connections that are shared, and questions to queues that are counted."""

import asyncio
import time
from itertools import pairwise

import pytest

from aiida.engine.processes.calcjobs.manager import JobManager, JobsList
from aiida.engine.transports import TransportQueue
from aiida.orm import User
from aiida.schedulers.datastructures import JobInfo, JobState
from aiida.schedulers.plugins.direct import DirectScheduler
from aiida.transports.plugins.local import LocalTransport


@pytest.fixture
def authinfo(computer):
    return computer.get_authinfo(User.collection.get_default())


@pytest.fixture
def opened(monkeypatch):
    """The times at which connections were opened."""
    times = []
    right = LocalTransport.open

    def counted(self):
        times.append(time.monotonic())
        return right(self)

    monkeypatch.setattr(LocalTransport, 'open', counted)
    return times


class TestTransportQueue:
    def test_those_who_ask_at_the_same_time_share(self, authinfo, opened):
        async def use(queue):
            async with queue.request_transport(authinfo) as request:
                transport = await request
                await asyncio.sleep(0.01)
                assert transport.is_open
                return transport

        async def several():
            queue = TransportQueue()
            return await asyncio.gather(*(use(queue) for _ in range(5)))

        transports = asyncio.run(several())
        assert len(set(map(id, transports))) == len(opened) == 1
        assert not transports[0].is_open

    def test_the_safe_interval_lies_between_two_openings(self, computer, opened):
        authinfo = computer.configure(safe_interval=0.2, use_login_shell=False)

        async def one_after_another():
            queue = TransportQueue()
            for _ in range(3):
                async with queue.request_transport(authinfo) as request:
                    await request

        asyncio.run(one_after_another())
        assert len(opened) == 3
        assert all(second - first >= 0.19 for first, second in pairwise(opened))

    def test_one_who_does_not_wait_any_more_leaves_it_to_the_others(self, computer, opened):
        authinfo = computer.configure(safe_interval=0.1, use_login_shell=False)

        async def use(queue):
            async with queue.request_transport(authinfo) as request:
                return await request

        async def impatient():
            queue = TransportQueue()
            await use(queue)
            hasty, patient = asyncio.create_task(use(queue)), asyncio.create_task(use(queue))
            await asyncio.sleep(0.02)
            hasty.cancel()
            return await patient

        assert asyncio.run(impatient()) is not None
        assert len(opened) == 2

    def test_nobody_waits_any_more(self, computer, opened):
        authinfo = computer.configure(safe_interval=0.1, use_login_shell=False)

        async def give_up():
            queue = TransportQueue()
            for _ in range(2):
                async with queue.request_transport(authinfo):
                    pass
            await asyncio.sleep(0.2)

        asyncio.run(give_up())
        assert len(opened) == 1

    def test_trouble_is_told_to_all_and_forgotten(self, authinfo, monkeypatch):
        def fail(self):
            raise OSError('the network is down')

        async def use(queue):
            async with queue.request_transport(authinfo) as request:
                return await request

        async def several():
            queue = TransportQueue()
            with monkeypatch.context() as patch:
                patch.setattr(LocalTransport, 'open', fail)
                told = await asyncio.gather(*(use(queue) for _ in range(3)), return_exceptions=True)
            assert [str(error) for error in told] == ['the network is down'] * 3
            return await use(queue)

        assert not asyncio.run(several()).is_open


class Queue(DirectScheduler):
    """A scheduler that leaves no marks, so that it has to be asked; it knows what it is told."""

    leaves_end_mark = False
    _features = {'can_query_by_user': False}
    asked: list = []
    states: dict = {}

    def get_jobs(self, jobs=None, user=None, as_dict=False):
        self.asked.append((time.monotonic(), jobs))
        return {job: JobInfo({'job_id': job, 'job_state': self.states[job]}) for job in jobs if job in self.states}


@pytest.fixture
def queue(computer, monkeypatch):
    from aiida.orm import Computer

    computer.set_minimum_job_poll_interval(0.2)
    Queue.asked, Queue.states = [], {}
    monkeypatch.setattr(Computer, 'get_scheduler', lambda self: Queue())
    return Queue


class TestJobsList:
    def test_one_question_for_all_and_one_per_interval(self, authinfo, queue):
        queue.states = {str(number): JobState.RUNNING for number in range(5)}

        async def follow(manager, job_id):
            with manager.request_job_info_update(authinfo, job_id) as future:
                first = await future
            with manager.request_job_info_update(authinfo, job_id) as future:
                second = await future
            return first.job_state, second and second.job_state

        async def several():
            manager = JobManager(TransportQueue())
            tasks = [asyncio.create_task(follow(manager, str(number))) for number in range(5)]
            await asyncio.sleep(0.5)
            queue.states = {'0': JobState.DONE, '1': JobState.DONE, '2': JobState.QUEUED}
            return await asyncio.gather(*tasks)

        answers = asyncio.run(several())
        assert answers == [
            (JobState.RUNNING, JobState.DONE),
            (JobState.RUNNING, JobState.DONE),
            (JobState.RUNNING, JobState.QUEUED),
            (JobState.RUNNING, None),
            (JobState.RUNNING, None),
        ]
        times = [moment for moment, _ in queue.asked]
        assert len(times) in (4, 5)
        assert all(second - first >= 0.19 for first, second in pairwise(times))
        assert queue.asked[0][1] == ['0', '1', '2', '3', '4']

    def test_a_thousand_jobs_are_one_question_per_interval_and_cost_little(self, authinfo, queue):
        names = [str(number) for number in range(1000)]
        queue.states = dict.fromkeys(names, JobState.RUNNING)

        async def follow(manager, job_id):
            with manager.request_job_info_update(authinfo, job_id) as future:
                first = await future
            with manager.request_job_info_update(authinfo, job_id) as future:
                second = await future
            return first.job_state, second and second.job_state

        async def several():
            manager = JobManager(TransportQueue())
            tasks = [asyncio.create_task(follow(manager, name)) for name in names]
            await asyncio.sleep(0.7)
            queue.states = dict.fromkeys(names[:-1], JobState.DONE)
            answers = await asyncio.wait_for(asyncio.gather(*tasks), 20)
            assert not manager.get_jobs_list(authinfo)._requests
            return answers

        started, used = time.monotonic(), time.process_time()
        answers = asyncio.run(several())
        elapsed, used = time.monotonic() - started, time.process_time() - used
        assert answers == [(JobState.RUNNING, JobState.DONE)] * 999 + [(JobState.RUNNING, None)]
        moments = [moment for moment, _ in queue.asked]
        assert all(second - first >= 0.19 for first, second in pairwise(moments))
        assert len(moments) <= elapsed / 0.2 + 2
        assert used < 1.0

    def test_a_thousand_jobs_are_watched_at_little_cost(self, computer, authinfo, tmp_path):
        computer.set_minimum_job_poll_interval(30)
        folders = [tmp_path / str(number) for number in range(1000)]
        for folder in folders:
            folder.mkdir()
            (folder / '.aiida_job_started').write_text('1\n')

        async def follow(manager, number):
            with manager.request_job_info_update(authinfo, str(number + 1), str(folders[number])) as future:
                return await future

        async def several():
            manager = JobManager(TransportQueue())
            tasks = [asyncio.create_task(follow(manager, number)) for number in range(1000)]
            await asyncio.sleep(0.2)
            used = time.process_time()
            await asyncio.sleep(0.6)
            used = time.process_time() - used
            for folder in folders:
                (folder / '.aiida_job_ended').write_text('0\n')
            return used, await asyncio.wait_for(asyncio.gather(*tasks), 20)

        used, answers = asyncio.run(several())
        assert {(job.job_state, job.exit_status) for job in answers} == {(JobState.DONE, 0)}
        assert used < 0.4

    def test_a_job_of_which_the_scheduler_was_not_asked_is_not_taken_for_gone(self, authinfo, queue, monkeypatch):
        """Its news are asked for while the scheduler is answering a question about another job."""
        queue.states = {'1': JobState.RUNNING, '2': JobState.RUNNING}
        real = JobsList._get_jobs_from_scheduler

        async def slowly(self):
            found = await real(self)
            await asyncio.sleep(0.1)
            return found

        monkeypatch.setattr(JobsList, '_get_jobs_from_scheduler', slowly)

        async def ask(manager, job_id, delay):
            await asyncio.sleep(delay)
            with manager.request_job_info_update(authinfo, job_id) as future:
                return await future

        async def both():
            manager = JobManager(TransportQueue())
            return await asyncio.gather(ask(manager, '1', 0), ask(manager, '2', 0.05))

        assert [job.job_state for job in asyncio.run(both())] == [JobState.RUNNING, JobState.RUNNING]
        assert [jobs for _, jobs in queue.asked] == [['1'], ['2']]

    def test_the_time_of_the_last_question_is_kept(self, authinfo, queue):
        queue.states = {'1': JobState.DONE}

        async def ask():
            jobs = JobsList(authinfo, TransportQueue(), last_updated=time.time() + 0.2)
            started = time.monotonic()
            with jobs.request_job_info_update(authinfo, '1') as future:
                await future
            assert jobs.get_minimum_update_interval() == 0.2
            assert jobs.last_updated is not None
            return time.monotonic() - started

        assert 0.19 <= asyncio.run(ask()) < 2

    def test_trouble_is_told_to_those_who_wait(self, authinfo, queue, monkeypatch):
        def fail(self, **_):
            raise OSError('no answer')

        async def ask():
            manager = JobManager(TransportQueue())
            with monkeypatch.context() as patch:
                patch.setattr(queue, 'get_jobs', fail)
                with (
                    manager.request_job_info_update(authinfo, '1') as future,
                    pytest.raises(OSError, match='no answer'),
                ):
                    await future
            with manager.request_job_info_update(authinfo, '1') as future:
                return await future

        assert asyncio.run(ask()) is None

    def test_a_request_that_is_withdrawn_stops_the_questions(self, authinfo, queue):
        queue.states = {'1': JobState.RUNNING}

        async def ask():
            jobs = JobsList(authinfo, TransportQueue())
            with jobs.request_job_info_update(authinfo, '1') as future:
                await future
            with jobs.request_job_info_update('1') as future:
                await asyncio.sleep(0.05)
                assert not future.done()
            await asyncio.sleep(0.05)
            assert jobs._updating.done()
            assert jobs._get_jobs_with_scheduler() == []

        asyncio.run(ask())
        assert len(queue.asked) == 1

    def test_a_watched_job_is_known_to_have_ended_at_once_and_its_queue_is_not_asked(
        self, authinfo, computer, tmp_path, monkeypatch
    ):
        computer.set_minimum_job_poll_interval(30)
        asked = []
        monkeypatch.setattr(DirectScheduler, 'get_jobs', lambda *_, **__: asked.append(1))
        (tmp_path / 'job.sh').write_text('#!/bin/sh\nsleep 0.2\n')

        async def watch():
            manager = JobManager(TransportQueue())
            with LocalTransport(machine='localhost', use_login_shell=False) as transport:
                scheduler = DirectScheduler()
                scheduler.set_transport(transport)
                started = time.monotonic()
                job_id = scheduler.submit_job(str(tmp_path), 'job.sh')
                with manager.request_job_info_update(authinfo, job_id, str(tmp_path)) as future:
                    job = await future
            return job, time.monotonic() - started

        job, seconds = asyncio.run(watch())
        assert job.job_state is JobState.DONE
        assert 0.2 <= seconds < 0.6
        assert asked == []

"""News of jobs: one question to a queue for all jobs of a computer, and none where a job's end can be seen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any, cast

from aiida.common.exceptions import AiidaException
from aiida.common.polls import note_next_poll
from aiida.engine.runtime.current import current_runner
from aiida.engine.runtime.holding import Stage, note_success
from aiida.engine.transports import act_with, allow_waiting
from aiida.orm.backend import get_store
from aiida.schedulers.datastructures import JobState

if TYPE_CHECKING:
    from aiida.engine.transports import TransportQueue
    from aiida.orm import AuthInfo
    from aiida.schedulers import Scheduler
    from aiida.schedulers.datastructures import JobInfo
    from aiida.transports import Transport

__all__ = ('GONE_WITHOUT_MARK', 'JobManager', 'JobsList')

#: The annotation of a job of which nobody knows how it ended.
GONE_WITHOUT_MARK = 'the job is gone without having left its end mark: it was killed, or the machine stopped'

LOGGER = logging.getLogger('aiida.engine.processes.calcjobs.manager')

#: Seconds after which the end mark of a job is looked for first, and how much later each time.
_FIRST_LOOK = 0.002
_LOOKS_GROW = 1.25
#: Looks are not further apart, however long a job runs.
_LONGEST_LOOK = 1.0
#: For each job that is watched, so much later is looked again: many jobs are looked for together.
_PATIENCE_PER_JOB = 5e-5
#: Seconds of waiting for the next question to a scheduler after which it is noted when that is.
_NOTED_AFTER = 2.0


class _Request:
    """A job whose news somebody waits for."""

    __slots__ = ('future', 'job_id', 'look_at', 'look_interval', 'watched', 'working_directory')

    def __init__(self, job_id: str, working_directory: str | None, watched: bool) -> None:
        self.job_id = job_id
        self.future: asyncio.Future[JobInfo | None] = asyncio.get_running_loop().create_future()
        self.working_directory = working_directory
        self.watched = watched
        self.look_interval = _FIRST_LOOK
        self.look_at = time.monotonic() + _FIRST_LOOK


class JobsList:
    """The jobs a user has on a computer, and what its scheduler says of them.

    The scheduler is asked for all of them at once, and not more often than the computer allows. Where jobs leave a mark
    at their end and looking for it costs next to nothing (:attr:`Scheduler.leaves_end_mark`,
    :attr:`Transport.CHEAP_STAT`), the marks are watched meanwhile.
    """

    def __init__(self, authinfo: AuthInfo, transport_queue: TransportQueue, last_updated: float | None = None) -> None:
        """
        :param authinfo: the settings by which a user reaches the computer.
        :param transport_queue: where connections come from.
        :param last_updated: when the scheduler was last asked, in seconds since the epoch.
        """
        self._authinfo = authinfo
        self._transport_queue = transport_queue
        self._last_updated = last_updated
        self._jobs_cache: dict[str, JobInfo] = {}
        self._requests: dict[str, list[_Request]] = {}
        self._updating: asyncio.Task[None] | None = None
        self._sleeper: asyncio.Future[None] | None = None
        self._read_settings()

    def _read_settings(self) -> None:
        """Take over what the computer says of its scheduler and how often that may be asked."""
        computer = self._authinfo.computer._as_read()
        self._interval = float(computer.get_minimum_job_poll_interval())
        self._scheduler: Scheduler = computer.get_scheduler()
        cheap = getattr(computer.get_transport_class(), 'CHEAP_STAT', False)
        self._can_watch: bool = self._scheduler.leaves_end_mark and cheap

    @property
    def logger(self) -> logging.Logger:
        """The logger."""
        return LOGGER

    def get_minimum_update_interval(self) -> float:
        """Return the seconds that pass between two questions to the scheduler, as the computer has them."""
        return self._interval

    @property
    def last_updated(self) -> float | None:
        """When the scheduler was last asked, in seconds since the epoch; ``None`` if it was not yet."""
        return self._last_updated

    @contextlib.contextmanager
    def request_job_info_update(
        self,
        job_id: Hashable,
        *args: Hashable,
        working_directory: str | None = None,
        authinfo: AuthInfo | None = None,
    ) -> Iterator[asyncio.Future[JobInfo | None]]:
        """Return a context with a future of what is said of a job when its state next differs from what is known.

        The future resolves to ``None`` if the scheduler does not know the job. Leaving the context withdraws the
        request.

        :param job_id: the identifier the scheduler gave; AiiDA passes the settings of the user before it.
        :param working_directory: the job's folder on the computer, to watch for the mark of its end.
        :param authinfo: the settings of the user, which are those of this list anyway.
        """
        identifier = str(args[0] if args else job_id)
        request = _Request(identifier, working_directory, self._can_watch and working_directory is not None)
        self._requests.setdefault(identifier, []).append(request)
        self._ensure_updating()
        self._wake()
        try:
            yield request.future
        finally:
            request.future.cancel()
            self._drop(request)
            self._wake()

    # the loop that keeps up to date

    def _ensure_updating(self) -> None:
        """Let the requests be answered; this ends by itself when there are none."""
        if self._updating is None or self._updating.done():
            self._read_settings()
            self._updating = asyncio.get_running_loop().create_task(self._keep_updating())

    async def _keep_updating(self) -> None:
        while self._update_requests_outstanding():
            try:
                with self._next_question_noted():
                    await self._watch_marks()
                if self._update_requests_outstanding():
                    await self._update_job_info()
            except Exception as exception:
                self._fail_all(exception)

    @contextlib.contextmanager
    def _next_question_noted(self) -> Iterator[None]:
        """Note when the scheduler is asked next, if that is still waited for after a while."""
        due = time.monotonic() + self._delay_of_question()
        alarm = asyncio.get_running_loop().call_later(_NOTED_AFTER, self._note_next_question, due)
        try:
            yield
        finally:
            alarm.cancel()

    def _note_next_question(self, due: float) -> None:
        """Note when the scheduler is asked next, by the clock that all share.

        :param due: when that is, by the monotonic clock.
        """
        store, computer_id = get_store(), cast('int', self._authinfo.computer.pk)
        try:
            now = store.now()
            note_next_poll(store, computer_id, current_runner().owner, now, now + due - time.monotonic())
        except AiidaException as exception:  # nothing but what is shown depends on it
            self.logger.debug('the next question to AuthInfo<%s> could not be noted: %s', self._authinfo.pk, exception)

    async def _watch_marks(self) -> None:
        """Look for end marks until the scheduler may be asked, or all requests are answered."""
        deadline = time.monotonic() + self._delay_of_question()
        while self._update_requests_outstanding() and time.monotonic() < deadline:
            if not self._watched():
                await self._sleep_until(deadline)
                continue
            async with self._transport_queue.request_transport(self._authinfo) as promised:
                transport = await promised
                await allow_waiting(transport)
                self._scheduler.set_transport(transport)
                await self._look_until(deadline)

    async def _look_until(self, deadline: float) -> None:
        """Look for the end marks of jobs while there are some to be watched."""
        while (watched := self._watched()) and (now := time.monotonic()) < deadline:
            for request in watched:
                if request.look_at <= now:
                    self._look(request, now)
            moments = [request.look_at for request in self._watched()]
            if moments:
                soonest = time.monotonic() + len(moments) * _PATIENCE_PER_JOB
                await self._sleep_until(min(max(min(moments), soonest), deadline))

    async def _sleep_until(self, moment: float) -> None:
        """Sleep until a time of the monotonic clock, or until somebody asks for something else."""
        loop = asyncio.get_running_loop()
        self._sleeper = loop.create_future()
        alarm = loop.call_later(max(0.0, moment - time.monotonic()), self._wake)
        try:
            await self._sleeper
        finally:
            alarm.cancel()
            self._sleeper = None

    def _wake(self) -> None:
        if self._sleeper is not None and not self._sleeper.done():
            self._sleeper.set_result(None)

    def _watched(self) -> list[_Request]:
        return [request for request in self._pending() if request.watched]

    def _look(self, request: _Request, now: float) -> None:
        """Look whether a job has left its end mark, and tell what it says."""
        directory = cast('str', request.working_directory)
        mark = self._scheduler.get_end_mark(directory)
        if mark is None or not self._scheduler.transport.path_exists(mark):
            job = None
        else:
            job = self._scheduler.get_ended_job(directory, request.job_id)
        if job is not None:
            self._jobs_cache.pop(request.job_id, None)
            request.future.set_result(job)
            return
        request.look_interval = min(request.look_interval * _LOOKS_GROW, _LONGEST_LOOK)
        request.look_at = now + request.look_interval

    async def _update_job_info(self) -> None:
        """Ask the scheduler, and answer the requests for jobs of which there are news.

        Who asked meanwhile is not answered: of their jobs the scheduler was not asked yet.
        """
        asked = self._pending()
        jobs = await self._get_jobs_from_scheduler()
        for request in asked:
            if request.future.done():
                continue
            old, new = self._jobs_cache.get(request.job_id), jobs.get(request.job_id)
            if self._has_job_state_changed(old, new) or new is None or new.job_state is JobState.DONE:
                request.future.set_result(new)
        self._jobs_cache = jobs

    async def _get_jobs_from_scheduler(self) -> dict[str, JobInfo]:
        """Ask the scheduler for the jobs that are waited for, or all of the user where it prefers that.

        A job that is said to be done or is not known any more is looked for by its end mark.
        """
        async with self._transport_queue.request_transport(self._authinfo) as promised:
            transport = await promised
            self._scheduler.set_transport(transport)
            requests = self._pending()
            options: dict[str, Any] = {'as_dict': True}
            if self._scheduler._features.get('can_query_by_user') and not self._scheduler.leaves_end_mark:
                options['user'] = '$USER'
            else:
                options['jobs'] = sorted({request.job_id for request in requests})
            self._last_updated = time.time()

            def ask(_: Transport) -> dict[str, JobInfo]:
                found = cast('dict[str, JobInfo]', self._scheduler.get_jobs(**options))
                self.logger.debug('AuthInfo<%s>: %d jobs in the queue', self._authinfo.pk, len(found))
                if self._scheduler.leaves_end_mark:
                    self._add_marks(requests, found)
                return found

            found = cast('dict[str, JobInfo]', await act_with(transport, ask))
        note_success(cast('int', self._authinfo.computer.pk), Stage.SCHEDULER)
        return found

    def _add_marks(self, requests: list[_Request], found: dict[str, JobInfo]) -> None:
        for request in requests:
            job = found.get(request.job_id)
            if request.working_directory is None or (job is not None and job.job_state is not JobState.DONE):
                continue
            ended = self._scheduler.get_ended_job(request.working_directory, request.job_id)
            if ended is not None:
                found[request.job_id] = ended
            elif job is not None:
                job.annotation = GONE_WITHOUT_MARK

    @staticmethod
    def _has_job_state_changed(old: JobInfo | None, new: JobInfo | None) -> bool:
        """Return whether two pieces of news differ; ``None`` stands for a job that is not known."""
        if old is None or new is None:
            return old is not new
        return (old.job_state, old.job_substate) != (new.job_state, new.job_substate)

    def _get_next_update_delay(self) -> float:
        """Return the seconds until the scheduler may be asked again."""
        if self._last_updated is None:
            return 0.0
        return min(self._interval, max(0.0, self._last_updated + self._interval - time.time()))

    def _delay_of_question(self) -> float:
        """Return the seconds until the scheduler is asked: later than it may be if all jobs are watched anyway."""
        if all(request.watched for request in self._pending()):
            return max(self._get_next_update_delay(), self._interval, _LONGEST_LOOK)
        return self._get_next_update_delay()

    # requests

    def _pending(self) -> list[_Request]:
        return [request for requests in self._requests.values() for request in requests if not request.future.done()]

    def _update_requests_outstanding(self) -> bool:
        """Return whether somebody waits for news."""
        return any(not request.future.done() for requests in self._requests.values() for request in requests)

    def _get_jobs_with_scheduler(self) -> list[str]:
        """Return the identifiers of the jobs somebody waits for news of."""
        return sorted(self._requests)

    def _drop(self, request: _Request) -> None:
        requests = self._requests[request.job_id]
        requests.remove(request)
        if not requests:
            del self._requests[request.job_id]

    def _fail_all(self, exception: Exception) -> None:
        for request in self._pending():
            request.future.set_exception(exception)


class JobManager:
    """Keeps one :class:`JobsList` for each user of a computer."""

    def __init__(self, transport_queue: TransportQueue) -> None:
        """
        :param transport_queue: where connections come from.
        """
        self._transport_queue = transport_queue
        self._job_lists: dict[int | None, JobsList] = {}

    def get_jobs_list(self, authinfo: AuthInfo) -> JobsList:
        """Return the list of the jobs of a user on a computer."""
        jobs = self._job_lists.get(authinfo.pk)
        if jobs is None:
            jobs = self._job_lists[authinfo.pk] = JobsList(authinfo, self._transport_queue)
        return jobs

    @contextlib.contextmanager
    def request_job_info_update(
        self, authinfo: AuthInfo, job_id: Hashable, working_directory: str | None = None
    ) -> Iterator[asyncio.Future[JobInfo | None]]:
        """Return a context with a future of news of a job; see :meth:`JobsList.request_job_info_update`."""
        jobs = self.get_jobs_list(authinfo)
        with jobs.request_job_info_update(job_id, working_directory=working_directory) as future:
            yield future

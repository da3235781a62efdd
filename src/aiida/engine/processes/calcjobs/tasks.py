"""A job waits: it is uploaded, submitted, looked after, retrieved and parsed, each as a task that can be interrupted.

A task that fails is tried again, with twice the time between; after the last attempt the process is paused, not failed,
and goes on from the same task when it is played. Where it is the computer that fails, all wait for it instead
(:mod:`aiida.engine.runtime.holding`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import plumpy
import plumpy.process_states
from plumpy.process_states import Interruption, KillInterruption, PauseInterruption, ProcessState

from aiida.common import timezone
from aiida.common.datastructures import CalcJobState
from aiida.common.disks import scratch_watched
from aiida.common.exceptions import EntryPointError, FeatureNotAvailable, StashingError, TransportTaskException
from aiida.common.folders import SandboxFolder
from aiida.common.log import AIIDA_LOGGER
from aiida.common.options import get_option_value
from aiida.engine.daemon import execmanager
from aiida.engine.daemon.stashing import stash_calculation
from aiida.engine.daemon.unstashing import unstash_calculation
from aiida.engine.processes.calcjobs.manager import GONE_WITHOUT_MARK
from aiida.engine.processes.calcjobs.monitors import CalcJobMonitorResult, CalcJobMonitors
from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS
from aiida.engine.runtime.holding import ComputerTrouble, Guard, Stage
from aiida.engine.transports import act_with
from aiida.engine.utils import InterruptableFuture, exponential_backoff_retry, interruptable_task
from aiida.orm.backend import get_store
from aiida.schedulers import SchedulerError
from aiida.schedulers.datastructures import JobState

if TYPE_CHECKING:
    from aiida.engine.processes.calcjobs.calcjob import CalcJob
    from aiida.engine.processes.calcjobs.manager import JobManager
    from aiida.engine.transports import TransportQueue
    from aiida.orm import CalcJobNode, Computer
    from aiida.transports import Transport

__all__ = ('PreSubmitException', 'TransportTaskException', 'Waiting')

UPLOAD_COMMAND = 'upload'
SUBMIT_COMMAND = 'submit'
UPDATE_COMMAND = 'update'
UNSTASH_COMMAND = 'unstash'
STASH_COMMAND = 'stash'
RETRIEVE_COMMAND = 'retrieve'
KILL_COMMAND = 'kill'

RETRY_INTERVAL_OPTION = 'transport.task_retry_initial_interval'
MAX_ATTEMPTS_OPTION = 'transport.task_maximum_attempts'

logger = AIIDA_LOGGER.getChild('engine.processes.calcjobs.tasks')


class PreSubmitException(Exception):
    """The plugin could not prepare the files of a job: its fault, so that trying again does not help."""


class _Final(Exception):
    """An error that asking again will not mend."""


#: What is no failure of a transport: somebody interrupts, the plugin is at fault, the store is out of reach.
_PASSED_ON: tuple[type[BaseException], ...] = (Interruption, PreSubmitException, *INFRASTRUCTURE_ERRORS)


#: Says why a task takes so long, or with ``None`` that it is at work again; set while a process waits for one.
_TELL: ContextVar[Callable[[str | None], object]] = ContextVar('tell', default=lambda reason: None)


@contextlib.contextmanager
def _hopeless_as_final() -> Iterator[None]:
    """Mark an error that says of itself that it is not transient."""
    try:
        yield
    except ComputerTrouble:
        raise
    except Exception as exception:
        if getattr(exception, 'transient', True):
            raise
        raise _Final(str(exception)) from exception


@contextlib.contextmanager
def _as_trouble(find: Callable[[Exception], Stage | None]) -> Iterator[None]:
    """Tell what is wrong with the computer from what is wrong with a job.

    :param find: returns how far somebody came who met an error that is the computer's, ``None`` for another one.
    """
    try:
        yield
    except _PASSED_ON:
        raise
    except Exception as exception:
        stage = find(exception)
        if stage is None:
            raise
        raise ComputerTrouble(stage, exception) from exception


def _of_connecting(exception: Exception) -> Stage:
    """Whatever hinders from connecting is the computer's."""
    return Stage.CONNECT


def _of_use(exception: Exception) -> Stage | None:
    """A connection that is lost is the computer's, and so is a scheduler whose plugin cannot be imported.

    A file that is not there, or may not be read, is the job's.
    """
    error: BaseException | None = exception
    while error is not None:
        if isinstance(error, ConnectionError | EntryPointError) or (
            isinstance(error, OSError) and hasattr(error, 'transient')
        ):
            return Stage.CONNECTED
        error = error.__cause__
    return None


def _of_plugin_code(exception: Exception) -> Stage | None:
    """The code of a plugin may lose other connections than that to the computer."""
    return Stage.CONNECTED if isinstance(exception, OSError) and hasattr(exception, 'transient') else None


def _of_question(exception: Exception) -> Stage | None:
    """The scheduler is asked for all jobs at once, so what goes wrong is no single job's."""
    if isinstance(exception, SchedulerError):
        return Stage.SCHEDULER if exception.transient else None
    return Stage.CONNECTED if isinstance(exception, OSError) else None


def _scratch_folders() -> list[str]:
    """Return where the files of jobs are written on this machine before they go elsewhere."""
    sandbox = get_option_value('storage.sandbox')
    return [tempfile.gettempdir()] if sandbox is None else [str(sandbox), tempfile.gettempdir()]


async def _attempt(
    node: CalcJobNode,
    what: str,
    queue: TransportQueue,
    cancellable: InterruptableFuture,
    action: Callable[[Transport], Any],
    stage: Stage = Stage.CONNECTED,
    find: Callable[[Exception], Stage | None] = _of_use,
) -> Any:
    """Do something with a transport, again after each failure, as often and as slowly as the configuration says.

    :param stage: how far it comes if it succeeds.
    :param find: see :func:`_as_trouble`, for what ``action`` raises.
    :raises TransportTaskException: if the last attempt failed too.
    :raises PreSubmitException: at once, when the plugin could not prepare the files.
    :raises StorageUnavailable: if temporary files cannot be written, because the disk is full for instance.
    """
    authinfo = node.get_authinfo()

    async def attempt(guard: Guard) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            with _as_trouble(_of_connecting):
                request = await stack.enter_async_context(queue.request_transport(authinfo))
                transport = await cancellable.with_interrupt(request)
            if guard.is_suspicious:
                guard.note_success(Stage.CONNECT)
            with scratch_watched(_scratch_folders()), _hopeless_as_final(), _as_trouble(find):
                return await act_with(transport, action)

    return await _retry(node, what, attempt, stage)


async def _when_usable(node: CalcJobNode, what: str, guard: Guard, action: Callable[[Guard], Awaitable[Any]]) -> Any:
    """Do something once the computer is not held, and as often as it turns out to be; a job is killed, or not, at once.

    :raises Exception: what went wrong, unless the computer is held for it.
    """
    tell, is_patient = _TELL.get(), what != KILL_COMMAND
    has_told = False

    def explain(text: str) -> None:
        nonlocal has_told
        if not has_told:
            node.logger.warning('%s of CalcJob<%s> waits: %s', what, node.pk, text)
            has_told = True
        tell(text)

    while True:
        if is_patient:
            await guard.wait(explain)
        tell(None)
        began = get_store().now()
        try:
            return await action(guard)
        except ComputerTrouble as trouble:
            if not guard.note_failure(began, trouble):
                raise trouble.reason from None
            if not is_patient:
                raise _Final(str(trouble)) from trouble.reason


async def _retry(node: CalcJobNode, what: str, action: Callable[[Guard], Awaitable[Any]], stage: Stage) -> Any:
    """Do something until it succeeds, as often and slowly as the configuration says, and tell when it is tried again.

    While the computer is held it is waited for, and attempts do not count.

    :param stage: how far it comes if it succeeds.
    :raises TransportTaskException: if the last attempt failed too.
    """
    most, interval = int(get_option_value(MAX_ATTEMPTS_OPTION, 5)), get_option_value(RETRY_INTERVAL_OPTION, 20)
    tell = _TELL.get()
    guard = Guard(cast('Computer', node.computer), interval, most)

    def on_retry(number: int, seconds: float, reason: Exception) -> None:
        moment = timezone.now() + timedelta(seconds=seconds)
        text = str(reason) or type(reason).__name__
        tell(f'retry {number} of {most} at {timezone.clock(moment)}: {text}')

    async def attempt() -> Any:
        result = await _when_usable(node, what, guard, action)
        guard.note_success(stage)
        return result

    attempt.__name__ = f'{what} of CalcJob<{node.pk}>'
    try:
        return await exponential_backoff_retry(
            attempt,
            initial_interval=interval,
            max_attempts=most,
            logger=node.logger,
            ignore_exceptions=(*_PASSED_ON, _Final),
            on_retry=on_retry,
        )
    except Exception as exception:
        if isinstance(exception, _PASSED_ON):
            raise
        logger.warning('%s of CalcJob<%s> failed: %r', what, node.pk, exception)
        raise TransportTaskException(f'{what} of CalcJob<{node.pk}> failed: {exception}') from exception


async def task_upload_job(process: CalcJob, transport_queue: TransportQueue, cancellable: InterruptableFuture) -> bool:
    """Let the plugin prepare the files of a job and upload them; return whether it is not to be submitted."""
    node = process.node
    if node.get_state() == CalcJobState.SUBMITTING:
        logger.warning('CalcJob<%s> was uploaded before', node.pk)
        return False

    def upload(transport: Transport) -> bool:
        with SandboxFolder() as folder:
            try:
                calc_info = process.presubmit(folder)
            except INFRASTRUCTURE_ERRORS:
                raise
            except Exception as exception:
                raise PreSubmitException(
                    f'exception occurred in presubmit call: {type(exception).__name__}: {exception}'
                ) from exception
            remote_folder = execmanager.upload_calculation(node, transport, calc_info, folder, process.inputs)
        if remote_folder is not None:
            process.out('remote_folder', remote_folder)
        return bool(calc_info.skip_submit)

    node.set_state(CalcJobState.UPLOADING)
    skip_submit = bool(await _attempt(node, 'upload', transport_queue, cancellable, upload))
    node.set_state(CalcJobState.RETRIEVING if skip_submit else CalcJobState.SUBMITTING)
    return skip_submit


async def task_submit_job(
    node: CalcJobNode, transport_queue: TransportQueue, cancellable: InterruptableFuture
) -> str | ExitCode:
    """Submit a job and return its identifier, or an exit code if the scheduler will never take it."""
    if node.get_state() == CalcJobState.WITHSCHEDULER:
        known = node.get_job_id()
        assert known is not None, 'a job that is with the scheduler has an identifier'
        return known

    submit = functools.partial(execmanager.submit_calculation, node)
    result: str | ExitCode = await _attempt(node, 'submit', transport_queue, cancellable, submit, Stage.SCHEDULER)
    node.set_state(CalcJobState.WITHSCHEDULER)
    return result


async def task_update_job(node: CalcJobNode, job_manager: JobManager, cancellable: InterruptableFuture) -> bool:
    """Wait for news of a job, note them on its node, and return whether it is done."""
    if node.get_state() == CalcJobState.RETRIEVING:
        return True
    authinfo = node.get_authinfo()
    job_id, workdir = node.get_job_id(), node.get_remote_workdir()

    async def update(_: Guard) -> bool:
        news = job_manager.request_job_info_update(authinfo, job_id, workdir)
        with news as request, _hopeless_as_final(), _as_trouble(_of_question):
            job_info = await cancellable.with_interrupt(request)
        if job_info is None:
            # A job the queue does not know any more has left it.
            node.set_scheduler_state(JobState.DONE)
            return True
        node.set_last_job_info(job_info)
        node.set_scheduler_state(job_info.job_state)
        if job_info.annotation == GONE_WITHOUT_MARK:
            node.logger.warning('%s (job %s)', GONE_WITHOUT_MARK, job_id)
        return bool(job_info.job_state is JobState.DONE)

    done = await _retry(node, 'update', update, Stage.SCHEDULER)
    if done:
        node.set_state(CalcJobState.RETRIEVING)
    return bool(done)


async def task_monitor_job(
    node: CalcJobNode, transport_queue: TransportQueue, cancellable: InterruptableFuture, monitors: CalcJobMonitors
) -> CalcJobMonitorResult | None:
    """Call the monitors of a job that are due; return the result that asks for it to be killed, if there is one."""
    process = functools.partial(monitors.process, node)
    result: CalcJobMonitorResult | None = await _attempt(
        node, 'monitor', transport_queue, cancellable, process, find=_of_plugin_code
    )
    return result


async def task_stash_job(
    process: CalcJob, transport_queue: TransportQueue, cancellable: InterruptableFuture
) -> ExitCode | None:
    """Put files of a job aside on the computer, if that is wanted; return an exit code if they are not all there."""
    node = process.node
    if not node.get_option('stash') or execmanager.has_output(node, 'remote_stash'):
        return None

    def stash(transport: Transport) -> None:
        put_aside = stash_calculation(node, transport, _stash_source_of(process))
        if put_aside is not None:
            process.out('remote_stash', put_aside)

    node.set_state(CalcJobState.STASHING)
    return await _move_files(process, 'stash', transport_queue, cancellable, stash)


async def task_unstash_job(
    process: CalcJob, transport_queue: TransportQueue, cancellable: InterruptableFuture
) -> ExitCode | None:
    """Bring files back that were put aside, if that is wanted; return an exit code if they are not all there."""
    node, source = process.node, _stash_source_of(process)
    if not node.get_option('unstash') or source is None:
        return None

    node.set_state(CalcJobState.UNSTASHING)
    unstash = functools.partial(unstash_calculation, node, source=source)
    return await _move_files(process, 'unstash', transport_queue, cancellable, unstash)


def _stash_source_of(process: CalcJob) -> Any:
    """Return the node whose files are put aside or brought back, ``None`` for those of the job itself."""
    label = process._stash_source
    return None if label is None else cast('Any', process.inputs)[label]


async def _move_files(
    process: CalcJob,
    what: str,
    queue: TransportQueue,
    cancellable: InterruptableFuture,
    action: Callable[[Transport], None],
) -> ExitCode | None:
    """Put files aside or bring them back; return an exit code if that will never work."""

    def move(transport: Transport) -> ExitCode | None:
        try:
            action(transport)
        except StashingError as exception:
            process.node.logger.warning('%s failed: %s', what, exception)
            return cast('ExitCode', process.exit_codes.ERROR_STASHING_FAILED.format(message=str(exception)))
        return None

    result: ExitCode | None = await _attempt(process.node, what, queue, cancellable, move)
    return result


async def task_retrieve_job(
    process: CalcJob, transport_queue: TransportQueue, cancellable: InterruptableFuture
) -> str | None:
    """Retrieve the results of a job; return the folder with the files that only the parser sees, if there are any."""
    node = process.node
    with scratch_watched(_scratch_folders()):
        temporary = tempfile.mkdtemp() if node.get_retrieve_temporary_list() else None

    def retrieve(transport: Transport) -> None:
        scheduler = node.computer.get_scheduler() if node.computer is not None else None
        job_id = node.get_job_id()
        if job_id is not None and scheduler is not None:
            scheduler.set_transport(transport)
            node.set_detailed_job_info(_details(scheduler, job_id))
        retrieved = execmanager.retrieve_calculation(node, transport, temporary or os.devnull)
        if retrieved is not None:
            process.out(node.link_label_retrieved, retrieved)

    node.set_state(CalcJobState.RETRIEVING)
    try:
        await _attempt(node, 'retrieve', transport_queue, cancellable, retrieve)
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    node.set_state(CalcJobState.PARSING)
    return temporary


def _details(scheduler: Any, job_id: str) -> dict[str, Any] | None:
    """Return all the scheduler knows of a job, ``None`` if it has no such thing."""
    try:
        details: dict[str, Any] = scheduler.get_detailed_job_info(job_id)
    except FeatureNotAvailable:
        return None
    return details


async def task_kill_job(node: CalcJobNode, transport_queue: TransportQueue, cancellable: InterruptableFuture) -> bool:
    """Kill a job, if it was submitted."""
    if node.get_state() is CalcJobState.UPLOADING:
        logger.info('CalcJob<%s> was not submitted yet', node.pk)
        return True
    kill = functools.partial(execmanager.kill_calculation, node)
    await _attempt(node, KILL_COMMAND, transport_queue, cancellable, kill, Stage.SCHEDULER)
    return True


async def _update_for_a_while(
    node: CalcJobNode, job_manager: JobManager, seconds: float | None, cancellable: InterruptableFuture
) -> bool:
    """Wait for news of a job, at most so long; return whether it is done."""
    try:
        return await asyncio.wait_for(task_update_job(node, job_manager, cancellable), seconds)
    except TimeoutError:
        return False


@plumpy.auto_persist('_command')
class Waiting(plumpy.process_states.Waiting):
    """The waiting state of a job, which says what is to be done next: upload, submit, update or retrieve."""

    #: Whether the job is being killed.
    _is_ending = False

    def __init__(
        self,
        process: CalcJob,
        done_callback: Callable[..., Any] | None,
        msg: str | None = None,
        data: Any | None = None,
    ) -> None:
        """
        :param done_callback: not used by this state.
        :param msg: what is told of the process meanwhile.
        :param data: the command, or a dictionary with the command under ``command``.
        """
        super().__init__(process, done_callback, msg, data)
        self._task: InterruptableFuture | None = None
        self._killing: Any = None
        self._command: str = data['command'] if isinstance(data, dict) else cast('str', data)
        self._pending: Interruption | None = None
        self._monitors: CalcJobMonitors | None = None

    @property
    def process(self) -> CalcJob:
        """The process that waits."""
        return self.state_machine  # type: ignore[return-value]

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Take over what was saved."""
        super().load_instance_state(saved_state, load_context)
        self._task = None
        self._killing = None
        self._pending = None
        self._monitors = None

    @property
    def monitors(self) -> CalcJobMonitors | None:
        """The monitors of the job, ``None`` if there are none."""
        inputs: Any = self.process.inputs
        if self._monitors is None and inputs is not None and inputs.get('monitors'):
            self._monitors = CalcJobMonitors(inputs['monitors'])
        return self._monitors

    @property
    def monitor_result(self) -> CalcJobMonitorResult | None:
        """Why a monitor had the job killed, ``None`` if none did."""
        return cast('CalcJobMonitorResult | None', self._value('monitor_result'))

    def _value(self, key: str) -> Any:
        """Return what the state before has left for this one."""
        return self.data.get(key) if isinstance(self.data, dict) else None

    async def execute(self) -> Any:  # type: ignore[override]
        """Do what is next and return the state after it.

        :raises PauseInterruption: if it could not be done, which pauses the process.
        """
        process = self.process
        status = (
            'Monitoring scheduler'
            if self._command == UPDATE_COMMAND
            else f'Waiting for transport task: {self._command}'
        )
        process.set_status(status)
        try:
            state = await self._dispatch()
        except TransportTaskException as exception:
            raise PauseInterruption(f'Pausing after failed transport task: {exception}') from exception
        except KillInterruption:
            await self._kill_job()
            raise
        except Interruption:
            raise
        except asyncio.CancelledError:
            logger.info('let go of CalcJob<%s> at its task `%s`, which is done again', process.node.pk, self._command)
            raise
        process.set_status(None)
        return state

    async def _dispatch(self) -> Any:
        process, runner = self.process, self.process.runner
        node = process.node
        if self._command == UPLOAD_COMMAND:
            skip_submit = await self._launch_task(task_upload_job, process, runner.transport)
            return self._after_job() if skip_submit else self.submit()
        if self._command == SUBMIT_COMMAND:
            result = await self._launch_task(task_submit_job, node, runner.transport)
            if isinstance(result, ExitCode):
                return self.create_state(ProcessState.RUNNING, process.terminate, result)
            return self.update()
        if self._command == UPDATE_COMMAND:
            return await self._wait_for_end()
        if self._command == UNSTASH_COMMAND:
            exit_code = await self._launch_task(task_unstash_job, process, runner.transport)
            return self.retrieve(None, exit_code)
        if self._command == STASH_COMMAND:
            exit_code = await self._launch_task(task_stash_job, process, runner.transport)
            return self.retrieve(self.monitor_result, exit_code)
        if self._command == RETRIEVE_COMMAND:
            return self._after_retrieval(await self._launch_task(task_retrieve_job, process, runner.transport))
        raise RuntimeError(f'a job cannot wait for `{self._command}`')

    async def _wait_for_end(self) -> Any:
        """Wait until the job has ended, or a monitor wants it to be killed."""
        process, runner = self.process, self.process.runner
        node, monitors = process.node, self.monitors
        patience = None if monitors is None else max(0.1, node.get_authinfo().computer.get_minimum_job_poll_interval())
        while True:
            if monitors is not None:
                result = await self._launch_task(task_monitor_job, node, runner.transport, monitors=monitors)
                if result is not None:
                    return await self._stop_by_monitor(result)
            before = process.status
            if await self._launch_task(_update_for_a_while, node, runner.job_manager, patience):
                return self._after_job()
            state = node.get_scheduler_state()
            process.set_status(f'Monitoring scheduler: job state {state.name if state else "unknown"}')
            if process.status != before:
                process._write_at_once()

    async def _stop_by_monitor(self, result: CalcJobMonitorResult) -> Any:
        """Kill the job, and return the state that follows."""
        process = self.process
        process.node.logger.report('monitor `%s` has the job killed: %s', result.key, result.message)
        await self._kill_job()
        if result.outputs:
            process.out_many(result.outputs)
        if not result.retrieve:
            return self.create_state(ProcessState.RUNNING, process.terminate, self._exit_code_of(result))
        kept = CalcJobMonitorResult(**{**vars(result), 'outputs': None})
        return self._after_job(kept)

    def _after_job(self, monitor_result: CalcJobMonitorResult | None = None) -> Waiting:
        """Return the state after the job has ended, or need not run: files are brought back, put aside or retrieved."""
        node = self.process.node
        if node.get_option('unstash') and monitor_result is None:
            return self._wait_for(UNSTASH_COMMAND)
        return self.stash(monitor_result) if node.get_option('stash') else self.retrieve(monitor_result)

    def _after_retrieval(self, retrieved_temporary_folder: str | None) -> Any:
        """Return the state after the files were retrieved: they are parsed, unless a monitor did not want that."""
        result = self.monitor_result
        if result is None:
            return self.parse(retrieved_temporary_folder, self._value('exit_code'))
        exit_code = self._exit_code_of(result)
        if not result.parse:
            if retrieved_temporary_folder is not None:
                shutil.rmtree(retrieved_temporary_folder, ignore_errors=True)
            return self.create_state(ProcessState.RUNNING, self.process.terminate, exit_code)
        return self.parse(retrieved_temporary_folder, exit_code if result.override_exit_code else None)

    def _exit_code_of(self, result: CalcJobMonitorResult) -> ExitCode:
        return cast('ExitCode', self.process.exit_codes.STOPPED_BY_MONITOR.format(message=result.message))

    async def _launch_task(self, coro: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a task that :meth:`interrupt` interrupts, and return its result.

        An interruption that came when no task was running is raised before the next one, a kill after the last one too.
        """
        self._raise_pending(Interruption)
        task_fn = functools.partial(coro, *args, **kwargs)
        token = _TELL.set(functools.partial(self._tell, self.process.status))
        try:
            task = self._task = interruptable_task(lambda cancellable: task_fn(cancellable=cancellable))
        finally:
            _TELL.reset(token)
        try:
            result = await task
        finally:
            self._task = None
            inner: asyncio.Task[None] = task._task  # type: ignore[attr-defined]
            if not inner.done():
                inner.cancel()
                await asyncio.wait({inner})  # what is being done outside is not left half known
        self._raise_pending(KillInterruption)
        return result

    def _tell(self, status: str | None, reason: str | None) -> None:
        """Say why the task takes so long, or what was said before it began."""
        process = self.process
        if process.status != (reason or status) and not process.paused:
            process.set_status(reason or status)
            process._write_at_once()

    def _raise_pending(self, kind: type[Interruption]) -> None:
        pending = self._pending
        if isinstance(pending, kind):
            self._pending = None
            raise pending

    async def _kill_job(self) -> None:
        """Kill the job, and tell who asked for it.

        A job that cannot be killed does not keep its process alive.
        """
        node = self.process.node
        self._is_ending = True
        try:
            await self._launch_task(task_kill_job, node, self.process.runner.transport)
        except TransportTaskException as exception:
            node.logger.error('the job %s may still be running: %s', node.get_job_id(), exception)
        finally:
            self._is_ending = False
            if self._killing is not None and not self._killing.done():
                self._killing.set_result(True)

    def _wait_for(self, command: str, **values: Any) -> Waiting:
        """Return the state with a command, and with values that are known by then."""
        known = {key: value for key, value in values.items() if value is not None}
        data = {'command': command, **known} if known else command
        return cast('Waiting', self.create_state(ProcessState.WAITING, None, msg=f'Waiting to {command}', data=data))

    def upload(self) -> Waiting:
        """Return the state in which the job is uploaded."""
        return self._wait_for(UPLOAD_COMMAND)

    def submit(self) -> Waiting:
        """Return the state in which the job is submitted."""
        return self._wait_for(SUBMIT_COMMAND)

    def update(self) -> Waiting:
        """Return the state in which the end of the job is waited for."""
        return self._wait_for(UPDATE_COMMAND)

    def stash(self, monitor_result: CalcJobMonitorResult | None = None) -> Waiting:
        """Return the state in which files are put aside, of a job that a monitor had killed maybe."""
        return self._wait_for(STASH_COMMAND, monitor_result=monitor_result)

    def retrieve(
        self, monitor_result: CalcJobMonitorResult | None = None, exit_code: ExitCode | None = None
    ) -> Waiting:
        """Return the state in which the results are retrieved.

        :param monitor_result: why a monitor had the job killed, if one had.
        :param exit_code: how the process ends, whatever the parser says.
        """
        return self._wait_for(RETRIEVE_COMMAND, monitor_result=monitor_result, exit_code=exit_code)

    def parse(self, retrieved_temporary_folder: str | None, exit_code: ExitCode | None = None) -> Any:
        """Return the state in which the results are parsed."""
        return self.create_state(ProcessState.RUNNING, self.process.parse, retrieved_temporary_folder, exit_code)

    def interrupt(self, reason: Any) -> Any:
        """Interrupt what is waited for; return a future of the job's being killed if it is to be."""
        if self._is_ending:
            return self._killing  # asked for twice: the first request is being carried out
        if self._task is not None and not self._task.done():
            self._task.interrupt(reason)
        else:
            self._pending = reason
        if isinstance(reason, KillInterruption):
            if self._killing is None:
                self._killing = plumpy.futures.Future()
            return self._killing
        return None

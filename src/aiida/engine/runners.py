"""Runners: who runs processes, in this interpreter."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from plumpy.process_comms import RemoteProcessThreadController

from aiida.common.claims import this_owner
from aiida.common.exceptions import InvalidOperation, LostLease, NotExistent
from aiida.engine.persistence import AiiDAPersister
from aiida.engine.processes.builder import ProcessBuilder
from aiida.engine.processes.futures import ProcessFuture
from aiida.engine.processes.process import Process
from aiida.engine.runtime import driving, messages, resuming
from aiida.engine.runtime.current import RUNNER
from aiida.engine.runtime.obeying import Obedience
from aiida.engine.runtime.watching import Watcher
from aiida.engine.utils import instantiate_process, is_process_function, metadata_of, prepare_inputs
from aiida.orm import ProcessNode
from aiida.orm.backend import get_store
from aiida.plugins.utils import PluginVersionProvider

if TYPE_CHECKING:
    import kiwipy
    from plumpy.persistence import Persister

    from aiida.engine.processes.calcjobs.manager import JobManager
    from aiida.engine.runtime.background import Background
    from aiida.engine.transports import TransportQueue

__all__ = ('RUNNER', 'ResultAndNode', 'ResultAndPk', 'Runner')

LOGGER = logging.getLogger('aiida.engine.runners')

TYPE_RUN_PROCESS = Process | type[Process] | ProcessBuilder
TYPE_SUBMIT_PROCESS = Process | type[Process] | ProcessBuilder


class ResultAndNode(NamedTuple):
    """What a process gave, and its node."""

    result: dict[str, Any]
    node: ProcessNode


class ResultAndPk(NamedTuple):
    """What a process gave, and the pk of its node."""

    result: dict[str, Any]
    pk: int | None


class Runner:
    """Runs processes in an event loop: to their end, or beside each other.

    A runner belongs to the thread it was made in.
    """

    _persister: Persister | None = None
    _communicator: kiwipy.Communicator | None = None
    _controller: RemoteProcessThreadController | None = None
    _closed: bool = False

    def __init__(
        self,
        poll_interval: int | float = 0,
        loop: asyncio.AbstractEventLoop | None = None,
        communicator: kiwipy.Communicator | None = None,
        rmq_submit: bool = False,
        persister: Persister | None = None,
        broker_submit: bool | None = None,
    ) -> None:
        """
        :param poll_interval: seconds between two looks at processes that are run elsewhere; 0 looks whenever something
            changed in the store.
        :param loop: the event loop, a new one for ``None``.
        :param communicator: what news are told to and heard from.
        :param rmq_submit: whether submitted processes are left to the workers; ``broker_submit`` is the newer name.
        :param persister: what checkpoints are saved with, the store of the profile for ``None``.
        """
        self._given_loop = loop
        self._poll_interval = poll_interval
        self._rmq_submit = rmq_submit if broker_submit is None else broker_submit
        self._communicator = communicator
        self._persister = persister if persister is not None else AiiDAPersister()
        self._controller = None if communicator is None else RemoteProcessThreadController(communicator)
        self._live: dict[Any, Process] = {}
        self._tasks: dict[Any, asyncio.Task[None]] = {}
        self._failure: BaseException | None = None
        self.thread_id = threading.get_ident()
        #: Whether a process that is instantiated now is run at once.
        self.starts_at_once = False
        #: Whether processes that wait for others, or are paused, leave it until they are ready again.
        self.parts = False
        #: Whether its processes listen to messages; not if its loop will not run.
        self.hears = True
        #: Whether it takes no further step of any process.
        self.is_leaving = False
        #: Seconds for which it holds a process without renewing that; ``None`` holds it as long as this program lives.
        self.lease: float | None = None
        #: Whether a step of a worker waits for what it runs: that is not left to workers, who may have no slot for it.
        self.is_waited_for = False
        self._background: Background | None = None
        resuming.note_runner(self)

    def sibling(self) -> Runner:
        """Return a runner like this one with a loop of its own, for the calling thread."""
        sibling = type(self)(
            poll_interval=self._poll_interval,
            communicator=self._communicator,
            rmq_submit=self._rmq_submit,
            persister=self._persister,
        )
        sibling.lease = self.lease
        return sibling

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        self.close()

    # what it has

    @cached_property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop."""
        return self._given_loop if self._given_loop is not None else asyncio.new_event_loop()

    @cached_property
    def transport(self) -> TransportQueue:
        """The connections to computers."""
        from aiida.engine.transports import TransportQueue

        return TransportQueue(self.loop)

    @cached_property
    def job_manager(self) -> JobManager:
        """Who asks schedulers for news of jobs."""
        from aiida.engine.processes.calcjobs.manager import JobManager

        return JobManager(self.transport)

    @cached_property
    def plugin_version_provider(self) -> PluginVersionProvider:
        """Who knows the versions of plugins."""
        return _VERSIONS

    @cached_property
    def watcher(self) -> Watcher:
        """Who watches processes that are run elsewhere."""
        return Watcher(self.loop, self._poll_interval)

    @cached_property
    def obedience(self) -> Obedience:
        """Who does what the rows of the processes say is wanted."""
        return Obedience(self.loop, self._live, self.owner)

    @property
    def owner(self) -> str:
        """The name under which this program holds the processes it runs."""
        return this_owner()

    def hold_new(self) -> dict[str, Any]:
        """Return by whom, and until when, a process that is made now is held: nobody if it is left to the workers."""
        if self._rmq_submit and not self.starts_at_once:
            return {'owner': None}
        return {'owner': self.owner, 'lease_until': self.lease_until()}

    def lease_until(self) -> float | None:
        """Return until when a process is held that is taken now, in seconds since the epoch."""
        return None if self.lease is None else get_store().now() + self.lease

    async def background(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run what belongs to the user for the process that is running: beside the loop, if this runner does that."""
        if self._background is None:
            return function(*args, **kwargs)
        return await self._background.run(function, *args, **kwargs)

    @property
    def has_background(self) -> bool:
        """Whether steps are run beside the loop."""
        return self._background is not None

    def become_worker(self, lease: float, threads: int) -> None:
        """Run what all submit from now on: steps beside the loop, and nothing is kept that only waits.

        :param lease: seconds for which a process is held without renewing that.
        :param threads: how many steps at the same time.
        """
        from aiida.engine.runtime.background import Background

        self.parts = self._rmq_submit = True
        self.lease = lease
        self._background = Background(self, threads)

    @property
    def persister(self) -> Persister | None:
        """What checkpoints are saved with."""
        return self._persister

    @property
    def communicator(self) -> kiwipy.Communicator | None:
        """What news are told to and heard from: what was given, otherwise the connection to the profile's broker.

        :raises ConnectionError: if that broker does not answer.
        """
        return self._communicator if self._communicator is not None else messages.communicator()

    @property
    def controller(self) -> RemoteProcessThreadController | None:
        """Who sends messages to processes that are run elsewhere; errors as for :attr:`communicator`."""
        if self._controller is None and (communicator := self.communicator) is not None:
            return RemoteProcessThreadController(communicator)
        return self._controller

    @property
    def is_daemon_runner(self) -> bool:
        """Whether submitted processes are left to the workers."""
        return self._rmq_submit

    def is_closed(self) -> bool:
        """Return whether it was closed."""
        return self._closed

    # the loop

    def start(self) -> None:
        """Run the loop until :meth:`stop`."""
        self.loop.run_forever()

    def stop(self) -> None:
        """Stop the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop) if self.loop.is_running() else self.loop.stop()

    def run_until_complete(self, future: asyncio.Future[Any]) -> Any:
        """Run the loop until a future is done, and return its result."""
        return driving.wait_for(self.loop, future)

    def close(self) -> None:
        """Stop the loop, and close it if it is this runner's own."""
        if self._closed:
            return
        self._closed = True
        if self._background is not None:
            self._background.close()
        if 'loop' not in self.__dict__:
            return
        if self.loop.is_running():
            self.stop()
        elif self._given_loop is None and not self.loop.is_closed():
            _forget_unbegun(self.loop)
            self.loop.close()

    # launching

    def instantiate_process(self, process: TYPE_RUN_PROCESS, **inputs: Any) -> Process:
        """Return a process that is ready to be run here; see :func:`aiida.engine.utils.instantiate_process`."""
        return instantiate_process(self, process, **inputs)

    def submit(self, process: TYPE_SUBMIT_PROCESS, inputs: dict[str, Any] | None = None, **kwargs: Any) -> ProcessNode:
        """Launch a process and return its node at once: this runner runs it, or a worker if it leaves them to these.

        :param process: a class, builder or instance.
        :param inputs: values by name of port, instead of keywords.
        :raises TypeError: for a process function.
        :raises InvalidOperation: if its provenance is not to be stored.
        """
        _refuse_function(process)
        given = prepare_inputs(inputs, **kwargs)
        metadata = metadata_of(process, given)
        if metadata.get('dry_run', False):
            raise InvalidOperation('a dry run cannot be submitted: `run` it')
        if metadata.get('store_provenance') is False:
            raise InvalidOperation(_UNSTORED)
        if not self._rmq_submit or self._is_waited_for_by_caller():
            return self.schedule(process, **given)
        instance = self.instantiate_process(process, **given)
        _refuse_unstored(instance)
        if not instance._life.is_taken_over:
            instance._life.give_away()
            messages.send_task(instance.pid)
        return instance.node

    def schedule(
        self, process: TYPE_SUBMIT_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> ProcessNode:
        """Let a process be run by this runner, beside others, and return its node at once.

        :param process: a class, builder or instance.
        :param inputs: values by name of port, instead of keywords.
        :raises TypeError: for a process function.
        """
        _refuse_function(process)
        if args:
            inputs = args[0]
        leaves_to_workers, self._rmq_submit = self._rmq_submit, False
        try:
            instance = self.instantiate_process(process, **prepare_inputs(inputs, **kwargs))
        finally:
            self._rmq_submit = leaves_to_workers
        if not instance._life.is_taken_over:
            self.start_task(instance)
        elif self.is_waited_for:
            with contextlib.suppress(resuming.RunElsewhere, NotExistent):  # a worker has it, or will have
                resuming.resume_if_free(self, cast('int', instance.pid))
        else:
            resuming.resume_if_free(self, cast('int', instance.pid))
        return instance.node

    def _is_waited_for_by_caller(self) -> bool:
        """Return whether the process that launches is run by a step that waits for it, in the thread of this runner."""
        return self.is_waited_for and getattr(Process.current(), 'runner', None) is self

    def start_task(self, process: Process) -> asyncio.Task[None]:
        """Run a process as a task of the loop."""
        task = self.loop.create_task(driving.live(process))
        self._tasks[process.pid] = task
        task.add_done_callback(lambda done: self._task_done(process, done))
        return task

    def _task_done(self, process: Process, task: asyncio.Task[None]) -> None:
        replaced = self._tasks.get(process.pid, task) is not task
        if not replaced:
            self._tasks.pop(process.pid, None)
        if task.cancelled():
            if not replaced:
                self._let_go(process, asyncio.CancelledError('its task was cancelled'))
            return
        exception = task.exception()
        if exception is not None and isinstance(exception, Exception):
            LOGGER.error('Process<%s> was interrupted and stays at its last checkpoint: %r', process.pid, exception)
            self._let_go(process, exception)
            self._failure = exception
            driving.abort(self.loop, exception)

    def _let_go(self, process: Process, error: BaseException) -> None:
        """Live without a process that was interrupted, so that it can be gone on with or killed."""
        self.unregister(process)
        if isinstance(error, LostLease) or process._life.end_is_written or not process._life.is_persistent:
            return
        if process._life.fence and process.node.pk is not None:
            resuming.release(process.node.pk, process._life.fence, error)

    def _run(
        self, process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[dict[str, Any], ProcessNode]:
        """Run a process to its end and return its outputs and node.

        :raises Exception: what the process raised.
        :raises KeyboardInterrupt: after the process was killed by Ctrl-C.
        """
        if is_process_function(process):
            given = prepare_inputs(inputs, **kwargs)
            result, node = process.run_get_node(*args, **given)  # type: ignore[union-attr]
            return result, node
        if args:
            inputs = args[0]
        instance = driving.run(self, process, prepare_inputs(inputs, **kwargs))
        return instance.outputs, instance.node

    def run(
        self, process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Run a process to its end and return its outputs by name.

        :param process: a class, builder, instance or process function.
        :param inputs: values by name of port, instead of keywords.
        """
        return self._run(process, *args, inputs=inputs, **kwargs)[0]

    def run_get_node(
        self, process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> ResultAndNode:
        """Run a process to its end and return its outputs and node; parameters as for :meth:`run`."""
        return ResultAndNode(*self._run(process, *args, inputs=inputs, **kwargs))

    def run_get_pk(
        self, process: TYPE_RUN_PROCESS, *args: Any, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> ResultAndPk:
        """Run a process to its end and return its outputs and pk; parameters as for :meth:`run`."""
        result, node = self._run(process, *args, inputs=inputs, **kwargs)
        return ResultAndPk(result, node.pk)

    # who lives

    def register(self, process: Process) -> None:
        """Note that a process lives here."""
        self._live[process.pid] = process
        if process._life.fence:
            self.obedience.watch()
            if self.hears:
                messages.listen(self, process)

    def unregister(self, process: Process) -> None:
        """Note that a process lives here no more, and tell who waits for it if it has ended."""
        if self._live.get(process.pid) is not process:  # it may have been taken up again already
            return
        del self._live[process.pid]
        if 'obedience' in self.__dict__:
            self.obedience.forget(cast('int', process.pid))
        if process._life.fence:
            messages.unlisten(self, process)
        if process.has_terminated() and 'watcher' in self.__dict__:
            self.watcher.ended(process.pid)

    def live_process(self, pid: Any) -> Process | None:
        """Return the process of this number if it lives here."""
        return self._live.get(pid)

    def kill_children(self, process: Process, message: str, force_kill: bool = False) -> None:
        """Kill what a process called: at once what lives here, by its row what lives elsewhere."""
        if not process.node.is_stored:
            return
        for child in process.node.called:
            live = self._live.get(child.pk)
            if live is not None:
                if not live.has_terminated():
                    live.kill(message, force_kill)
            elif not child.is_terminated:
                get_store().set_desired(child.pk, 'kill', message)  # type: ignore[arg-type]

    # who waits

    def call_on_process_finish(self, pk: int, callback: Callable[[], Any]) -> None:
        """Call ``callback()`` in the loop once a process is terminated, wherever it is run."""
        self.watcher.call_when_ended(pk, callback, lives_here=pk in self._live)

    def get_process_future(self, pk: int) -> ProcessFuture:
        """Return a future that resolves with the node of a process once it is terminated."""
        news = self._communicator if self._communicator is not None else messages.bulletin()
        return ProcessFuture(pk, self.loop, self._poll_interval or 0.1, news)

    def _poll_process(self, node: ProcessNode, callback: Callable[[], Any]) -> None:
        """Call ``callback()`` if a process is terminated, otherwise look again later."""
        if node.is_terminated:
            self.loop.call_soon(callback)
        else:
            self.loop.call_later(self._poll_interval or 0.1, self._poll_process, node, callback)


_VERSIONS = PluginVersionProvider()
_UNSTORED = 'Cannot submit a process with `store_provenance=False`: nobody could find it; `run` it'


def _forget_unbegun(loop: asyncio.AbstractEventLoop) -> None:
    """Let what never had its turn in a loop end without a warning; its rows say that it is to be run."""
    for task in asyncio.all_tasks(loop):
        coroutine: Any = task.get_coro()
        if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
            coroutine.close()


def _refuse_function(process: Any) -> None:
    if is_process_function(process):
        raise TypeError(
            f'the process function `{process.__name__}` cannot be submitted: call it, for example in a step of a work '
            'chain'
        )


def _refuse_unstored(process: Process) -> None:
    if not process.node.is_stored:
        raise InvalidOperation(_UNSTORED)

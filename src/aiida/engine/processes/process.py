"""A process: something that runs, and whose every step is recorded."""

from __future__ import annotations

import asyncio
import enum
import logging
import sys
import threading
import traceback
import uuid
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import plumpy.futures
import plumpy.persistence
import plumpy.processes
from plumpy import process_states
from plumpy.greenback_bridge import ensure_portal
from plumpy.process_states import ProcessState
from plumpy.processes import BundleKeys
from plumpy.utils import AttributesFrozendict

from aiida.common.extendeddicts import AttributeDict
from aiida.common.lang import classproperty
from aiida.common.log import LOG_LEVEL_REPORT
from aiida.engine.processes import emission, exposure, flattening, recording
from aiida.engine.processes.builder import ProcessBuilder
from aiida.engine.processes.exit_code import ExitCode, ExitCodesNamespace
from aiida.engine.processes.life import Life
from aiida.engine.processes.names import check_names
from aiida.engine.processes.ports import PORT_NAMESPACE_SEPARATOR, InputPort, PortNamespace
from aiida.engine.processes.process_spec import ProcessSpec
from aiida.engine.processes.states import Running, Waiting
from aiida.engine.runtime import codec, replaying
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS, current_runner, runner_for
from aiida.engine.runtime.interrupts import uninterrupted
from aiida.engine.runtime.loops import loop_scope
from aiida.orm import Data, ProcessNode, load_node
from aiida.plugins.entry_point import get_entry_point_string_from_class

if TYPE_CHECKING:
    from plumpy.ports import Port

    from aiida.engine.runners import Runner

__all__ = ('Process', 'ProcessState')

_SAVED_BY_NAME = ('_pid', '_creation_time', '_status', '_pre_paused_status', '_parent_pid', '_enable_persistence')
_BUILDING = threading.RLock()
_KNOWN_MEMBERS = frozenset({*_SAVED_BY_NAME, '_future', '_paused', '_event_helper'})


@plumpy.persistence.auto_persist('_parent_pid', '_enable_persistence')
class Process(plumpy.processes.Process):
    """Something that runs: it takes nodes, gives nodes, and is itself recorded as a node.

    Subclasses declare inputs, outputs and exit codes in :meth:`define`. An instance lives in the memory of one runner;
    its node tells everybody else how it stands.
    """

    _node_class: type[ProcessNode] = ProcessNode
    _spec_class = ProcessSpec
    SINGLE_OUTPUT_LINKNAME: str = 'result'

    class SaveKeys(enum.Enum):
        """Keys of the saved state."""

        CALC_ID = 'calc_id'

    _life: Life
    _node: ProcessNode | None = None
    _whole_spec: ClassVar[Any]

    # class level

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """
        :raises RuntimeError: if the class gives another meaning to a name that the engine keeps for itself.
        """
        super().__init_subclass__(**kwargs)
        if cls.__module__.partition('.')[0] != 'aiida':
            check_names(cls)

    @classmethod
    def spec(cls) -> ProcessSpec:
        """Return the specification; it is built when first asked for."""
        spec = cls.__dict__.get('_whole_spec')
        if spec is None:
            with _BUILDING:  # no thread sees what another has built half
                is_outermost = '_spec' not in cls.__dict__  # `define` may ask for what it is building
                spec = super().spec()
                if is_outermost:
                    cls._whole_spec = spec
        return cast('ProcessSpec', spec)

    @classmethod
    def _StateMachine__ensure_built(cls) -> None:
        if 'sealed' not in cls.__dict__:
            with _BUILDING:  # plumpy, whose name this is, lets threads build the same table of states at once
                super()._StateMachine__ensure_built()  # type: ignore[misc]

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs, outputs and exit codes; a subclass calls ``super().define(spec)`` first."""
        super().define(spec)
        spec.inputs.valid_type = Data
        spec.inputs.dynamic = False
        spec.input_namespace(spec.metadata_key, required=False, is_metadata=True)
        metadata = f'{spec.metadata_key}.'
        spec.input(
            f'{metadata}store_provenance',
            valid_type=bool,
            default=True,
            help='Whether the node of the process is stored, with its inputs and outputs.',
        )
        spec.input(
            f'{metadata}description',
            valid_type=str,
            required=False,
            help='What there is to say of the process, kept on its node.',
        )
        spec.input(
            f'{metadata}label', valid_type=str, required=False, help='A short name for the process, kept on its node.'
        )
        spec.input(
            f'{metadata}call_link_label',
            valid_type=str,
            default='CALL',
            help='How the link is labelled that leads here from the process that calls this one.',
        )
        spec.input(
            f'{metadata}disable_cache',
            required=False,
            valid_type=bool,
            help='Whether the process is run even where the configuration of caching would take an equal one.',
        )
        for status, label, message in (
            (1, 'ERROR_UNSPECIFIED', 'The process has failed with an unspecified error.'),
            (2, 'ERROR_LEGACY_FAILURE', 'The process failed with legacy failure mode.'),
            (10, 'ERROR_INVALID_OUTPUT', 'The process returned an invalid output.'),
            (11, 'ERROR_MISSING_OUTPUT', 'The process did not register a required output.'),
        ):
            spec.exit_code(status, label, message, invalidates_cache=True)

    @classmethod
    def get_builder(cls) -> ProcessBuilder:
        """Return a builder of inputs for this class."""
        return ProcessBuilder(cls)

    @classmethod
    def get_or_create_db_record(cls) -> ProcessNode:
        """Return a new node for a process of this class."""
        return cls._node_class()

    @classmethod
    def get_state_classes(cls) -> dict[Any, type[process_states.State]]:
        """Return the class of each state."""
        classes = super().get_state_classes()
        classes[ProcessState.RUNNING] = Running
        classes[ProcessState.WAITING] = Waiting
        return cast('dict[Any, type[process_states.State]]', classes)

    @classmethod
    def get_exit_statuses(cls, exit_code_labels: Iterable[str]) -> list[int]:
        """Return the statuses of exit codes.

        :raises AttributeError: if there is no exit code of one of the labels.
        """
        exit_codes = cls.spec().exit_codes
        return [getattr(exit_codes, label).status for label in exit_code_labels]

    @classproperty
    def exit_codes(cls) -> ExitCodesNamespace:  # noqa: N805
        """The exit codes by label."""
        return cls.spec().exit_codes

    @classproperty
    def spec_metadata(cls) -> PortNamespace:  # noqa: N805
        """The ports of the metadata."""
        return cast('PortNamespace', cls.spec().inputs['metadata'])

    @classmethod
    def build_process_type(cls) -> str:
        """Return the string that stands for this class: of its entry point, or its module and name."""
        known = cls.__dict__.get('_process_type')
        if known is None:
            name = get_entry_point_string_from_class(cls.__module__, cls.__name__)
            known = name or f'{cls.__module__}.{cls.__name__}'
            cls._process_type = known  # type: ignore[attr-defined]
        return cast('str', known)

    @classmethod
    def is_valid_cache(cls, node: ProcessNode) -> bool:
        """Return whether the outputs of a finished process may be taken over by an equal one.

        Overriding methods return ``False`` at least where this one does.
        """
        try:
            exit_status = node.exit_status
            return exit_status is None or not cls.spec().exit_codes(exit_status).invalidates_cache
        except ValueError:
            return True

    # making and restoring

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Return an instance that the engine knows nothing of yet, for one that is made and one that is restored."""
        instance = super().__new__(cls)
        instance._life = Life(instance)
        return instance

    def __init__(
        self,
        inputs: dict[str, Any] | None = None,
        logger: logging.Logger | None = None,
        runner: Runner | None = None,
        parent_pid: int | None = None,
        enable_persistence: bool = True,
    ) -> None:
        """
        :param inputs: values by name of port; those that are no nodes go through the serializers of the ports.
        :param logger: where it reports until it has a node.
        :param runner: who runs it; by default that of this thread.
        :param parent_pid: the process that calls it; by default the one that is running.
        :param enable_persistence: whether checkpoints are saved.
        :raises ValueError: if the inputs are not valid.
        """
        self._runner: Runner = runner if runner is not None else current_runner()
        super().__init__(
            inputs=self.spec().inputs.serialize(inputs),
            logger=logger,
            loop=self._runner.loop,
            communicator=self._runner._communicator,
        )
        self._parent_pid = parent_pid
        self._enable_persistence = enable_persistence
        self.linked_outputs: set[str] = set()

    def init(self) -> None:
        """Called when it was made or restored."""
        super().init()
        if self._logger is None and self._node is not None:
            self.set_logger(self._node.logger)
        if not self._life.is_taken_over:
            self._runner.register(self)

    def on_entering(self, state: process_states.State) -> None:
        """Called before a state is entered."""
        label = state.LABEL
        if label is ProcessState.CREATED:
            # the first checkpoint is written with the node, while this state is being entered
            self._state = state
            state.in_state = True
        elif label is ProcessState.FINISHED:
            self._conclude_process(cast('process_states.Finished', state))
        super().on_entering(state)

    def on_create(self) -> None:
        """Called when it is created: the inputs are valid, the node is made and stored with all links."""
        super().on_create()
        if self._parent_pid is None:
            parent = plumpy.processes.Process.current()
            if isinstance(parent, Process):
                self._parent_pid = cast('Any', parent.pid)
        self._pid = self._create_and_setup_db_record()
        # before Ctrl-C may come through: what is in the database must be there to be killed
        if not self._life.is_taken_over:
            self._runner.register(self)

    def _create_and_setup_db_record(self) -> int | uuid.UUID:
        """Make the node, store it unless provenance is not wanted, and return its pk (its uuid if it is not stored)."""
        recording.create(self)
        node = self.node
        return node.pk if node.pk is not None else uuid.UUID(node.uuid)

    def _setup_db_record(self) -> None:
        """Write what is known at creation on the node, which is not stored yet, and link it to caller and inputs."""
        node = self.node
        state = ProcessState.RUNNING if self._runner.starts_at_once else ProcessState.CREATED
        node.set_process_state(state)
        self._life.recorded_state = state
        node.set_process_label(self._build_process_label())
        node.set_process_type(self.build_process_type())
        recording.link_parent(self, self.get_parent_calc())
        self._setup_metadata(dict(self.metadata))
        node.set_metadata_inputs(
            cast('dict[str, Any]', flattening.metadata_of(self.spec().inputs, self.raw_inputs or {}))
        )
        self._setup_version_info()
        self._setup_inputs()

    def _setup_version_info(self) -> None:
        """Note the versions of this program and of the package the class comes from."""
        for key, value in self._runner.plugin_version_provider.get_version_info(type(self)).items():
            self.node.base.attributes.set(key, value)

    def _setup_metadata(self, metadata: dict[str, Any]) -> None:
        """Take the metadata over to the node.

        :raises RuntimeError: for a key that means nothing to this class.
        """
        for name, value in metadata.items():
            if name in ('store_provenance', 'dry_run', 'call_link_label', 'disable_cache'):
                continue
            if name == 'label':
                self.node.label = value or ''
            elif name == 'description':
                self.node.description = value or ''
            else:
                raise RuntimeError(f'there is no metadata `{name}` for {type(self).__name__}')

    def _setup_inputs(self) -> None:
        """Link the inputs that are nodes."""
        recording.link_inputs(self)

    def _build_process_label(self) -> str:
        """Return the label that the process goes by in lists; override it for a more telling one."""
        return type(self).__name__

    def save(self, save_context: Any = None) -> MutableMapping[str, Any]:
        """Return all that is needed to restore the process; nodes in it are themselves, not copies."""
        state: MutableMapping[str, Any] = {}
        plumpy.persistence.Savable._set_class_name(state, f'{type(self).__module__}:{type(self).__qualname__}')
        self.save_instance_state(state, save_context)
        return state

    def save_instance_state(
        self, out_state: MutableMapping[str, Any], save_context: plumpy.persistence.LoadSaveContext | None
    ) -> None:
        """Put what is needed to restore the process into ``out_state``.

        The raw inputs are left out: they were needed to make the node only.
        """
        for name in _SAVED_BY_NAME:
            out_state[name] = getattr(self, name)
        extra = (self._auto_persist or set()) - _KNOWN_MEMBERS
        if extra:
            self.save_members(extra, out_state)
        out_state['paused'] = self.paused
        out_state['launched'] = self._life.launched
        out_state['_state'] = self._state.save(save_context)
        out_state['linked_outputs'] = self.linked_outputs
        if self.inputs is not None:
            if self._life.encoded_inputs is None:
                self._life.encoded_inputs = self.encode_input_args(cast('Any', self.inputs))
            out_state[BundleKeys.INPUTS_PARSED] = self._life.encoded_inputs
        if self.outputs:
            out_state[BundleKeys.OUTPUTS] = codec.dumps(self.outputs, 'outputs')
        out_state[self.SaveKeys.CALC_ID.value] = self.pid

    def load_instance_state(
        self, saved_state: MutableMapping[str, Any], load_context: plumpy.persistence.LoadSaveContext
    ) -> None:
        """Restore the process from what :meth:`save_instance_state` put there."""
        self._runner = load_context.runner if 'runner' in load_context else current_runner()
        pk = saved_state[self.SaveKeys.CALC_ID.value]
        node = self._node = cast('ProcessNode', load_node(pk=pk))
        context = load_context.copyextend(loop=self._runner.loop, communicator=self._runner._communicator)
        with loop_scope(self._runner.loop):
            super().load_instance_state(saved_state, context)
        self._future = plumpy.persistence.SavableFuture(loop=self._loop)
        if saved_state.get('paused'):
            self._paused = plumpy.persistence.SavableFuture(loop=self._loop)
        self.linked_outputs = set(saved_state['linked_outputs'])
        launched = saved_state.get('launched')
        self._life.launched = len(node.called) if launched is None else launched
        self._life.orphans = replaying.find_orphans(pk, self._life.launched)
        self._life.encoded_inputs = saved_state.get(BundleKeys.INPUTS_PARSED)
        self._raw_inputs = self._parsed_inputs
        run = load_context.run if 'run' in load_context else node.backend.read_run(pk)
        if run is not None:
            self._life.fence, self._life.attempts = run.fence, run.attempts
        node.hold()  # from here on, its attributes are known
        self._life.recorded_state = node.process_state
        if node.paused and self._paused is None:  # it was set aside from outside
            node.unpause()

    def load_members(self, members: Iterable[str], saved_state: Any, load_context: Any = None) -> None:
        """Restore the attributes that were saved."""
        super().load_members([member for member in members if member in saved_state], saved_state, load_context)

    def encode_input_args(self, inputs: dict[str, Any]) -> str:
        """Return inputs as text, in which nodes are references.

        :raises NotSavable: if an input that is no node could not be read back.
        """
        return codec.dumps(inputs, 'inputs')

    def decode_input_args(self, encoded: str) -> dict[str, Any]:
        """Return the inputs that :meth:`encode_input_args` made text of."""
        return cast('dict[str, Any]', codec.loads(encoded))

    def _save_checkpoint(self) -> None:
        """Save where the process is, unless it is terminated or not to be saved; trouble is only told."""
        recording.save_checkpoint(self)

    # properties

    @property
    def node(self) -> ProcessNode:
        """The node that tells everybody of this process."""
        assert self._node is not None, 'the process has no node before it is created'
        return self._node

    @property
    def uuid(self) -> str:  # type: ignore[override]
        """The identifier of the node."""
        return self.node.uuid

    @property
    def metadata(self) -> AttributeDict:
        """The metadata it was launched with."""
        inputs = cast('Any', self.inputs)
        return cast('AttributeDict', inputs.get('metadata', AttributesFrozendict()) if inputs is not None else {})

    @property
    def runner(self) -> Runner:
        """Who runs it."""
        return self._runner

    def get_parent_calc(self) -> ProcessNode | None:
        """Return the node of the process that called this one, ``None`` if there is none."""
        if self._parent_pid is None:
            return None
        current = plumpy.processes.Process.current()
        if isinstance(current, Process) and current.pid == self._parent_pid:
            return current.node
        if not isinstance(self._parent_pid, int):
            return None
        live = self._runner.live_process(self._parent_pid)
        return live.node if live is not None else cast('ProcessNode', load_node(pk=self._parent_pid))

    def get_provenance_inputs_iterator(self) -> Iterator[tuple[str, Port]]:
        """Yield name and port of the inputs that are linked: neither metadata nor kept out of the database."""
        for name, port in self.spec().inputs.items():
            if not (getattr(port, 'non_db', False) or getattr(port, 'is_metadata', False)):
                yield name, port

    # transitions

    def transition_to(self, new_state: Any, **kwargs: Any) -> None:
        """Enter a state.

        What fails because the infrastructure does is no state of the process: the error is passed on, and the process
        is where its last checkpoint says.
        """
        exception = getattr(new_state, 'exception', None)
        if isinstance(exception, INFRASTRUCTURE_ERRORS):
            raise exception
        with uninterrupted():
            try:
                super().transition_to(new_state, **kwargs)
            except INFRASTRUCTURE_ERRORS:
                raise
            except Exception:
                if not self._life.has_ended:
                    raise
                self._end_despite_hooks()

    def transition_failed(
        self, initial_state: Any, final_state: Any, exception: Exception, trace: TracebackType
    ) -> None:
        """Called when a state could not be entered: the process excepts, unless it is not its fault."""
        if isinstance(exception, INFRASTRUCTURE_ERRORS) or (self._node is not None and self._node.is_sealed):
            raise exception.with_traceback(trace)
        super().transition_failed(initial_state, final_state, exception, trace)

    def _end_despite_hooks(self) -> None:
        """Tell of a hook that raised when all was over, and make sure that the end is written."""
        self.logger.exception('Process<%s> has ended, but a method called at its end raised', self.pid)
        if not self.node.is_sealed:
            recording.terminated(self)
        self._runner.unregister(self)
        self.close()

    def on_entered(self, from_state: process_states.State | None) -> None:
        """Called when a state was entered: outputs, attributes and a checkpoint are written in one transaction."""
        recording.entered(self, from_state)
        super().on_entered(from_state)

    def on_terminated(self) -> None:
        """Called when a terminal state was entered: the end is written in one transaction, and the node sealed."""
        recording.terminated(self)
        super().on_terminated()
        if self._paused is not None and not self._paused.done():
            self._paused.set_result(True)  # its task waits for this
        self._runner.unregister(self)

    def _conclude_process(self, state: process_states.Finished) -> None:
        """Decide how a process ended: one that calls itself successful has all its required outputs."""
        exit_code = _as_exit_code(state.result)
        if exit_code.status == 0:
            error = self.spec().outputs.validate(self.outputs)
            if error is not None:
                missing = self.exit_codes.ERROR_MISSING_OUTPUT
                self.logger.warning('Process<%s> ended without an output it must have: %s', self.pid, error)
                state.result = exit_code = missing
        state.successful = exit_code.status == 0

    def on_finish(self, result: int | ExitCode | None, successful: bool) -> None:
        """Called when it finishes: exit status and message are set."""
        exit_code = _as_exit_code(result)
        self.node.set_exit_status(exit_code.status)
        if exit_code.message is not None:
            self.node.set_exit_message(exit_code.message)
        super().on_finish(result, False)  # the outputs are checked

    def on_except(self, exc_info: tuple[Any, Exception, TracebackType]) -> None:
        """Called when it excepts: the traceback is reported and the exception set on the node."""
        super().on_except(exc_info)
        kind, exception, trace = exc_info
        node = self.node
        for key in (node.EXIT_STATUS_KEY, node.EXIT_MESSAGE_KEY):
            if key in node.base.attributes:
                node.base.attributes.delete(key)
        node.set_exception(''.join(traceback.format_exception_only(kind, exception)).rstrip())
        self.report(''.join(traceback.format_exception(kind, exception, trace)))

    def on_kill(self, msg: Any) -> None:
        """Called when it is killed: what it launched after the request is killed too."""
        super().on_kill(msg)
        self._kill_children()

    def on_paused(self, msg: str | None = None) -> None:
        """Called when it is paused."""
        with loop_scope(self._loop):
            super().on_paused(msg)
        self._paused = plumpy.persistence.SavableFuture(loop=self._loop)
        self.node.pause()
        self._write_at_once('paused')

    def on_playing(self) -> None:
        """Called when it goes on."""
        super().on_playing()
        self.node.unpause()
        self._write_at_once('played')

    def _write_at_once(self, event: str | None = None) -> None:
        """Write what is gathered now, not with the next transition; ``event`` is for those who watch."""
        if self.node.is_stored and not self._transitioning:
            store = self.node.backend
            with store.transaction():
                self.update_outputs()  # a task may have ended just now: what it gave belongs to what it wrote
                self.node.flush()
                recording.save_checkpoint(self)
                if event is not None and self._life.is_persistent:
                    store.record_event(cast('int', self.node.pk), event, {'status': self.status})
                if self.paused:
                    self._life.has_parted = recording.set_down(self)
                elif self.state is ProcessState.WAITING:  # one that was played waits as others do
                    self._life.has_parted = recording.part(self)

    def set_status(self, status: str | None) -> None:
        """Set what the process says of itself, on its node too."""
        super().set_status(status)
        self.node.set_process_status(status or None)

    async def step_until_terminated(self) -> None:
        """Run it to its end; between two steps the loop has its turn, so that it can be paused and killed."""
        await ensure_portal()
        while not self._life.is_done_here:
            await plumpy.processes.Process.step(self)  # a work chain may have a method of this name
            if self.state is ProcessState.RUNNING:  # the other states wait by themselves
                await asyncio.sleep(0)

    async def _run_task(self, callback: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a function or coroutine function of the process; the process is the current one meanwhile."""
        with self._process_scope():
            result = callback(*args, **kwargs)
            if hasattr(result, '__await__'):
                result = await result
        return result

    def pause(self, msg_text: str | None = None) -> bool | plumpy.futures.CancellableAction:
        """Pause the process before its next step.

        :param msg_text: why, for the status.
        :return: whether it is paused, or a future of that if it is only asked to; what is being killed is not paused.
        """
        if self._killing is not None:
            return False
        with loop_scope(self._loop):
            return super().pause(msg_text)

    def kill(
        self, msg_text: str | None = None, force_kill: bool = False, msg: str | None = None
    ) -> bool | plumpy.futures.Future[Any]:
        """Kill the process and those it called.

        :param msg_text: why, for the status; ``msg`` is an older name of it.
        :param force_kill: whether a job on a computer is left to itself.
        :return: whether it is killed, or a future of that if it is only asked to stop.
        """
        text = msg_text if msg_text is not None else msg
        self.node.logger.info('Process<%s>: kill request: %s', self.pid, text)
        if self._killing is not None and not force_kill:
            return self._killing  # asked for before: the first request stays, and so does its future
        had_ended = self.has_terminated()
        with loop_scope(self._loop):
            result = super().kill(text, force_kill)
        if not had_ended and result is not False:
            self._kill_children(force_kill)
        return result

    def _kill_children(self, force_kill: bool = False) -> None:
        self._runner.kill_children(self, f'Killed by parent {type(self).__name__}<{self.pid}>', force_kill)

    # outputs

    def out(self, output_port: Any, value: Any = None) -> None:
        """Emit an output.

        :param output_port: the name of the port, with dots between namespaces; a value alone is the output ``result``.
        :param value: a node, or for a namespace a nested mapping of nodes.
        :raises ValueError: if the port refuses the value, or there is none.
        :raises TypeError: if the value is no node.
        """
        if value is None:
            output_port, value = self.SINGLE_OUTPUT_LINKNAME, output_port
        emission.emit(self, output_port, value)

    def out_many(self, out_dict: Mapping[str, Any]) -> None:
        """Emit several outputs, by name of port."""
        for name, value in out_dict.items():
            self.out(name, value)

    def on_output_emitting(self, output_port: str, value: Any) -> None:
        """Called before an output is emitted.

        :raises TypeError: if it is no node.
        """
        super().on_output_emitting(output_port, value)
        emission.check_is_data(output_port, value)

    def update_outputs(self) -> None:
        """Store and link the outputs that are new since the last call, unless provenance is not wanted."""
        recording.link_outputs(self)

    # other processes

    def submit(
        self, process: type[Process] | ProcessBuilder, inputs: dict[str, Any] | None = None, **kwargs: Any
    ) -> ProcessNode:
        """Launch another process, which this one is the caller of, and return its node at once.

        :param process: class, builder or instance; no process function.
        :param inputs: values by name of port, instead of keywords.
        """
        return runner_for(self).submit(process, inputs, **kwargs)

    def exposed_inputs(
        self, process_class: type[Process], namespace: str | None = None, agglomerate: bool = True
    ) -> AttributeDict:
        """Return the values of the inputs that were exposed from another class.

        :param namespace: the namespace they were exposed in.
        :param agglomerate: whether the namespaces above are looked at too; the lower ones win.
        :raises KeyError: if there is no such namespace.
        """
        return exposure.exposed_inputs(self, process_class, namespace, agglomerate)

    def exposed_outputs(
        self, node: ProcessNode, process_class: type[Process], namespace: str | None = None, agglomerate: bool = True
    ) -> AttributeDict:
        """Return the outputs of another process that were exposed from its class, by the names they have here.

        :param node: the other process.
        :param namespace: the namespace they were exposed in.
        :param agglomerate: whether the namespaces above are looked at too; the lower ones win.
        :raises KeyError: if there is no such namespace.
        """
        return exposure.exposed_outputs(self, node, process_class, namespace, agglomerate)

    @staticmethod
    def _get_namespace_list(namespace: str | None = None, agglomerate: bool = True) -> list[str | None]:
        """Return a namespace with those above it."""
        return exposure.namespace_list(namespace, agglomerate)

    # flat forms

    def _flat_inputs(self) -> dict[str, Any]:
        """Return the inputs that are linked, by link label."""
        return dict(flattening.flat_inputs(self.spec().inputs, self.inputs))

    def _flat_outputs(self) -> dict[str, Any]:
        """Return the outputs by link label."""
        return dict(flattening.flat_outputs(self.outputs))

    def _flatten_inputs(
        self,
        port: InputPort | PortNamespace | None,
        port_value: Any,
        parent_name: str = '',
        separator: str = PORT_NAMESPACE_SEPARATOR,
    ) -> list[tuple[str, Any]]:
        """Return label and node of what is linked of the value of a port."""
        return list(flattening.flat_inputs(port, port_value, parent_name, separator))

    def _flatten_outputs(
        self, port: Port | None, port_value: Any, parent_name: str = '', separator: str = PORT_NAMESPACE_SEPARATOR
    ) -> list[tuple[str, Any]]:
        """Return label and node of the value of an output port."""
        return list(flattening.flat_outputs(port_value, parent_name, separator))

    # telling

    def report(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Log a message for the user, which is kept with the node.

        Process, class and the name of the calling function are put before it.

        :param msg: the message; with ``args``, a template in the manner of ``%``.
        """
        caller = sys._getframe(1).f_code.co_name
        prefix = f'[{self.node.pk}|{type(self).__name__}|{caller}]: '
        if args:
            prefix = prefix.replace('%', '%%')
        self.logger.log(LOG_LEVEL_REPORT, f'{prefix}{msg}', *args, **kwargs)


def _as_exit_code(result: Any) -> ExitCode:
    """Return how a process ended as an exit code.

    :raises ValueError: if it is none, nor an integer, nor nothing.
    """
    if result is None:
        return ExitCode()
    if isinstance(result, ExitCode):
        return result
    if isinstance(result, int):
        return ExitCode(int(result))
    raise ValueError(
        f'the result of a process is an integer, an ExitCode or None, not {result!r} of type {type(result)}'
    )

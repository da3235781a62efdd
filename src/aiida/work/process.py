"""`aiida.work.process` of AiiDA 0.10: the process that others are derived from."""

from __future__ import annotations

import enum
from collections.abc import MutableMapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, Self, cast

from plumpy.process_states import ProcessState

from aiida.common.links import also_valid
from aiida.engine import ExitCode
from aiida.engine.processes.functions import FunctionProcess as ModernFunctionProcess
from aiida.engine.processes.process import Process as ModernProcess
from aiida.orm import Data, ProcessNode, WorkflowNode, WorkFunctionNode
from aiida.work.creation import created
from aiida.work.hooks import adapt_hooks, inputs_of, is_of_old
from aiida.work.inputs import modern_inputs
from aiida.work.notices import tell_of_module
from aiida.work.spec import ProcessSpec

if TYPE_CHECKING:
    from plumpy.persistence import LoadSaveContext

__all__ = ('FunctionProcess', 'Process', 'ProcessSpec')

tell_of_module(__name__, '`Process`, `ProcessSpec` and `FunctionProcess` of `aiida.engine`')


class Process(ModernProcess):
    """A process as it was written for AiiDA 0.10: inputs and outputs are open, ``_run`` is what it does.

    It is a process of today in all else. What it returns without having stored it is created by a calculation that it
    calls, since a workflow creates no data today.
    """

    _node_class: type[ProcessNode] = WorkflowNode
    _spec_class = ProcessSpec
    SINGLE_RETURN_LINKNAME = '_return'
    SINGLE_OUTPUT_LINKNAME = SINGLE_RETURN_LINKNAME

    class SaveKeys(enum.Enum):
        """Keys of the saved state."""

        CALC_ID = 'calc_id'
        PARENT_CALC_PID = 'parent_calc_pid'

    #: What it was restored from, until it begins to live.
    _restored_from: Any = None
    #: How it ends, while an `on_finish` that takes nothing is called.
    _end: tuple[Any, bool] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Let hooks that take what they took then be called as today."""
        super().__init_subclass__(**kwargs)
        adapt_hooks(cls)

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs and outputs; a subclass calls ``super(ThatClass, cls).define(spec)`` first."""
        super().define(spec)
        spec.dynamic_input(valid_type=(Data, dict))
        spec.dynamic_output(valid_type=(Data, dict))

    @classmethod
    def get_inputs_template(cls) -> Any:
        """Return a dictionary of the inputs with their defaults, to be filled in."""
        return cast('ProcessSpec', cls.spec()).get_inputs_template()

    @classmethod
    def create_db_record(cls) -> ProcessNode:
        """Return a new node, not stored, for a process of this class."""
        return cls._node_class()

    @classmethod
    def get_or_create_db_record(cls) -> ProcessNode:
        """Return what :meth:`create_db_record` makes."""
        return cls.create_db_record()

    @classmethod
    def new(cls, inputs: dict[str, Any] | None = None) -> Self:
        """Return a process that was not started yet."""
        return cls(inputs=inputs)

    def __init__(self, inputs: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        """
        :param inputs: values by name of port; those that begin with an underscore are metadata, and the node of a
            process stands for its outputs. The other parameters are those of today.
        """
        super().__init__(modern_inputs(inputs), *args, **kwargs)

    @property
    def calc(self) -> ProcessNode:
        """The node of the process."""
        return self.node

    @property
    def pk(self) -> Any:
        """The number of the node."""
        return self.pid

    def save_instance_state(self, out_state: MutableMapping[str, Any], save_context: LoadSaveContext | None) -> None:
        """Put what is needed to restore the process into ``out_state``, with the pk of its caller."""
        super().save_instance_state(out_state, save_context)
        out_state[self.SaveKeys.PARENT_CALC_PID.value] = self._parent_pid

    # what it does

    def run(self) -> Any:
        """Do what the process is for: call ``_run`` with the inputs."""
        inputs = {name: value for name, value in (self.inputs or {}).items() if name != 'metadata'}
        result = self._run(**inputs)
        if result is None or isinstance(result, ExitCode | int):
            return result
        raise TypeError(
            f'`_run` of {type(self).__name__} returned {result!r}: a process emits its outputs by `self.out`; what '
            'waits for others is a work chain'
        )

    def _run(self, **inputs: Any) -> Any:
        """Do what the process is for; a subclass says what.

        :return: nothing, or an exit code.
        """

    # hooks

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Restore the process."""
        self._restored_from = saved_state
        super().load_instance_state(saved_state, load_context)

    def init(self) -> None:
        """Called when it was made or restored; when restored, an ``on_create`` of old is told of what from."""
        super().init()
        saved, self._restored_from = self._restored_from, None
        if saved is not None and is_of_old(type(self).on_create):
            self.on_create(self.pid, inputs_of(self), saved)

    def awaited(self) -> list[Any]:
        """Return what it waits for, which an ``on_wait`` of old is told."""
        return []

    def on_create(self, pid: Any = None, inputs: Any = None, saved_instance_state: Any = None) -> None:
        """Called when it is created, and by those of old when it is restored; an overriding method may take nothing.

        :param pid: its pk, ``None`` before it has one.
        :param inputs: as they were given.
        :param saved_instance_state: what it is restored from, ``None`` if it is created.
        """
        if saved_instance_state is None:
            super().on_create()

    def on_run(self) -> None:
        """Called when it begins to run, and when it goes on after having waited."""
        super().on_run()
        if self.state is ProcessState.CREATED:
            self.on_start()
        elif self.state is ProcessState.WAITING:
            self.on_resume()

    def on_start(self) -> None:
        """Called when it begins to run for the first time."""

    def on_resume(self) -> None:
        """Called when what it waited for has ended."""

    def on_terminated(self) -> None:
        """Called when it has ended: ``on_stop`` while its node can still be changed, then its end is written."""
        try:
            self.on_stop()
        finally:
            super().on_terminated()

    def on_stop(self) -> None:
        """Called when it has ended, however it did."""

    def on_close(self) -> None:
        """Called when it is not run here any longer."""
        try:
            self.on_destroy()
        finally:
            super().on_close()

    def on_destroy(self) -> None:
        """Called when it is not run here any longer: it has ended, or another program takes it over."""

    def on_finish(self, result: Any = None, successful: bool = True) -> None:
        """Called when it finishes: the node says so from now on; an overriding method may take no arguments."""
        if self._end is not None:
            result, successful = self._end
        super().on_finish(result, successful)

    def out(self, output_port: Any, value: Any = None) -> None:
        """Emit an output.

        :param output_port: the name of the port; a value alone is the output ``_return``.
        :param value: a node; one that is not stored is created by a calculation that this process calls.
        :raises TypeError: if it is no node.
        """
        if value is None:
            output_port, value = self.SINGLE_RETURN_LINKNAME, output_port
        super().out(output_port, value)
        made = created(self, output_port, value)
        if made is not value:
            super().out(output_port, made)

    def update_outputs(self) -> None:
        """Store and link the outputs that are new since the last call; one of them may be called ``_return``."""
        with also_valid(self.SINGLE_RETURN_LINKNAME):
            super().update_outputs()

    # running it and others

    def submit(self, process: Any, inputs: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """Launch another process and return a handle of it, which ``ToContext`` takes.

        :param process: a class.
        :param inputs: values by name of port, instead of keywords.
        """
        from aiida.work.run import RunningInfo, RunningType, process_class_of

        given = modern_inputs({**(inputs or {}), **kwargs})
        node = super().submit(process_class_of(process), given)
        return RunningInfo(RunningType.PROCESS, cast('int', node.pk))

    def start(self) -> None:
        """Launch the process, and do not wait for it: it is run beside others, or by a worker."""
        from plumpy.processes import Process as AnyProcess

        from aiida.engine import submit

        if AnyProcess.current() is None:
            submit(self)
        else:
            self.runner.submit(self)

    def run_until_complete(self) -> dict[str, Any]:
        """Run the process to its end and return its outputs.

        :raises Exception: what the process raised.
        """
        if self.state is ProcessState.CREATED:
            return self.runner.run(self)
        if not self.has_terminated():
            self.runner.start_task(self)
            self.runner.run_until_complete(self.future())
        self.future().result()
        return self.outputs


class FunctionProcess(ModernFunctionProcess, Process):
    """A process made of a function; what it returns alone is the output ``_return``."""

    @staticmethod
    def build(func: FunctionType, node_class: type[ProcessNode] = WorkFunctionNode) -> type[FunctionProcess]:
        """Return the process class of a function: each parameter is an input.

        :raises TypeError: if ``func`` is no plain function.
        :raises ValueError: if a parameter has a name that cannot be the name of an input.
        """
        made = ModernFunctionProcess.build(func, node_class)
        names = {'__module__': func.__module__, '__doc__': func.__doc__}
        return cast('type[FunctionProcess]', type(func.__qualname__, (made, FunctionProcess), names))

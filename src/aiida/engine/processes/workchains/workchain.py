"""Work chains: an outline of steps, and a context that is carried from one to the next."""

from __future__ import annotations

import collections.abc
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from plumpy.process_states import Continue, Wait
from plumpy.processes import ProcessStateMachineMeta

from aiida.common.exceptions import InvalidOperation, LostLease, ModificationNotAllowed
from aiida.common.extendeddicts import AttributeDict
from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.processes.process import Process, ProcessState
from aiida.engine.processes.process_spec import ProcessSpec
from aiida.engine.processes.workchains.awaitable import (
    Awaitable,
    AwaitableAction,
    AwaitableTarget,
    construct_awaitable,
)
from aiida.engine.processes.workchains.context import ToContext
from aiida.engine.processes.workchains.outline import (
    Return,
    Stepper,
    WorkChainSpec,
    if_,
    place,
    restore_stepper,
    return_,
    save_stepper,
    while_,
)
from aiida.engine.runtime import codec
from aiida.engine.runtime.current import INFRASTRUCTURE_ERRORS
from aiida.orm import Node, ProcessNode, WorkChainNode, load_node

if TYPE_CHECKING:
    from aiida.engine.runners import Runner

__all__ = ('WorkChain', 'if_', 'return_', 'while_')

MethodType = TypeVar('MethodType', bound=Callable[..., Any])


class Protect(ProcessStateMachineMeta):
    """Metaclass that refuses classes which override a method the engine relies on."""

    _MARK = '_is_final'

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        """
        :raises RuntimeError: if ``namespace`` overrides a protected method of one of the bases, or defines a method
            where a class method is wanted.
        """
        for attribute, member in namespace.items():
            if attribute in ('define', 'spec') and isinstance(member, FunctionType):
                raise RuntimeError(
                    f'`{attribute}` of `{name}` has to be a class method: put `@classmethod` before it, or, if it is a '
                    'step, give it another name'
                )
            if attribute.startswith('__'):
                continue
            for base in bases:
                if getattr(getattr(base, attribute, None), mcs._MARK, False):
                    raise RuntimeError(
                        f'the method `{attribute}` is protected and cannot be overridden, but `{name}` does; give the '
                        'method of the class another name'
                    )
        return super().__new__(mcs, name, bases, namespace)

    @classmethod
    def final(cls, method: MethodType) -> MethodType:
        """Protect a method."""
        setattr(method, cls._MARK, True)
        return method


class WorkChain(Process, metaclass=Protect):
    """A workflow of steps.

    Subclasses declare inputs, outputs and the outline in ``define``; steps are methods. What a step leaves in
    ``self.ctx`` is there for the next. A step that returns ``ToContext(key=node)`` (or calls ``self.to_context``) lets
    the work chain wait for sub processes; one that returns an exit code or a positive integer ends it.
    """

    _node_class = WorkChainNode
    _spec_class = WorkChainSpec
    _STEPPER_STATE = 'stepper_state'
    _CONTEXT = 'CONTEXT'
    _telling: Any = None

    def __init__(
        self,
        inputs: dict[str, Any] | None = None,
        logger: logging.Logger | None = None,
        runner: Runner | None = None,
        enable_persistence: bool = True,
        parent_pid: int | None = None,
    ) -> None:
        """
        :param inputs: values by name of port.
        :param logger: where it reports until it has a node.
        :param runner: who runs it; by default that of this thread.
        :param enable_persistence: whether checkpoints are saved.
        :param parent_pid: the process that calls it; by default the one that is running.
        :raises InvalidOperation: if the class is ``WorkChain`` itself.
        """
        if type(self) is WorkChain:
            raise InvalidOperation(
                'cannot construct or launch a base `WorkChain` class: derive one that has an outline'
            )
        super().__init__(inputs, logger, runner, parent_pid=parent_pid, enable_persistence=enable_persistence)
        self._stepper: Stepper | None = None
        self._awaitables: list[Awaitable] = []
        self._context = AttributeDict()

    @classmethod
    def define(cls, spec: ProcessSpec) -> None:  # type: ignore[override]
        """Declare inputs, outputs, exit codes and the outline; a subclass calls ``super().define(spec)`` first."""
        super().define(spec)
        if isinstance(spec, WorkChainSpec):
            spec.belong_to(cls)

    @classmethod
    def spec(cls) -> WorkChainSpec:
        """Return the specification."""
        return cast('WorkChainSpec', super().spec())

    @property
    def node(self) -> WorkChainNode:
        """The node that tells everybody of this work chain."""
        return cast('WorkChainNode', super().node)

    @property
    def ctx(self) -> AttributeDict:
        """What the steps share."""
        return self._context

    # saving and restoring

    def save_instance_state(self, out_state: Any, save_context: Any) -> None:
        """Put what is needed to restore the work chain into ``out_state``, context and outline included."""
        super().save_instance_state(out_state, save_context)
        out_state[self._CONTEXT] = codec.dumps(self._context, 'ctx')
        out_state['awaitables'] = self._awaitables
        if self._stepper is not None:
            out_state[self._STEPPER_STATE] = save_stepper(self._stepper)

    def load_instance_state(self, saved_state: Any, load_context: Any) -> None:
        """Restore the work chain; sub processes it waits for are watched again."""
        super().load_instance_state(saved_state, load_context)
        self._context = codec.loads(saved_state[self._CONTEXT])
        self._awaitables = list(saved_state['awaitables'])
        stepper_state = saved_state.get(self._STEPPER_STATE)
        self._stepper = None
        if stepper_state is not None:
            self._stepper = restore_stepper(self.spec().get_outline(), stepper_state, self)
        self._relink_placeholders()
        self.set_logger(self.node.logger)
        if self._awaitables:
            self._action_awaitables()
        elif self.state == ProcessState.WAITING:
            self.call_soon(self.resume)

    def _relink_placeholders(self) -> None:
        """Put the awaitables where the context has copies of them, which the checkpoint made of them."""
        by_pk = {(awaitable.pk, awaitable.key): awaitable for awaitable in self._awaitables}
        for awaitable in self._awaitables:
            context, key = self._resolve_nested_context(awaitable.key)
            if awaitable.action == AwaitableAction.APPEND:
                context[key] = [
                    by_pk.get((item.pk, awaitable.key), item) if isinstance(item, Awaitable) else item
                    for item in context.get(key, [])
                ]
            else:
                context[key] = awaitable

    # context

    def _resolve_nested_context(self, key: str) -> tuple[AttributeDict, str]:
        """Return the dictionary and the last key that a dotted key stands for; dictionaries on the way are made.

        :raises ValueError: if something else is in the way.
        """
        context = self.ctx
        *path, last = key.split('.')
        for index, part in enumerate(path):
            inner = context.setdefault(part, AttributeDict())
            if not isinstance(inner, AttributeDict):
                raise ValueError(
                    f'Can not update the context for key `{key}`: found instance of `{type(inner)}` at '
                    f'`{".".join(path[: index + 1])}`, expected AttributeDict'
                )
            context = inner
        return context, last

    def _insert_awaitable(self, awaitable: Awaitable) -> None:
        """Put an awaitable into the context for what it stands for, and wait for it before the next step."""
        context, key = self._resolve_nested_context(awaitable.key)
        if awaitable.action == AwaitableAction.ASSIGN:
            if self._appended_to(awaitable.key):
                raise ValueError(
                    f'cannot assign to `{awaitable.key}` of the context: this step appends to it too; use another key'
                )
            for earlier in self._awaitables:
                if earlier.key == awaitable.key:
                    earlier.superseded = True
            context[key] = awaitable
        elif awaitable.action == AwaitableAction.APPEND:
            known = context.setdefault(key, [])
            if not isinstance(known, list):
                raise ValueError(f'cannot append to `{awaitable.key}` of the context: it is {known!r}, not a list')
            known.append(awaitable)
        else:
            raise ValueError(f'there is no context action {awaitable.action!r}')
        self._awaitables.append(awaitable)

    def _appended_to(self, key: str) -> bool:
        return any(item.key == key and item.action == AwaitableAction.APPEND for item in self._awaitables)

    def _resolve_awaitable(self, awaitable: Awaitable, value: Any) -> None:
        """Replace an awaitable in the context by what it stands for; the order of a list stays that of registration.

        Of several that are assigned to one key the last one registered stays, whichever ends last.

        :raises ValueError: if the list it was to be in is gone.
        """
        context, key = self._resolve_nested_context(awaitable.key)
        if awaitable.action == AwaitableAction.ASSIGN:
            if not vars(awaitable).get('superseded', False):
                context[key] = value
        else:
            values = context.get(key)
            known = values if isinstance(values, list) else []
            places = [index for index, item in enumerate(known) if item is awaitable]
            if not places:
                raise ValueError(
                    f'Process<{awaitable.pk}> was to be appended to `{awaitable.key}` of the context, but the step '
                    'that registered it replaced the list'
                )
            known[places[0]] = value
        awaitable.resolved = True
        self._awaitables.remove(awaitable)

    @Protect.final
    def to_context(self, **kwargs: Awaitable | ProcessNode) -> None:
        """Wait for sub processes before the next step, and have their nodes in the context then.

        :param kwargs: node or awaitable by key; a dot in a key goes down into a dictionary of the context.
        :raises ValueError: if one is neither, or something is in the way.
        """
        for key, value in kwargs.items():
            self._promise(key, value)

    def _promise(self, key: str, value: Any) -> None:
        """Have what is waited for in the context when the next step is taken."""
        awaitable = construct_awaitable(value)
        awaitable.key = key
        self._insert_awaitable(awaitable)

    def _update_process_status(self) -> None:
        """Say which sub processes are waited for."""
        status = None
        if self._awaitables:
            status = f'Waiting for child processes: {", ".join(str(item.pk) for item in self._awaitables)}'
        if self.paused:
            self._pre_paused_status = status
        else:
            self.set_status(status)

    # steps

    @Protect.final
    def on_run(self) -> None:
        """Called when it starts to run a step: the place in the outline is noted on the node."""
        super().on_run()
        if self._stepper is not None:
            self._tell_place(self._stepper)

    @Protect.final
    async def run(self) -> Any:
        """Take the first step."""
        self._stepper = self.spec().get_outline().create_stepper(cast('Any', self))
        self._tell_place(self._stepper)
        return await self.runner.background(self._do_step)

    def _tell_place(self, stepper: Stepper) -> None:
        """Note the place in the outline on the node; at its end that of the last step stays."""
        text = place(stepper)
        if text is not None:
            self.node.set_stepper_state_info(text)

    def _do_step(self, *_: Any) -> Any:
        """Take the next step of the outline.

        :return: what comes next: waiting for what the step asked for, the next step, or the end with an exit code.
        """
        self._awaitables = []
        stepper = cast('Stepper', self._stepper)
        try:
            finished, result = stepper.step()
        except Return as exception:
            finished, result = True, exception.exit_code
        exit_code = self._heed(result)
        if exit_code is not None:
            return exit_code
        if self._awaitables:
            # also after the last step: what it launched is part of this work chain
            return Wait(self._do_step if not finished else self._do_nothing, 'Waiting before next step')
        return None if finished else Continue(self._do_step)

    def _heed(self, result: Any) -> ExitCode | None:
        """Do what a step asks for by what it returned.

        :return: how the work chain ends, ``None`` if the step does not say that it does.
        """
        if isinstance(result, ToContext):
            self.to_context(**result)
        elif isinstance(result, ExitCode):
            return result if result.status > 0 else None
        elif isinstance(result, int) and result > 0:
            return ExitCode(int(result))
        return None

    def _do_nothing(self, *_: Any) -> None:
        """End, after what the last step waited for."""

    def _store_nodes(self, data: Any) -> None:
        """Store the nodes in nested data that are not stored."""
        if isinstance(data, Node):
            if not data.is_stored:
                data.store()
            return
        if isinstance(data, Mapping):
            values: Iterable[Any] = data.values()
        elif isinstance(data, collections.abc.Sequence) and not isinstance(data, str | bytes):
            values = data
        else:
            return
        if set(map(type, values)) <= _SCALARS:  # large tables are not looked at one number at a time
            return
        for value in values:
            self._store_nodes(value)

    @Protect.final
    def on_exiting(self) -> None:
        """Called when a state is left: nodes in the context are stored, so that a checkpoint can refer to them."""
        super().on_exiting()
        try:
            self._store_nodes(self.ctx)
        except Exception:
            self.logger.exception('a node in the context of WorkChain<%s> could not be stored', self.pid)

    @Protect.final
    def on_wait(self, awaitables: Sequence[Any]) -> None:
        """Called when it begins to wait: the sub processes are watched, or it goes on at once if there are none."""
        super().on_wait(awaitables)
        if not self._awaitables:
            self.call_soon(self.resume)
            return
        self._update_process_status()
        if not self.runner.parts:
            self._action_awaitables()

    def on_waiting(self) -> None:
        """Called when it waits, and that is written."""
        super().on_waiting()
        if self._awaitables and self.runner.parts and not self._life.has_parted:
            self._action_awaitables()

    def _action_awaitables(self) -> None:
        """Ask the runner to tell when the sub processes are terminated.

        :raises ValueError: for something else than a process.
        """
        for awaitable in self._awaitables:
            if awaitable.target != AwaitableTarget.PROCESS:
                raise ValueError(f'a work chain can wait for processes only, not {awaitable.target!r}')
            self.runner.call_on_process_finish(awaitable.pk, _Finished(self, awaitable))

    @property
    def _lives_here(self) -> bool:
        """Whether it was not given up here, nor has it ended."""
        return not self.has_terminated() and self.runner.live_process(self.pid) is self

    def _on_awaitable_finished(self, awaitable: Awaitable) -> None:
        """Take a terminated sub process into the context; after the last one, take the next step."""
        if not self._lives_here or not any(item is awaitable for item in self._awaitables):
            return
        with self._failing():
            node = load_node(pk=awaitable.pk)
            self._resolve_awaitable(awaitable, _outputs_of(node) if awaitable.outputs else node)
            if self._awaitables:
                if self._telling is None:
                    self._telling = self.loop.call_later(_TELL_AFTER, self._tell_who_is_awaited)
                return
            if self._telling is not None:
                self._telling.cancel()
                self._telling = None
            self._update_process_status()
            if self.state == ProcessState.WAITING:
                self.resume()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """Let what goes wrong between two steps be what the task that waits meets."""
        try:
            yield
        except ModificationNotAllowed as exception:  # nobody but who runs it writes its end
            self._fail_waiting(LostLease(f'process {self.pid} was ended by another worker: {exception}'))
        except Exception as exception:
            self._fail_waiting(exception)

    def _fail_waiting(self, exception: Exception) -> None:
        """Except, and let the task that waits know; what is not its fault is asked again if that cannot be told."""
        state: Any = self._state
        if self.state == ProcessState.WAITING and not state._waiting_future.done():
            state.interrupt(exception)
        elif isinstance(exception, INFRASTRUCTURE_ERRORS):
            self.loop.call_later(_ASK_AGAIN, self._ask_again)
        else:
            self.fail(exception, exception.__traceback__)

    def _ask_again(self) -> None:
        """Ask once more what has ended, if it still waits for that."""
        if self._lives_here and self.state == ProcessState.WAITING:
            self._action_awaitables()

    def _tell_who_is_awaited(self) -> None:
        """Write which sub processes are still waited for."""
        self._telling = None
        if self._lives_here and not self._life.is_done_here and self._awaitables:
            with self._failing():
                self._update_process_status()
                self.node.flush()


_SCALARS = frozenset({str, bytes, int, float, bool, type(None)})

#: Seconds until it is asked again what has ended, when the store was out of reach.
_ASK_AGAIN = 1.0
#: Seconds after which the status tells that a sub process has ended while others are waited for.
_TELL_AFTER = 0.5


class _Finished:
    """Tells a work chain that a sub process is terminated."""

    __slots__ = ('awaitable', 'work_chain')

    def __init__(self, work_chain: WorkChain, awaitable: Awaitable) -> None:
        self.work_chain = work_chain
        self.awaitable = awaitable

    def __call__(self) -> None:
        self.work_chain._on_awaitable_finished(self.awaitable)


def _outputs_of(node: Any) -> dict[str, Any]:
    return {link.link_label: link.node for link in node.base.links.get_outgoing()}

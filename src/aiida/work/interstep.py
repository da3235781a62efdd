"""`aiida.work.interstep` of AiiDA 0.10: what is done between two steps of a work chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from aiida.common.links import LinkType
from aiida.engine import Awaitable, AwaitableAction
from aiida.orm import load_node
from aiida.work.legacy.wait_on import WaitOn, pid_of, wait_on
from aiida.work.notices import tell_of_module
from aiida.work.run import RunningInfo, RunningType
from aiida.work.util import load_class

if TYPE_CHECKING:
    from aiida.work.workchain import WorkChain

__all__ = (
    'Action',
    'Append',
    'Assign',
    'Interstep',
    'Outputs',
    'UpdateContext',
    'UpdateContextBuilder',
    'append_',
    'assign_',
    'update_of',
)

tell_of_module(__name__, '`ToContext`, `append_` and `assign_` of `aiida.engine`')


class Interstep:
    """Something that is done between two steps; a subclass says what. It is saved in checkpoints, so keep it plain."""

    def on_last_step_finished(self, workchain: WorkChain) -> None:
        """Called after the step that it was inserted in."""

    def on_next_step_starting(self, workchain: WorkChain) -> None:
        """Called before the step that follows, when all that was waited for has ended."""


class Action(NamedTuple):
    """What is put into the context: of which process, and the dotted path of the function that gives it."""

    running_info: RunningInfo
    fn: str


def node_of(pid: int) -> Any:
    """Return the node of a process."""
    return load_node(pk=pid)


def outputs_of(pid: int) -> dict[str, Any]:
    """Return the outputs of a process by label.

    :raises ValueError: if it did not succeed.
    """
    node: Any = load_node(pk=pid)
    if not node.is_finished_ok:
        state = node.process_state.value if node.process_state is not None else 'unknown'
        raise ValueError(f'Process<{pid}> has not succeeded (it is {state}), so that its outputs are not there')
    kinds = (LinkType.CREATE, LinkType.RETURN)
    return dict(node.base.links.get_outgoing(link_type=kinds).nested())


class UpdateContext(Interstep):
    """Waits for a process and puts it, or what it gave, into the context under a key."""

    def __init__(self, action: Action, key: str) -> None:
        """
        :param action: what is put there.
        :param key: under which name; a dot in it goes down into a dictionary of the context.
        """
        self._action = action
        self._key = key

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self._key!r}, {self._action.running_info.pid})'

    def on_last_step_finished(self, workchain: WorkChain) -> None:
        """Let the work chain wait."""
        workchain.insert_barrier(self.create_barrier())

    def create_barrier(self) -> WaitOn:
        """Return what is waited for, by the kind of what runs."""
        return wait_on(self._action.running_info)

    def value(self) -> Any:
        """Return what is put into the context."""
        return load_class(self._action.fn)(self._action.running_info.pid)


class Assign(UpdateContext):
    """Puts it under the key."""

    def on_next_step_starting(self, workchain: WorkChain) -> None:
        """Put it there."""
        context, key = workchain._resolve_nested_context(self._key)
        context[key] = self.value()


class Append(UpdateContext):
    """Appends it to the list under the key."""

    def on_next_step_starting(self, workchain: WorkChain) -> None:
        """Append it.

        :raises TypeError: if something else than a list is there.
        """
        context, key = workchain._resolve_nested_context(self._key)
        known = context.setdefault(key, [])
        if not isinstance(known, list):
            raise TypeError(f'cannot append to `{self._key}` of the context: it is {known!r}, not a list')
        known.append(self.value())


class UpdateContextBuilder:
    """What is to be put into the context, the key of which is not known yet."""

    def __init__(self, value: Any, interstep: type[UpdateContext] = Assign) -> None:
        """
        :param value: the handle or node of a process, or what :func:`Outputs` returned.
        :param interstep: what is done with it.
        """
        self._action = value if isinstance(value, Action) else Action(_running_info(value), _path(node_of))
        self._interstep = interstep

    def build(self, key: str) -> UpdateContext:
        """Return the interstep for a key."""
        return self._interstep(self._action, key)


def assign_(value: Any) -> UpdateContextBuilder:
    """Say that a process, or what it gave, is put under its key of the context."""
    return UpdateContextBuilder(value, Assign)


def append_(value: Any) -> UpdateContextBuilder:
    """Say that a process, or what it gave, is appended to the list at its key of the context."""
    return UpdateContextBuilder(value, Append)


def Outputs(value: Any) -> Action:
    """Say that the outputs of a process are meant, by label, and not its node."""
    return Action(_running_info(value), _path(outputs_of))


def update_of(key: str, value: Any) -> UpdateContext:
    """Return the interstep for a key of ``ToContext`` and its value.

    :param value: a builder, the handle or node of a process, an awaitable, or what :func:`Outputs` returned.
    :raises ValueError: if it is none of these.
    """
    if isinstance(value, UpdateContextBuilder):
        return value.build(key)
    if isinstance(value, Awaitable):
        running_info = RunningInfo(RunningType.PROCESS, value.pk)
        action = Action(running_info, _path(outputs_of if value.outputs else node_of))
        kind = Append if value.action is AwaitableAction.APPEND else Assign
        return UpdateContextBuilder(action, kind).build(key)
    return assign_(value).build(key)


def _running_info(value: Any) -> RunningInfo:
    """Return the handle that something stands for.

    :raises ValueError: if it stands for none.
    """
    if isinstance(value, RunningInfo):
        return value
    if isinstance(value, WaitOn):
        return RunningInfo(value.running_type, value.pid)
    return RunningInfo(RunningType.PROCESS, pid_of(value))


def _path(function: Callable[..., Any]) -> str:
    return f'{function.__module__}.{function.__name__}'

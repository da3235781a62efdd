"""`aiida.work.legacy.wait_on` of AiiDA 0.10: what a work chain can be made to wait for."""

from __future__ import annotations

from typing import Any, ClassVar

from aiida.common.exceptions import NotExistent
from aiida.orm import ProcessNode, load_node
from aiida.work.notices import tell_of_module
from aiida.work.run import RunningInfo, RunningType

__all__ = ('WaitOn', 'WaitOnJobCalculation', 'WaitOnProcess', 'WaitOnWorkflow', 'pid_of', 'wait_on')

tell_of_module(__name__, '`ToContext` of `aiida.engine` with the node of a process')


class WaitOn:
    """Something to wait for: the end of a process."""

    running_type: ClassVar[RunningType] = RunningType.PROCESS

    def __init__(self, pid: int) -> None:
        """
        :param pid: the pk of the process.
        """
        self.pid = pid

    @property
    def node(self) -> ProcessNode:
        """The node of the process."""
        return load_node(pk=self.pid)  # type: ignore[return-value]

    def is_ready(self, registry: Any = None) -> bool:
        """Return whether it has ended.

        :param registry: who is asked, the database for ``None``.
        :raises NotKnown: if a registry is asked that does not know.
        """
        return bool(registry.has_finished(self.pid)) if registry is not None else self.node.is_terminated

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.pid})'


class WaitOnProcess(WaitOn):
    """The end of a process."""


class WaitOnJobCalculation(WaitOn):
    """The end of a job."""

    running_type = RunningType.LEGACY_CALC


class WaitOnWorkflow(WaitOn):
    """The end of a workflow."""

    running_type = RunningType.LEGACY_WORKFLOW


_CLASSES = {cls.running_type: cls for cls in (WaitOnProcess, WaitOnJobCalculation, WaitOnWorkflow)}


def wait_on(running_info: RunningInfo) -> WaitOn:
    """Return what is to be waited for of something that is running, by its kind."""
    return _CLASSES[running_info.type](running_info.pid)


def pid_of(target: Any) -> int:
    """Return the pk of what is to be waited for.

    :param target: a wait-on, a handle, the node of a process, or anything with a ``pid``.
    :raises ValueError: if it is none of these, or no process that is stored.
    """
    pid = target.pk if isinstance(target, ProcessNode) else getattr(target, 'pid', getattr(target, 'pk', None))
    if isinstance(pid, bool) or not isinstance(pid, int):
        raise ValueError(f'a work chain waits for a process that is stored, not for {target!r}')
    if not isinstance(target, ProcessNode):
        _check_is_process(pid)
    return pid


def _check_is_process(pid: int) -> None:
    """
    :raises ValueError: if there is no process of this pk.
    """
    try:
        node = load_node(pk=pid)
    except NotExistent as exception:
        raise ValueError(f'a work chain waits for a process, but there is no node with pk {pid}') from exception
    if not isinstance(node, ProcessNode):
        raise ValueError(f'a work chain waits for a process, which {node!r} is not')

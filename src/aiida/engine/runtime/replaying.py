"""Knowing the processes again that an interrupted step had launched, when the step is run a second time.

A checkpoint says how many processes had been called when it was written. Those the graph has beyond are what the
interrupted step launched. What is launched now is taken for the first of these that it equals.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any

import plumpy.processes
from plumpy.exceptions import KilledError
from plumpy.process_states import ProcessState

from aiida.common.exceptions import ModificationNotAllowed
from aiida.common.links import LinkType
from aiida.orm import CalcFunctionNode, WorkFunctionNode, load_node
from aiida.orm.backend import get_store

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.orm import Node, ProcessNode

__all__ = ('caller_of', 'dismiss', 'find_orphans', 'outcome_of', 'recognise')

LOGGER = logging.getLogger('aiida.engine.runtime.replaying')

_CALLS = (LinkType.CALL_CALC.value, LinkType.CALL_WORK.value)
_INPUTS = (LinkType.INPUT_CALC, LinkType.INPUT_WORK)
#: Why a process is killed that a step had launched, and did not launch again.
_NOT_AGAIN = 'launched by a step that was interrupted, and not launched again when the step was repeated'


def caller_of(process: Process) -> Process | None:
    """Return the process whose step launches another, if it can be replayed; ``None`` if there is none."""
    caller: Any = plumpy.processes.Process.current()
    if caller is None or caller is process or caller.pid != process._parent_pid:
        return None
    life = getattr(caller, '_life', None)
    return caller if life is not None and life.is_persistent else None


def find_orphans(pk: int, known: int) -> tuple[int, ...]:
    """Return what a process has called since a checkpoint, in order.

    :param known: how many processes it had called then.
    """
    links = get_store().read_links(pk, 'outgoing', _CALLS)
    return tuple(link.target_id for link in links[known:])


def recognise(caller: Process, process: Process) -> ProcessNode | None:
    """Return the node of the process that a replayed step launches now, if it had launched it before.

    A process function that was interrupted itself cannot be gone on with: it is to be run again.

    :param caller: the process whose step is replayed; the orphan that is recognised is none any more.
    :param process: the one that is launched, whose node is not stored yet.
    """
    for pk in caller._life.orphans:
        before: Any = load_node(pk=pk)
        if _can_be_taken_over(before) and _are_equal(before, process.node):
            caller._life.orphans = tuple(other for other in caller._life.orphans if other != pk)
            LOGGER.info('Process<%s> had launched Process<%s> before it was interrupted', caller.pid, pk)
            return before  # type: ignore[no-any-return]
    return None


def _can_be_taken_over(node: Any) -> bool:
    if isinstance(node, CalcFunctionNode | WorkFunctionNode):
        return bool(node.is_finished)
    return not node.is_killed or node.process_status != _NOT_AGAIN


def dismiss(process: Process) -> None:
    """Kill what a step had launched before it was interrupted, and did not launch again."""
    orphans, process._life.orphans = process._life.orphans, ()
    for pk in orphans:
        _dismiss(load_node(pk=pk))


def _dismiss(node: Any) -> None:
    if node.is_terminated or get_store().set_desired(node.pk, 'kill', _NOT_AGAIN):
        return
    if isinstance(node, CalcFunctionNode | WorkFunctionNode):  # what else has no row has ended just now
        _seal(node)


def _seal(node: Any) -> None:
    """Mark a process function as killed that was interrupted, with those it had called."""
    for called in node.called:
        _dismiss(called)
    # who ran it may have been stopped for a while, and have ended it just now
    with contextlib.suppress(ModificationNotAllowed), get_store().transaction():
        node.set_process_state(ProcessState.KILLED)
        node.set_process_status('interrupted')
        node.seal()


def _are_equal(before: ProcessNode, now: ProcessNode) -> bool:
    """Return whether two processes are of the same kind and have equal inputs."""
    if before.process_type != now.process_type or before.label != now.label:
        return False
    if (before.get_metadata_inputs() or {}) != (now.get_metadata_inputs() or {}):
        return False
    had = {link.link_label: link.node for link in before.base.links.get_incoming(link_type=_INPUTS)}
    has = {label: source for source, kind, label in now._incoming if kind in _INPUTS}
    return had.keys() == has.keys() and all(_are_same(had[label], has[label]) for label in had)


def _are_same(before: Node, now: Node) -> bool:
    if now.is_stored and before.pk == now.pk:
        return True
    digest = before.base.caching.compute_hash()
    return digest is not None and digest == now.base.caching.compute_hash()


def outcome_of(node: ProcessNode) -> dict[str, Any]:
    """Return the outputs of a process that is terminated.

    :raises KilledError: if it was killed.
    :raises RuntimeError: if it excepted.
    """
    if node.is_killed:
        raise KilledError(node.process_status)
    if node.is_excepted:
        raise RuntimeError(f'Process<{node.pk}> excepted: {node.exception}')
    kinds = (LinkType.CREATE, LinkType.RETURN)
    return dict(node.base.links.get_outgoing(link_type=kinds).nested())

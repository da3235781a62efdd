"""What a process writes, and when: one transaction at its creation, one per transition, one at its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from plumpy.exceptions import PersistenceError
from plumpy.process_states import ProcessState

from aiida.common.exceptions import InvalidOperation
from aiida.common.links import LinkType
from aiida.engine.processes.flattening import flat_inputs, flat_outputs
from aiida.engine.runtime import messages, replaying
from aiida.engine.runtime.codec import NotSavable, NotStoredYet
from aiida.engine.runtime.timestamps import note_state_change
from aiida.orm import CalculationNode, Data, ProcessNode, WorkflowNode

if TYPE_CHECKING:
    from aiida.engine.processes.process import Process
    from aiida.orm import Node

__all__ = ('create', 'entered', 'link_inputs', 'link_outputs', 'link_parent', 'save_checkpoint', 'terminated')

LOGGER = logging.getLogger('aiida.engine.processes.recording')


def create(process: Process) -> None:
    """Make the node of a process and write it, with inputs, links, first checkpoint and the row that it is to run."""
    node = process.get_or_create_db_record()
    process._node = node
    process._setup_db_record()
    if not process._life.stores_provenance:
        return
    store = node.backend
    caller = replaying.caller_of(process)
    if caller is not None:
        before = replaying.recognise(caller, process) if caller._life.orphans else None
        if before is not None:
            caller._life.launched += 1
            process._node = before
            process._pid = before.pk
            process._life.is_taken_over = True
            return
    with store.transaction():
        if caller is not None:
            _count_launched(caller, store)
            if caller._life.fence:
                store.check_fence(cast('int', caller.pid), caller._life.fence)
        for source, _, _ in node._incoming:
            if source._record.id is None:
                source.store()
        node.store()
        process._pid = node.pk
        node.hold()
        if process._life.is_persistent:
            process._life.fence = store.enlist(node._record.id, **process.runner.hold_new())  # type: ignore[arg-type]
            save_checkpoint(process)
            messages.announce(process, None, ProcessState.CREATED)


def _count_launched(caller: Process, store: Any) -> None:
    """Count what a process launches as the graph does: not what was not written after all."""

    def undo() -> None:
        caller._life.launched -= 1

    caller._life.launched += 1
    store.on_rollback(undo)


def entered(process: Process, from_state: Any) -> None:
    """Write what a transition changed; the last one is written by :func:`terminated`."""
    state = process._state
    label = state.LABEL
    if label is ProcessState.CREATED:
        return
    node = process.node
    known = process._life.recorded_state
    if known is not label:
        node.set_process_state(cast('ProcessState', label))
        process._life.left_state, process._life.recorded_state = known, label
    if state.is_terminal() or not node.is_stored:
        return
    if known is label and from_state is not None and from_state.LABEL is ProcessState.CREATED:
        return  # it was created as running: what there is to write goes with the next transition
    if process._life.orphans and from_state is not None and from_state.LABEL is ProcessState.RUNNING:
        replaying.dismiss(process)
    with node.backend.transaction():
        process.update_outputs()
        node.flush()
        saved = save_checkpoint(process)
        if known is not label:
            note_state_change(node)
            tell(process)
        if saved and process._life.attempts:
            node.backend.note_progress(node._record.id)  # type: ignore[arg-type]
            process._life.attempts = 0
        has_parted = saved and label is ProcessState.WAITING and part(process)
    process._life.has_parted = has_parted


def tell(process: Process) -> None:
    """Write for those who watch that a process has changed its state."""
    if process._life.is_persistent:
        news = {'from': process._life.left_state.value, 'to': process._life.recorded_state.value}
        if process._life.recorded_state is ProcessState.FINISHED:
            news['exit_status'] = process.node.exit_status
        process.node.backend.record_event(process.node._record.id, 'state_changed', news)  # type: ignore[arg-type]
        messages.announce(process, process._life.left_state, process._life.recorded_state)


def part(process: Process) -> bool:
    """Let a process that waits for others be held by nobody until they have ended, if its runner parts from such.

    Called in the transaction that writes how it waits.

    :return: whether it is; not if what it waits for has ended.
    """
    awaited = process._life.awaited
    if not awaited or not process.runner.parts or process._life.is_interrupted:
        return False
    node = process.node
    pk = cast('int', node._record.id)
    node.backend.wait_for(pk, awaited)
    run = node.backend.read_run(pk)  # after `wait_for`: from then on requests come after this transaction
    if run is None or run.desired_state != 'run' or not node.backend.waiting_for(pk):
        return False
    node.backend.release(pk, process._life.fence, None)
    return True


def part_again(process: Process) -> None:
    """Part from a process that was taken up though what it waits for has not ended, as after it was played."""
    node = process.node
    if not process._life.awaited or not node.backend.waiting_for(cast('int', node._record.id)):
        return
    with node.backend.transaction():
        node.flush()
        has_parted = part(process)
    process._life.has_parted = has_parted


def set_down(process: Process) -> bool:
    """Let a process that is paused be held by nobody until it is to go on, if its runner parts from such.

    Called in the transaction that writes that it is paused.

    :return: whether it is.
    """
    node = process.node
    pk = cast('int', node._record.id)
    run = node.backend.read_run(pk) if process.runner.parts and process._life.is_persistent else None
    if run is None or run.desired_state == 'kill':
        return False
    if run.desired_state != 'pause':
        node.backend.set_desired(pk, 'pause', process.status)
    node.backend.release(pk, process._life.fence, node.backend.now())
    return True


def terminated(process: Process) -> None:
    """Write the end of a process: outputs, the last attributes, the seal; nothing of it is alive any more."""
    node = process.node
    if process._life.orphans:
        replaying.dismiss(process)
    finished = process._state.LABEL is not ProcessState.EXCEPTED
    if not node.is_stored:
        if finished:
            check_outputs(process)
        node.base.attributes.set(node.SEALED_KEY, True)
        return
    with node.backend.transaction():
        if process._life.is_persistent and process._life.fence:  # of a node that was deleted, this says so best
            node.backend.check_fence(cast('int', node._record.id), process._life.fence)
        if finished:
            process.update_outputs()
        node.seal()
        node.flush()
        note_state_change(node)
        tell(process)
        if process._life.is_persistent:
            node.backend.finish(node._record.id, process._life.fence)  # type: ignore[arg-type]
    process._life.end_is_written = True
    node.release()


def save_checkpoint(process: Process) -> bool:
    """Save where a process is.

    What cannot be saved yet, or for another reason than what the user put there, is told once; the checkpoint before
    stays.

    :return: whether it was saved.
    :raises LostLease: if somebody else has taken the process since.
    :raises NotSavable: if the context or an input holds something that could not be read back.
    """
    if not process._life.is_persistent or process._life.has_ended:
        return False
    if process._life.fence:  # whatever becomes of the checkpoint, nothing is written by who has lost the process
        process.node.backend.check_fence(process.node._record.id, process._life.fence)  # type: ignore[arg-type]
    persister = process.runner.persister
    if persister is None:
        return False
    try:
        persister.save_checkpoint(process)
    except PersistenceError as exception:
        cause = exception.__cause__
        if isinstance(cause, NotSavable) and not isinstance(cause, NotStoredYet):
            raise cause from None
        message = str(exception)
        if message != process._life.checkpoint_trouble:
            process._life.checkpoint_trouble = message
            process.node.logger.warning(  # not `process.logger`, which is the node's only once the process is made
                '%s. The process goes on; if it is interrupted, it resumes from the checkpoint before.', message
            )
        return False
    return True


# links


def link_parent(process: Process, parent: ProcessNode | None) -> None:
    """Link a process to the one that called it.

    :raises InvalidOperation: if a calculation called it.
    """
    if parent is None:
        return
    if isinstance(parent, CalculationNode):
        raise InvalidOperation(
            f'calling processes from a calculation type process is forbidden: {type(process).__name__} was called from '
            f'{parent.process_label}<{parent.pk}>; call it from a work function or work chain'
        )
    node = process.node
    if not isinstance(parent, WorkflowNode) or not parent.is_stored or not process._life.stores_provenance:
        return
    link_type = LinkType.CALL_CALC if isinstance(node, CalculationNode) else LinkType.CALL_WORK
    node.base.links.add_incoming(parent, link_type, process.metadata.get('call_link_label', 'CALL'))


def link_inputs(process: Process) -> None:
    """Link the inputs of a process that are nodes to its node."""
    node = process.node
    link_type = LinkType.INPUT_CALC if isinstance(node, CalculationNode) else LinkType.INPUT_WORK
    for label, source in flat_inputs(process.spec().inputs, process.inputs):
        if not process._life.stores_provenance and not source.is_stored:
            continue
        node.base.links.add_incoming(source, link_type, label)


def link_outputs(process: Process) -> None:
    """Store the outputs that are new since the last call and link them."""
    outputs = process.outputs
    if not outputs or not process._life.stores_provenance:
        return
    linked = process.linked_outputs
    node = process.node
    creates = isinstance(node, CalculationNode)
    new = []
    for label, output in flat_outputs(outputs):
        if label in linked:
            continue
        _check_output(process, output, creates)
        output.base.links.add_incoming(node, LinkType.CREATE if creates else LinkType.RETURN, label)
        if creates:
            output.store()
        new.append(label)
    if new:
        linked.update(new)
        node.backend.on_rollback(lambda: linked.difference_update(new))


def check_outputs(process: Process) -> None:
    """Check outputs that are not stored as they would be if they were."""
    creates = isinstance(process.node, CalculationNode)
    for _, output in flat_outputs(process.outputs):
        if not creates and not output.is_stored:
            continue  # what an inner calculation created was not stored either
        _check_output(process, output, creates)


def _check_output(process: Process, output: Node, creates: bool) -> None:
    """
    :raises ValueError: if a calculation returns what was stored before, or a workflow returns what was not.
    """
    if not isinstance(output, Data):
        raise TypeError(f'an output of a process must be a Data node, not {output!r}')
    if creates and output.is_stored:
        raise ValueError(
            f'{process.node.process_label} returned {output!r}, an already stored Data node, but a calculation creates '
            'its outputs: do not call `store()` yourself, and return an input from a `workfunction` instead'
        )
    if not creates and not output.is_stored:
        raise ValueError(
            f'the workflow {process.node.process_label} returned {output!r}, which is not stored: a workflow hands on '
            'nodes that exist, it creates none; make the node in a `calcfunction` and return what that gives'
        )

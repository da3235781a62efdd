"""The states of a process, how it gets from one to another, and what is called on the way: one table.

``docs/life-of-a-process.md`` prints it; the tests compare it with the page, with the states and with what is called.
"""

from __future__ import annotations

from typing import NamedTuple

from plumpy.process_states import ProcessState

__all__ = ('TRANSITIONS', 'Transition', 'as_markdown', 'hooks', 'targets')

_CREATED, _RUNNING, _WAITING = ProcessState.CREATED, ProcessState.RUNNING, ProcessState.WAITING
_FINISHED, _EXCEPTED, _KILLED = ProcessState.FINISHED, ProcessState.EXCEPTED, ProcessState.KILLED


class Transition(NamedTuple):
    """One way from a state to another; ``source`` is ``None`` where a process begins."""

    source: ProcessState | None
    target: ProcessState
    when: str


TRANSITIONS = (
    Transition(None, _CREATED, 'the class is called with inputs that are valid'),
    Transition(_CREATED, _RUNNING, 'a runner begins with it'),
    Transition(_CREATED, _EXCEPTED, '`fail`, or a method called on the way raised'),
    Transition(_CREATED, _KILLED, '`kill` before it began'),
    Transition(_RUNNING, _RUNNING, 'a step has ended and waits for nothing'),
    Transition(_RUNNING, _WAITING, 'a step asked for sub processes; a job begins'),
    Transition(_RUNNING, _FINISHED, 'the last step has ended, or one returned an exit code'),
    Transition(_RUNNING, _EXCEPTED, "the user's code raised"),
    Transition(_RUNNING, _KILLED, '`kill`, obeyed at the end of the step'),
    Transition(_WAITING, _RUNNING, 'all that was waited for has ended; a job is to be parsed'),
    Transition(_WAITING, _WAITING, 'the next task of a job: upload, submit, update, stash, retrieve'),
    Transition(_WAITING, _FINISHED, 'a job ends without being parsed'),
    Transition(_WAITING, _EXCEPTED, '`fail`, or a method called on the way raised'),
    Transition(_WAITING, _KILLED, '`kill`, obeyed at once'),
)

_LEAVING = {
    _CREATED: ('on_exiting',),
    _RUNNING: ('on_exiting', 'on_exit_running'),
    _WAITING: ('on_exiting', 'on_exit_waiting'),
}
_ENTERING = {
    _CREATED: ('on_entering', 'on_create', 'on_entered', 'init'),
    _RUNNING: ('on_entering', 'on_run', 'on_entered', 'on_running'),
    _WAITING: ('on_entering', 'on_wait', 'on_entered', 'on_waiting'),
    _FINISHED: ('on_entering', 'on_finish', 'on_entered', 'on_finished', 'on_terminated', 'on_close'),
    _EXCEPTED: ('on_entering', 'on_except', 'on_entered', 'on_excepted', 'on_terminated', 'on_close'),
    _KILLED: ('on_entering', 'on_kill', 'on_entered', 'on_killed', 'on_terminated', 'on_close'),
}


def targets(source: ProcessState | None) -> set[ProcessState]:
    """Return the states that can follow one."""
    return {transition.target for transition in TRANSITIONS if transition.source is source}


def hooks(source: ProcessState | None, target: ProcessState) -> tuple[str, ...]:
    """Return the names of the methods that a transition calls, in order.

    :raises ValueError: if there is no such transition.
    """
    if target not in targets(source):
        raise ValueError(f'there is no way from {source} to {target}')
    return (_LEAVING[source] if source is not None else ()) + _ENTERING[target]


def as_markdown() -> str:
    """Return the table as it is printed in the documentation."""
    lines = ['| from | to | when | called, in order |', '|---|---|---|---|']
    for source, target, when in TRANSITIONS:
        called = ', '.join(f'`{name}`' for name in hooks(source, target))
        lines.append(f'| {source.value if source is not None else ""} | {target.value} | {when} | {called} |')
    return '\n'.join(lines)

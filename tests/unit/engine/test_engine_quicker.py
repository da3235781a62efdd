"""Somebody else was quicker: a worker that was stopped for a while, or another one who wanted the same."""

from __future__ import annotations

import gc
import time
import warnings
from typing import Any

import pytest

from aiida import orm
from aiida.common.exceptions import LostLease
from aiida.engine import WorkChain
from aiida.engine.processes.control import kill_processes, pause_processes
from aiida.engine.runners import Runner
from aiida.engine.runtime import messages, replaying, resuming
from aiida.engine.runtime.resuming import RunElsewhere


class Still(WorkChain):
    """Does nothing."""


@pytest.mark.parametrize('kind', [orm.WorkChainNode, orm.CalcFunctionNode])
def test_what_is_dismissed_may_have_ended_just_now(store: Any, monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    node = kind()
    node.set_process_state('running')
    node.store()
    real = store.set_desired

    def end_first(pk: int, *args: Any) -> bool:
        other = orm.load_node(pk)
        other.set_process_state('finished')
        other.set_exit_status(0)
        other.seal()
        return bool(real(pk, *args))

    monkeypatch.setattr(store, 'set_desired', end_first)
    replaying._dismiss(node)
    assert orm.load_node(node.pk).is_finished_ok


def test_a_workflow_without_a_row_is_not_taken_for_a_function(store: Any) -> None:
    node = orm.WorkChainNode()
    node.set_process_state('running')
    node.store()
    replaying._dismiss(node)
    assert not node.is_sealed


def test_what_two_want_to_free_is_freed_by_one(runner: Runner, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node = runner.submit(Still)
    row = store.read_run(node.pk)
    gone = row._replace(owner='nowhere:1:0')
    store.release(node.pk, row.fence, time.time())
    store.claim_one(node.pk, 'elsewhere:1:0', time.time(), time.time() + 30)
    with monkeypatch.context() as patch:
        patch.setattr(store, 'read_run', lambda _: gone)
        patch.setattr(resuming, 'is_held', lambda *_: False)
        with pytest.raises(RunElsewhere):
            resuming._take(runner, node.pk)


def test_a_kill_that_comes_too_late_is_left_to_who_was_quicker(
    runner: Runner, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Runner(broker_submit=True) as other:
        node = other.submit(Still)

    def kill(self: Any, *_: Any) -> None:
        node.set_process_state('killed')
        node.seal()
        raise LostLease('it was taken over')

    monkeypatch.setattr(Still, 'kill', kill)
    kill_processes([node], timeout=1)
    assert node.is_killed


def test_what_never_began_ends_with_its_runner_without_a_warning(store: Any) -> None:
    made = Runner()
    made.submit(Still)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        made.close()
        del made
        gc.collect()
    assert [str(warning.message) for warning in caught if 'never awaited' in str(warning.message)] == []


def test_what_is_steered_where_no_loop_runs_listens_to_nobody(
    runner: Runner, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    monkeypatch.setattr(messages, 'listen', lambda _, process: heard.append(process.pid))
    with Runner(broker_submit=True) as other:
        node = other.submit(Still)
    heard.clear()
    pause_processes([node], timeout=1)
    assert node.paused
    assert heard == []

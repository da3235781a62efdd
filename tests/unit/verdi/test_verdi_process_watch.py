"""``verdi process watch`` and ``verdi process repair``."""

from __future__ import annotations

from typing import Any

import psutil
import pytest

from aiida import orm
from aiida.cmdline.commands.cmd_process import verdi_process
from aiida.common.claims import Owner
from aiida.engine import WorkChain, run_get_node, submit
from aiida.engine.processes.control import play_processes
from aiida.engine.runtime import newsreel


class Steps(WorkChain):
    """Two steps."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.first, cls.second)

    def first(self) -> None:
        pass

    def second(self) -> int:
        return 7


def test_what_happens_is_told_in_order(profile: Any) -> None:
    after = newsreel.latest()
    _, node = run_get_node(Steps)
    told = [(news.pk, news.kind, news.payload) for news in newsreel.watch([node.pk], after)]
    assert told == [(node.pk, 'state_changed', {'from': 'running', 'to': 'finished', 'exit_status': 7})]


def test_a_process_that_is_submitted_begins_as_created(profile: Any) -> None:
    from aiida.engine.runners import Runner

    after = newsreel.latest()
    with Runner() as runner:
        node = runner.submit(Steps)
        runner.run_until_complete(runner.get_process_future(node.pk))  # type: ignore[arg-type]
    told = [(news.payload['from'], news.payload['to']) for news in newsreel.watch([node.pk], after)]
    assert told == [('created', 'running'), ('running', 'finished')]


def test_watch_prints_until_the_end(profile: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node = submit(Steps)
    monkeypatch.setattr(newsreel, '_LOOK', 0.01)
    latest = newsreel.latest

    def run_meanwhile() -> int:
        after = latest()
        from aiida.engine.runners import Runner
        from aiida.engine.runtime.resuming import resume

        with Runner() as runner:
            runner.run_until_complete(resume(runner, node.pk).future())  # type: ignore[arg-type]
        return after

    monkeypatch.setattr(newsreel, 'latest', run_meanwhile)
    result = call(verdi_process, 'watch', str(node.pk))
    assert f'Process<{node.pk}> is already terminated' in result.output
    monkeypatch.setattr(newsreel, 'latest', lambda: 0)
    lines = [newsreel.News(node.pk, 'state_changed', 0.0, {'from': 'running', 'to': 'finished', 'exit_status': 7})]
    from aiida.cmdline.utils.processes import describe_news

    assert describe_news(lines[0]).endswith(f'Process<{node.pk}> Running -> Finished [7]')
    assert describe_news(newsreel.News(1, 'paused', 0.0, {'status': 'a moment'})).endswith(
        'Process<1> Paused: a moment'
    )


def test_watch_wants_to_know_what(profile: Any, call: Any) -> None:
    assert 'name one or more processes' in call(verdi_process, 'watch', status=2).output


def test_repair_finds_nothing_in_a_profile_that_is_well(profile: Any, call: Any) -> None:
    submit(Steps)
    assert 'No process is stuck' in call(verdi_process, 'repair').output


def test_repair_leaves_what_lost_its_program_to_the_workers(profile: Any, call: Any) -> None:
    lost, rowless, hopeless, fine = (submit(Steps) for _ in range(4))
    store = lost.backend
    pid = next(number for number in range(300_000, 400_000) if not psutil.pid_exists(number))
    assert store.claim_one(lost.pk, str(Owner.of(pid)), 0.0, None)
    store._database.execute('DELETE FROM process_run WHERE node_id IN (?, ?)', (rowless.pk, hopeless.pk))
    store.delete_checkpoint(hopeless.pk)
    result = call(verdi_process, 'repair', '--dry-run', status=1)
    assert f'Process<{lost.pk}> is stuck' in result.output
    assert f'Process<{fine.pk}>' not in result.output
    assert store.read_run(lost.pk).owner is not None
    assert 'No process is stuck any more' in call(verdi_process, 'repair', '--force').output
    assert store.read_run(lost.pk).owner is None
    assert store.read_run(rowless.pk).owner is None
    assert hopeless.is_killed
    assert 'marked as killed' in hopeless.process_status
    assert 'No process is stuck' in call(verdi_process, 'repair').output
    assert isinstance(rowless, orm.WorkChainNode)
    play_processes([fine])

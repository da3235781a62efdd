"""Two kinds of failure: the user's exception ends a process, trouble with the infrastructure does not."""

from __future__ import annotations

from typing import Any

import pytest
from engine_samples import Fan, Leaf, add

from aiida import orm
from aiida.common.exceptions import ClosedStorage, LostLease, StorageUnavailable
from aiida.engine import ToContext, WorkChain, run
from aiida.engine.processes.workchains import workchain
from aiida.engine.runners import Runner
from aiida.engine.runtime.resuming import restore

TROUBLE = [StorageUnavailable('locked'), LostLease('taken')]


class Steps(WorkChain):
    """Three steps, the second of which can be made to fail."""

    trouble: BaseException | None = None
    taken: list[str] = []

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.first, cls.second, cls.third)

    def first(self) -> None:
        Steps.taken.append('first')

    def second(self) -> None:
        Steps.taken.append('second')
        if Steps.trouble is not None:
            raise Steps.trouble

    def third(self) -> None:
        Steps.taken.append('third')


@pytest.fixture(autouse=True)
def clean() -> None:
    Steps.trouble = None
    Steps.taken = []


def last() -> Any:
    return orm.QueryBuilder().append(orm.ProcessNode).order_by({orm.ProcessNode: {'id': 'desc'}}).first(flat=True)


@pytest.mark.parametrize('trouble', TROUBLE)
def test_trouble_in_a_step_leaves_the_checkpoint(runner: Runner, store: Any, trouble: Exception) -> None:
    Steps.trouble = trouble
    with pytest.raises(type(trouble)):
        run(Steps)
    node = last()
    assert node.process_state.value == 'running'
    assert not node.is_sealed
    assert node.exception is None
    assert store.list_checkpoints() == [(node.pk, '')]
    assert not runner._live
    Steps.trouble = None
    run(restore(runner, node.pk))
    assert Steps.taken == ['first', 'second', 'second', 'third']
    assert last().is_finished_ok


@pytest.mark.parametrize('trouble', TROUBLE)
@pytest.mark.parametrize('at', ['checkpoint', 'attributes', 'commit'])
def test_trouble_while_writing(runner: Runner, store: Any, monkeypatch: Any, trouble: Exception, at: str) -> None:
    broken = {'on': False}

    def breaking(original: Any) -> Any:
        def method(*args: Any, **kwargs: Any) -> Any:
            if broken['on']:
                raise trouble
            return original(*args, **kwargs)

        return method

    cls = type(store)
    if at == 'checkpoint':
        monkeypatch.setattr(cls, 'save_checkpoint', breaking(cls.save_checkpoint))
    elif at == 'attributes':
        monkeypatch.setattr(cls, 'patch_node', breaking(cls.patch_node))
    else:
        monkeypatch.setattr(cls, 'transaction', breaking(cls.transaction))

    class Breaks(Steps):
        def second(self) -> None:
            super().second()
            broken['on'] = True

    with pytest.raises(type(trouble)):
        run(Breaks)
    broken['on'] = False
    node = last()
    assert node.process_state.value == 'running'
    assert store.list_checkpoints() == [(node.pk, '')]
    assert node.base.attributes.get('stepper_state_info') == '1:second'
    assert not runner._live


def test_trouble_of_a_child_ends_the_wait(runner: Runner, store: Any) -> None:
    class Parent(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outline(cls.launch, cls.after)

        def launch(self) -> Any:
            return ToContext(child=self.submit(Steps))

        def after(self) -> None:
            raise AssertionError('the child has not ended')

    Steps.trouble = StorageUnavailable('locked')
    with pytest.raises(StorageUnavailable):
        run(Parent)
    nodes = orm.QueryBuilder().append(orm.WorkChainNode).all(flat=True)
    assert sorted(node.process_state.value for node in nodes) == ['running', 'waiting']
    assert len(store.list_checkpoints()) == 2
    assert not runner._live
    assert run(Leaf, x=1)['y'] == 2


def test_lost_lease_is_noticed(runner: Runner, store: Any) -> None:
    class Robbed(Steps):
        def second(self) -> None:
            super().second()
            row = store.read_run(self.pid)
            store.release(self.pid, row.fence, 0.0)
            assert store.claim_one(self.pid, 'another', 1e12, 2e12) is not None

    with pytest.raises(LostLease):
        run(Robbed)
    assert Steps.taken == ['first', 'second']
    node = last()
    assert node.process_state.value == 'running'
    assert store.read_run(node.pk).owner == 'another'


def test_closed_store_is_no_exception_of_the_process(store: Any) -> None:
    class Closing(Steps):
        def second(self) -> None:
            store.close()

    with pytest.raises(ClosedStorage):
        run(Closing)


@pytest.mark.parametrize('error', [ValueError('x'), RuntimeError('y'), KeyError('z'), AssertionError('a')])
def test_exceptions_of_the_user_end_the_process(store: Any, error: Exception) -> None:
    Steps.trouble = error
    with pytest.raises(type(error)):
        run(Steps)
    node = last()
    assert node.is_excepted
    assert node.is_sealed
    assert type(error).__name__ in node.exception
    assert node.process_status is None
    assert store.list_checkpoints() == []
    logs = orm.Log.collection.get_logs_for(node)
    assert len(logs) == 1
    assert logs[0].message.startswith(f'[{node.pk}|Steps|on_except]: Traceback (most recent call last):')


@pytest.mark.parametrize('before', [True, False])
def test_exception_in_a_hook_at_the_end(store: Any, runner: Runner, before: bool, caplog: Any) -> None:
    class BadEnd(Steps):
        def on_terminated(self) -> None:
            if before:
                raise RuntimeError('too early')
            super().on_terminated()
            raise RuntimeError('too late')

    if before:
        with pytest.raises(RuntimeError, match='too early'):
            run(BadEnd)
        assert last().is_excepted
    else:
        run(BadEnd)
        assert last().is_finished_ok
    assert last().is_sealed
    assert store.list_checkpoints() == []
    assert not runner._live
    assert 'a method called at its end raised' in caplog.text


def test_bad_predicate_excepts() -> None:
    class Bad(Leaf):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            from aiida.engine import while_

            spec.outline(while_(cls.unsure)(cls.double))

        def unsure(self) -> bool:
            raise ValueError('unsure')

    with pytest.raises(ValueError, match='unsure'):
        run(Bad, x=1)
    assert last().is_excepted


def test_functions_too(monkeypatch: Any, store: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StorageUnavailable('locked')

    x = orm.Int(1).store()
    cls = type(store)
    monkeypatch.setattr(cls, 'patch_node', broken)
    with pytest.raises(StorageUnavailable):
        add(x, x)
    monkeypatch.undo()
    assert add(x, x) == 2
    assert run(Fan, n=2)['total'] == 2


class Waiting(WorkChain):
    """Waits for a child, and is overtaken when that has ended."""

    overtake: Any = None

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.launch, cls.collect)

    def launch(self) -> Any:
        return ToContext(child=self.submit(Leaf, x=1))

    def collect(self) -> None:
        raise AssertionError('another worker has done this')

    def _on_awaitable_finished(self, awaitable: Any) -> None:
        self.overtake()
        super()._on_awaitable_finished(awaitable)


def test_one_who_waits_may_have_been_ended_by_another_worker(
    runner: Runner, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def end(self: Waiting) -> None:
        other = orm.load_node(self.pid)
        other.set_process_state('finished')
        other.set_exit_status(0)
        other.seal()
        self.node.drop_held()  # it is known here

    monkeypatch.setattr(Waiting, 'overtake', end)
    with pytest.raises(LostLease, match='ended by another worker'):
        run(Waiting)
    assert last().is_sealed
    assert 'Exception in callback' not in caplog.text


def test_trouble_with_the_news_of_a_child_leaves_the_checkpoint(runner: Runner, monkeypatch: Any) -> None:
    def lose_the_store(self: Waiting) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise StorageUnavailable('away')

        monkeypatch.setattr(Waiting, '_update_process_status', broken)

    monkeypatch.setattr(Waiting, 'overtake', lose_the_store)
    with pytest.raises(StorageUnavailable):
        run(Waiting)
    (node,) = (
        orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.process_label': 'Waiting'}).all(flat=True)
    )
    assert (node.process_state.value, node.is_sealed) == ('waiting', False)


class Pair(Waiting):
    """Waits for two children."""

    def launch(self) -> Any:
        return ToContext(one=self.submit(Leaf, x=1), other=self.submit(Leaf, x=2))


def test_two_news_at_once_that_cannot_be_taken_in(
    runner: Runner, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StorageUnavailable('away')

    news = []

    def come_together(self: Pair, awaitable: Any) -> None:
        news.append(awaitable)
        if len(news) == 2:
            with monkeypatch.context() as patch:
                patch.setattr(workchain, 'load_node', broken)
                for item in news:
                    WorkChain._on_awaitable_finished(self, item)

    monkeypatch.setattr(Pair, '_on_awaitable_finished', come_together)
    with pytest.raises(StorageUnavailable):
        run(Pair)
    assert len(news) == 2
    assert 'Exception in callback' not in caplog.text

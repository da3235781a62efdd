"""Checkpoints: what is in them, and going on from them in another interpreter."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from engine_samples import Fan, Leaf, Outline, Stuck
from plumpy.exceptions import PersistenceError
from plumpy.persistence import LoadSaveContext, PersistedCheckpoint

from aiida import orm
from aiida.common.exceptions import InvalidOperation, NotExistent
from aiida.engine import AiiDAPersister, ObjectLoader, PastException, Process, get_object_loader, run, run_get_node
from aiida.engine.runners import Runner
from aiida.engine.runtime.codec import NotSavable
from aiida.engine.runtime.resuming import restore, resume
from aiida.storage.sqlite.store import SqliteStore


def created(cls: Any = Leaf, **inputs: Any) -> Process:
    process: Process = cls(inputs=inputs or ({'x': 2} if cls is Leaf else {}))
    return process


def unbundle(runner: Runner, process: Process, tag: str | None = None) -> Any:
    bundle = AiiDAPersister().load_checkpoint(process.pid, tag)  # type: ignore[arg-type]
    return bundle.unbundle(LoadSaveContext(loader=get_object_loader(), runner=runner))


def test_the_six_methods() -> None:
    persister = AiiDAPersister()
    one, two = created(), created()
    assert set(persister.get_checkpoints()) == {PersistedCheckpoint(one.pid, None), PersistedCheckpoint(two.pid, None)}
    persister.save_checkpoint(one, 'tagged')
    assert set(persister.get_process_checkpoints(one.pid)) == {  # type: ignore[arg-type]
        PersistedCheckpoint(one.pid, None),
        PersistedCheckpoint(one.pid, 'tagged'),
    }
    assert persister.load_checkpoint(one.pid, 'tagged') == persister.load_checkpoint(one.pid)  # type: ignore[arg-type]
    persister.delete_checkpoint(one.pid)  # type: ignore[arg-type]
    persister.delete_checkpoint(one.pid)  # type: ignore[arg-type]
    assert persister.get_process_checkpoints(one.pid) == [PersistedCheckpoint(one.pid, 'tagged')]  # type: ignore[arg-type]
    persister.delete_process_checkpoints(one.pid)  # type: ignore[arg-type]
    assert persister.get_process_checkpoints(one.pid) == []  # type: ignore[arg-type]
    with pytest.raises(PersistenceError, match='no checkpoint'):
        persister.load_checkpoint(one.pid)  # type: ignore[arg-type]
    with pytest.raises(PersistenceError, match='tagged'):
        persister.load_checkpoint(one.pid, 'tagged')  # type: ignore[arg-type]
    with pytest.raises(PersistenceError, match='integer'):
        persister.load_checkpoint('text')


def test_inputs_are_references(store: Any) -> None:
    class WithDict(Leaf):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.input('parameters', valid_type=orm.Dict)
            spec.input('raw', non_db=True)

    process = WithDict(inputs={'x': 1, 'parameters': {'content': 'not copied'}, 'raw': ('kept', {1})})
    text = store.load_checkpoint(process.pid).decode()
    assert 'not copied' not in text
    assert json.loads(text)['calc_id'] == process.pid
    assert 'INPUTS_RAW' not in json.loads(text)


def test_a_new_process_is_restored(runner: Runner) -> None:
    process = created(x=3)
    again = unbundle(runner, process)
    assert type(again) is Leaf
    assert again.pid == process.pid
    assert again.node.uuid == process.node.uuid
    assert again.inputs.x == 3
    assert again.inputs.metadata.call_link_label == 'CALL'
    assert again.state == process.state
    assert run(again)['y'] == 6


@pytest.mark.parametrize('mode', ['a', 'b', 'other'])
def test_restored_at_every_step(runner: Runner, mode: str) -> None:
    """Whatever step it is interrupted after, the rest of the outline is the same."""
    _, whole = run_get_node(Outline, mode=mode)
    expected = whole.base.extras.get('trail')

    async def step(process: Any) -> None:
        from plumpy.processes import Process as PlumpyProcess

        await PlumpyProcess.step(process)

    for number in range(1, len(expected) + 2):
        process: Any = Outline(inputs={'mode': mode})
        for _ in range(number):
            if not process.has_terminated():
                runner.run_until_complete(step(process))  # type: ignore[arg-type]
        if process.has_terminated():
            continue
        runner.unregister(process)
        again = restore(runner, process.pid)
        assert str(again._stepper) == str(process._stepper)
        run(again)
        assert again.node.base.extras.get('trail') == expected
        assert again.node.is_finished_ok


def test_restored_while_it_waits(runner: Runner) -> None:
    process: Any = Fan(inputs={'n': 3})
    runner.starts_at_once = False

    async def until_waiting() -> None:
        from plumpy.processes import Process as PlumpyProcess

        for _ in range(2):
            await PlumpyProcess.step(process)

    runner.run_until_complete(until_waiting())  # type: ignore[arg-type]
    assert process.state.value == 'waiting'
    with Runner() as other:
        runner._live.clear()
        again: Any = restore(other, process.pid)
        assert [item.pk for item in again._awaitables] == [item.pk for item in process._awaitables]
        assert all(item in again.ctx.leaves for item in again._awaitables)
        for child in process.node.called:
            other.start_task(restore(other, child.pk))
        run_here = other.start_task(again)
        other.run_until_complete(run_here)
    assert again.node.is_finished_ok
    assert again.node.outputs.total == 6
    assert [leaf.inputs.x.value for leaf in again.ctx.leaves] == [0, 1, 2]


def test_paused_stays_paused(runner: Runner) -> None:
    process = created()
    process.pause('for lunch')
    again = unbundle(runner, process)
    assert again.paused
    assert again.status == 'for lunch'
    again.play()
    assert run(again)['y'] == 4


def test_a_context_that_cannot_be_saved_is_refused_with_its_key(store: Any) -> None:
    class Unsavable(Leaf):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outline(cls.fill, cls.more, cls.double)

        def fill(self) -> None:
            self.report('filled')
            self.node.base.extras.set('kept', 1)
            self.set_status('kept too')
            self.ctx.deep = {'list': [1, open(os.devnull)]}  # noqa: SIM115

        def more(self) -> None:
            self.ctx.deep['list'].pop().close()

    process = Unsavable(inputs={'x': 1})
    with pytest.raises(NotSavable, match=r'`ctx\.deep\.list\.1`'):
        run(process)
    node = process.node
    assert (node.is_excepted, node.is_sealed) == (True, True)
    assert '`ctx.deep.list.1`' in node.exception
    again: Any = orm.load_node(node.pk)
    assert (again.process_state.value, again.base.extras.get('kept')) == ('excepted', 1)
    assert again.process_status == 'kept too'
    messages = [log.message for log in orm.Log.collection.get_logs_for(again)]
    assert messages[0].endswith('filled')
    assert 'NotSavable' in messages[-1]
    assert store.list_checkpoints() == []
    assert store.read_run(node.pk) is None


def test_persister_refuses_what_cannot_be_saved() -> None:
    process: Any = created()
    process.ctx.what = lambda: 1
    with pytest.raises(PersistenceError, match=r'`ctx\.what`'):
        AiiDAPersister().save_checkpoint(process)


def test_input_that_cannot_be_saved_is_refused() -> None:
    class Raw(Leaf):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.input('n.raw', non_db=True)

    with pytest.raises(NotSavable, match=r'`inputs\.n\.raw`'):
        run(Raw, x=1, n={'raw': object()})
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


def test_disabled_persistence(store: Any) -> None:
    process = Leaf(inputs={'x': 1}, enable_persistence=False)
    assert store.list_checkpoints() == []
    assert store.read_run(process.pid) is None
    run(process)
    assert process.node.is_finished_ok


def test_object_loader() -> None:
    loader = get_object_loader()
    assert isinstance(loader, ObjectLoader)
    assert loader is get_object_loader()
    assert loader.load_object('aiida.orm:Int') is orm.Int
    assert loader.load_object('aiida.engine.processes.process:Process.SaveKeys') is Process.SaveKeys
    assert loader.load_object(loader.identify_object(Leaf)) is Leaf
    for wrong in ('aiida.orm', 'aiida.orm:', 'not.there:x', 'aiida.orm:NotThere', 'aiida.orm.Int'):
        with pytest.raises(ImportError):
            loader.load_object(wrong)


def test_resuming_refuses(runner: Runner) -> None:
    _, done = run_get_node(Leaf, x=1)
    with pytest.raises(NotExistent, match='not to be run'):
        resume(runner, done.pk)

    class Failing(Leaf):
        def double(self) -> None:
            raise ValueError('x')

    with pytest.raises(ValueError):
        run(Failing, x=1)
    failed = (
        orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.process_state': 'excepted'}).first(flat=True)
    )
    with pytest.raises(PastException):
        resume(runner, failed.pk)


CHAIN = """
    import os, signal, sys
    from aiida import orm
    from aiida.engine import WorkChain, ToContext, append_, calcfunction, while_

    @calcfunction
    def add(x, y):
        return orm.Int(x.value + y.value)

    class Child(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('x', valid_type=orm.Int)
            spec.output('y', valid_type=orm.Int)
            spec.outline(cls.first, cls.second)

        def first(self):
            self.ctx.doubled = add(self.inputs.x, self.inputs.x)

        def second(self):
            if self.inputs.x == 2 and 'DIE_IN_CHILD' in os.environ:
                os.kill(os.getpid(), signal.SIGKILL)
            self.out('y', self.ctx.doubled)

    class Parent(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.output('total', valid_type=orm.Int)
            spec.outline(cls.setup, while_(cls.go)(cls.count), cls.launch, cls.collect)

        def setup(self):
            self.ctx.i = 0
            self.ctx.log = ['setup']
            self.ctx.things = {'tuple': (1, {2}), 'node': orm.Int(5)}

        def go(self):
            return self.ctx.i < 3

        def count(self):
            if self.ctx.i == 2 and 'DIE_IN_LOOP' in os.environ:
                os.kill(os.getpid(), signal.SIGKILL)
            self.ctx.i += 1
            self.ctx.log.append(f'count {self.ctx.i}')

        def launch(self):
            assert self.ctx.things['tuple'] == (1, {2})
            assert self.ctx.things['node'] == 5
            self.ctx.log.append('launch')
            for number in range(4):
                self.to_context(kids=append_(self.submit(Child, x=orm.Int(number))))

        def collect(self):
            total = orm.Int(0).store()
            for kid in self.ctx.kids:
                total = add(total, kid.outputs.y)
            self.out('total', total)
            self.node.base.extras.set('log', self.ctx.log)
"""

SCRIPT = """
    import sys
    sys.path.insert(0, {folder!r})
    from aiida import orm
    from aiida.orm.backend import STORE
    from aiida.storage.sqlite.store import SqliteStore
    from aiida.engine import run_get_node
    from aiida.engine.runners import RUNNER, Runner
    from aiida.engine.runtime.resuming import resume
    from engine_crashing import Parent

    store = SqliteStore({store!r})
    STORE.fill(lambda: store)
    runner = Runner()
    RUNNER.fill(lambda: runner)
    if sys.argv[1] == 'run':
        run_get_node(Parent)
    else:
        process = resume(runner, int(sys.argv[1]))
        runner.run_until_complete(process.future())
    print('done')
"""


@pytest.mark.parametrize('where', ['DIE_IN_LOOP', 'DIE_IN_CHILD'])
def test_killed_in_the_middle_and_finished_by_another_interpreter(tmp_path: Any, where: str) -> None:
    folder = tmp_path / 'store'
    SqliteStore.initialise(folder, user_email='a@b').close()
    (tmp_path / 'engine_crashing.py').write_text(textwrap.dedent(CHAIN))
    script = textwrap.dedent(SCRIPT).format(folder=str(tmp_path), store=str(folder))

    def interpreter(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, '-c', script, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )

    died = interpreter('run', **{where: '1'})
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = SqliteStore(folder)
    try:
        query = "SELECT id, attributes FROM db_dbnode WHERE node_type LIKE 'process.workflow%' ORDER BY id"
        rows = list(found.select(query, ()))
        parent = rows[0][0]
        assert json.loads(rows[0][1])['process_state'] == ('running' if where == 'DIE_IN_LOOP' else 'waiting')
        assert (parent, '') in found.list_checkpoints()
        went_on = interpreter(str(parent))
        assert went_on.stdout.strip() == 'done', went_on.stderr
        rows = list(found.select(query, ()))
        states = [json.loads(row[1]) for row in rows]
        assert len(rows) == 5
        assert all(state['process_state'] == 'finished' and state['exit_status'] == 0 for state in states)
        assert found.list_checkpoints() == []
        (extras,) = next(found.select('SELECT extras FROM db_dbnode WHERE id = ?', (parent,)))
        assert json.loads(extras)['log'] == ['setup', 'count 1', 'count 2', 'count 3', 'launch']
        (total,) = next(
            found.select(
                'SELECT n.attributes FROM db_dblink l JOIN db_dbnode n ON n.id = l.output_id WHERE l.input_id = ? AND '
                "l.type = 'return'",
                (parent,),
            )
        )
        assert json.loads(total)['value'] == 12
    finally:
        found.close()


def test_another_interpreter_does_not_take_what_is_alive(monkeypatch: Any, runner: Runner) -> None:
    process = created(Stuck)
    store = process.node.backend
    row = store.read_run(process.pid)  # type: ignore[arg-type]
    assert row is not None
    assert row.owner == runner.owner
    assert store.claim_one(process.pid, 'thief', 1e12, 2e12) is None  # type: ignore[arg-type]
    with Runner() as other:
        monkeypatch.setattr(Runner, 'owner', 'elsewhere:1:1.0')
        with pytest.raises(InvalidOperation, match='is run by'):
            resume(other, process.pid)  # type: ignore[arg-type]


def test_builders_in_the_context(runner: Runner) -> None:
    process: Any = created()
    process.ctx.builder = Leaf.get_builder()
    process.ctx.builder.x = orm.Int(3).store()
    process.ctx.builder.metadata.label = 'mine'
    process.ctx.metadata = process.ctx.builder.metadata
    AiiDAPersister().save_checkpoint(process)
    again = unbundle(runner, process)
    assert again.ctx.builder.process_class is Leaf
    assert again.ctx.builder.x == 3
    assert again.ctx.metadata.label == 'mine'
    result, node = run_get_node(again.ctx.builder)
    assert result['y'] == 6
    assert node.label == 'mine'

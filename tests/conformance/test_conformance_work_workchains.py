# ruff: noqa: UP008 - `super` is written as in those days
"""Rows N29 to N40: work chains, graphs and functions of `aiida.work`."""

import threading
import time

import conformance_legacy as legacy
import pytest
from aiida.orm.data.base import Int
from conformance_inventory import row

from aiida import orm
from aiida.common.links import LinkType
from aiida.common.warnings import AiidaDeprecationWarning
from aiida.engine import ExitCode, launch
from aiida.engine import WorkChain as ModernWorkChain
from aiida.work import run as work_run
from aiida.work.interstep import Interstep, UpdateContext
from aiida.work.legacy.wait_on import WaitOnJobCalculation, WaitOnProcess, WaitOnWorkflow
from aiida.work.run import RunningInfo, RunningType, run
from aiida.work.test_utils import DummyProcess
from aiida.work.workchain import Outputs, ToContext, WorkChain, append_, assign_, if_, while_
from aiida.work.workflow import Workflow
from aiida.work.workfunction import workfunction

pytestmark = [
    pytest.mark.usefixtures('runner'),
    pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning'),
]


def chain(*outline, **members):
    """Return a work chain of these steps, written as in the days of AiiDA 0.10."""

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(*(getattr(cls, name) for name in outline))

    made = type('Made', (WorkChain,), {'define': classmethod(define), **members})
    return made


def node_of(process_class, **inputs):
    return orm.load_node(run(process_class, _return_pid=True, **inputs)[1])


class Noted(Interstep):
    """Tells when it is called."""

    def __init__(self, name):
        self.name = name

    def on_last_step_finished(self, workchain):
        workchain.ctx.setdefault('told', []).append(f'{self.name} after')

    def on_next_step_starting(self, workchain):
        workchain.ctx.setdefault('told', []).append(f'{self.name} before')


# the context


@row('N29')
def test_to_context_as_a_function():
    one, two = run(legacy.Adder, a=Int(1), _return_pid=True)[1], run(legacy.Adder, a=Int(2), _return_pid=True)[1]
    steps = ToContext(one=RunningInfo(RunningType.PROCESS, one), two=append_(orm.load_node(two)))
    assert isinstance(steps, list)
    assert all(isinstance(step, UpdateContext) for step in steps)
    assert ToContext() == []
    with pytest.raises(ValueError, match='not for 3'):
        ToContext(x=3)

    def first(self):
        return steps

    def second(self):
        assert self.ctx.one.pk == one
        assert [node.pk for node in self.ctx.two] == [two]

    assert node_of(chain('first', 'second', first=first, second=second)).is_finished_ok


@row('N29')
def test_of_each_kind_of_handle_its_barrier():
    kinds = {
        work_run.legacy_calc(7): WaitOnJobCalculation,
        work_run.legacy_workflow(7): WaitOnWorkflow,
        RunningInfo(RunningType.PROCESS, 7): WaitOnProcess,
    }
    for handle, kind in kinds.items():
        (step,) = ToContext(x=handle)
        assert type(step.create_barrier()) is kind
        assert step.create_barrier().pid == 7


@row('N36')
def test_to_context_as_a_method():
    def first(self):
        self.to_context(plain=self.submit(legacy.Adder, a=Int(1)))
        self.to_context(**{'deep.one': assign_(self.submit(legacy.Adder, a=Int(2)))})
        for number in (3, 4):
            self.to_context(many=append_(self.submit(legacy.Adder, a=Int(number))))
        self.to_context(given=Outputs(self.submit(legacy.Adder, a=Int(5))))

    def second(self):
        assert self.ctx.plain.out.sum.value == 2
        assert self.ctx.deep.one.outputs.sum.value == 3
        assert [node.out.sum.value for node in self.ctx.many] == [4, 5]
        assert {label: node.value for label, node in self.ctx.given.items()} == {'sum': 6}

    node = node_of(chain('first', 'second', first=first, second=second))
    assert node.is_finished_ok
    assert len(node.called) == 5


@row('N36')
@pytest.mark.parametrize('last', [False, True])
def test_outputs_of_what_failed(last):
    def first(self):
        return ToContext(x=Outputs(self.submit(legacy.Failing)))

    def second(self):
        raise AssertionError('never')

    steps = {'first': first} if last else {'first': first, 'second': second}
    with pytest.raises(ValueError, match='has not succeeded'):
        run(chain(*steps, **steps))


@row('N36')
def test_append_to_what_is_no_list():
    def first(self):
        self.ctx.x = 'text'
        self.to_context(x=append_(self.submit(legacy.Adder, a=Int(1))))

    with pytest.raises(TypeError, match='not a list'):
        run(chain('first', 'second', first=first, second=lambda self: None))


# work chains


@row('N30')
def test_a_whole_work_chain():
    node = node_of(legacy.Whole, start=Int(1), undeclared=Int(99), _label='a label', _description='what it is')
    assert node.is_finished_ok
    assert isinstance(node, orm.WorkChainNode)
    assert (node.label, node.description) == ('a label', 'what it is')
    assert {label: out.value for label, out in node.get_outputs_dict(link_type=LinkType.RETURN).items()} == {
        'total': 2 + 11 + 2 + 21,
        'last': 3,
    }
    assert node.inputs.undeclared.value == 99
    assert node.outputs.total.creator.caller == node
    assert [child.process_label for child in node.called].count('Adder') == 6


@row('N30')
def test_a_work_chain_is_one_of_today():
    assert issubclass(WorkChain, ModernWorkChain)
    outputs, node = launch.run_get_node(legacy.Adder, a=Int(2))
    assert outputs['sum'].value == 3
    assert node.process_type.endswith('conformance_legacy.Adder')

    class Today(ModernWorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outputs.dynamic = True
            spec.outline(cls.first, cls.second)

        def first(self):
            self.to_context(handle=work_run.submit(legacy.Adder, a=Int(1)))

        def second(self):
            self.out('sum', self.ctx.handle.outputs.sum)

    assert launch.run(Today)['sum'].value == 2


@row('N30')
@pytest.mark.parametrize('result', ['text', True, [1], {'a': 1, 'b': 2}.keys()])
def test_what_a_step_may_not_return(result):
    with pytest.raises(TypeError, match='Interstep'):
        run(chain('first', first=lambda self: result))


@row('N30')
def test_what_a_step_may_return():
    assert node_of(chain('first', first=lambda self: ExitCode(5, 'five'))).exit_status == 5
    assert node_of(chain('first', first=lambda self: 6)).exit_status == 6
    assert node_of(chain('first', first=lambda self: [])).exit_status == 0


@row('N30')
def test_inputs_that_are_declared_are_checked():
    with pytest.raises(ValueError, match=r"'inputs\.a'"):
        run(legacy.Adder, a=orm.Str('no number'))


# aborting


@row('N32')
def test_abort_nowait_in_a_step():
    seen = []

    def first(self):
        seen.append(self.abort_nowait('because'))

    with pytest.raises(Exception, match='because'):
        run(chain('first', 'second', first=first, second=lambda self: seen.append('never')))
    (pk,) = orm.QueryBuilder().append(orm.WorkChainNode, project='id').all(flat=True)
    node = orm.load_node(pk)
    assert seen == [False]
    assert node.is_killed
    assert node.has_aborted()
    assert node.get_attr('_aborted')
    reports = [log.message for log in orm.Log.collection.get_logs_for(node)]
    assert any(text.endswith('Aborting: because') for text in reports)


@row('N31')
def test_abort_before_it_began():
    process = legacy.Adder.new({'a': Int(1)})
    assert process.abort('not wanted', timeout=1) is True
    assert process.node.is_killed
    assert process.abort('again') is True
    finished = legacy.Adder.new({'a': Int(1)})
    assert finished.run_until_complete()['sum'].value == 2
    assert finished.abort('too late') is False


@row('N31')
def test_abort_from_outside_waits(runner):
    process = legacy.Stuck(runner=runner)
    runner.start_task(process)
    assert process.abort('stop', timeout=5) is True
    assert process.node.is_killed
    assert 'Aborting: stop' in process.node.process_status


@row('N31')
def test_abort_from_another_thread(runner):
    said = {}
    process = legacy.Stuck(runner=runner)

    def stop():
        while process.node.process_state.value != 'waiting':
            time.sleep(0.01)
        said['at once'] = process.abort_nowait('now')
        said['later'] = process.abort('now', timeout=10)

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Exception, match='now'):
        runner.run(process)
    thread.join(10)
    assert said == {'at once': False, 'later': True}


@row('N31')
def test_abort_gives_up_after_its_timeout(runner):
    started, go_on, said = threading.Event(), threading.Event(), {}

    def first(self):
        started.set()
        go_on.wait(10)

    process = chain('first', 'second', first=first, second=lambda self: None)(runner=runner)

    def stop():
        started.wait(10)
        said['while the step is run'] = process.abort('now', timeout=0.1)
        go_on.set()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Exception, match='now'):
        runner.run(process)
    thread.join(10)
    assert said == {'while the step is run': False}
    assert process.node.is_killed


@row('N31')
def test_abort_takes_along_what_was_called(runner):
    def first(self):
        return ToContext(child=self.submit(legacy.Stuck))

    process = chain('first', first=first)(runner=runner)
    runner.start_task(process)
    while not process.node.called:
        runner.loop.run_until_complete(_turn())
    assert process.abort('all', timeout=5) is True
    assert [child.is_killed for child in process.node.called] == [True]


async def _turn():
    import asyncio

    await asyncio.sleep(0.01)


@row('N31', 'N32')
def test_the_node_of_a_child_is_killed(runner):
    """`kill` of a node asks for it, and does not wait."""

    def first(self):
        child = self.submit(legacy.Stuck)
        orm.load_node(child.pid).kill()
        return ToContext(child=child)

    def second(self):
        assert self.ctx.child.has_aborted()

    node = node_of(chain('first', 'second', first=first, second=second))
    assert node.is_finished_ok, node.exception
    node.kill()  # it has ended
    assert node.is_finished_ok

    process = legacy.Adder.new({'a': Int(1)})
    process.calc.kill()
    with pytest.raises(Exception, match='Killed through its node'):
        process.run_until_complete()
    assert process.calc.has_aborted()


# hooks, and names of steps

_ALL_HOOKS = [
    ('on_create', {'a': 1}, False, True),
    'on_start',
    'on_run',
    'first',
    ('on_wait', True),
    'on_resume',
    'on_run',
    'second',
    'on_finish',
    ('on_stop', False),
    ('on_destroy', True),
]


def _plain(told):
    return [
        (item[0], {name: node.value for name, node in item[1].items()}, *item[2:]) if item[0] == 'on_create' else item
        for item in told
    ]


@row('N07', 'N30')
def test_hooks_of_a_work_chain():
    legacy.Hooked.told.clear()
    node = node_of(legacy.Hooked, a=Int(1))
    assert node.is_finished_ok
    assert _plain(legacy.Hooked.told) == _ALL_HOOKS
    legacy.Hooked.told.clear()
    assert node_of(legacy.HookedTwice, a=Int(1)).is_finished_ok
    assert _plain(legacy.Hooked.told) == [
        *(_ALL_HOOKS[0], 'on_create again', *_ALL_HOOKS[1:5], 'on_wait again', *_ALL_HOOKS[5:])
    ]


@row('N07', 'N30')
def test_hooks_of_a_work_chain_that_is_restored(runner):
    from aiida.engine.runners import Runner
    from aiida.engine.runtime.resuming import resume

    process = legacy.Hooked(inputs={'a': Int(1)}, runner=runner)
    task = runner.start_task(process)
    while process.state.value != 'waiting':
        runner.loop.run_until_complete(_turn_once())
    task.cancel()
    for other in list(runner._tasks.values()):
        other.cancel()
    runner.loop.run_until_complete(_turn())
    legacy.Hooked.told.clear()
    with Runner() as another:
        again = resume(another, process.pid)
        another.run_until_complete(again.future())
    assert _plain(legacy.Hooked.told) == [('on_create', {'a': 1}, True, True), *_ALL_HOOKS[5:]]


@row('N07')
def test_a_hook_that_raises():
    def on_stop(self):
        raise ValueError('a hook of the end raises')

    def on_start(self):
        raise ValueError('a hook of the beginning raises')

    late = chain('first', first=lambda self: None, on_stop=on_stop)
    assert node_of(late).is_finished_ok
    with pytest.raises(ValueError, match='of the beginning'):
        run(chain('first', first=lambda self: None, on_start=on_start))
    (excepted,) = (
        orm.QueryBuilder()
        .append(orm.WorkChainNode, filters={'id': {'>': 0}}, project='*')
        .order_by({orm.WorkChainNode: {'id': 'desc'}})
        .limit(1)
        .all(flat=True)
    )
    assert excepted.is_excepted


@row('N30')
def test_steps_that_are_called_as_methods_of_the_engine():
    node = node_of(legacy.PressureConvergence)
    assert node.is_finished_ok, node.exception
    assert node.outputs.count.value == 7
    (report,) = orm.Log.collection.get_logs_for(node)
    assert report.message.endswith('init run resume run resume start close')
    extended = node_of(legacy.Extended)
    (report,) = orm.Log.collection.get_logs_for(extended)
    assert report.message.endswith(': init more run resume start close')
    with pytest.raises(RuntimeError, match='protected'):  # work chains of today are what they were

        class Today(ModernWorkChain):
            def run(self):
                pass


# barriers and intersteps


@row('N33')
def test_insert_barrier():
    def first(self):
        self.ctx.pids = []
        for number, kind in enumerate((WaitOnProcess, WaitOnWorkflow, orm.load_node, lambda pid: self.handle)):
            self.handle = self.submit(legacy.Adder, a=Int(number))
            self.ctx.pids.append(self.handle.pid)
            self.insert_barrier(kind(self.handle.pid))

    def second(self):
        assert [orm.load_node(pid).is_finished_ok for pid in self.ctx.pids] == [True] * 4
        with pytest.raises(ValueError, match='not for 3'):
            self.insert_barrier(3)

    assert node_of(chain('first', 'second', first=first, second=second)).is_finished_ok


@row('N33', 'N17')
@pytest.mark.parametrize('make', [lambda: Int(1).store().pk, lambda: 10**9])
def test_what_never_ends_is_not_waited_for(make):
    def first(self):
        return ToContext(x=work_run.legacy_calc(make()))

    with pytest.raises(ValueError, match='waits for a process'):
        run(chain('first', first=first))

    def inserting(self):
        self.insert_barrier(WaitOnProcess(make()))

    with pytest.raises(ValueError, match='waits for a process'):
        run(chain('first', first=inserting))


@row('N35')
def test_remove_barrier():
    """The old code took the barrier for the index of a list, and never removed one."""

    def first(self):
        kept, removed = WaitOnProcess(self.pid), WaitOnProcess(self.pid)
        self.insert_barrier(kept)
        self.insert_barrier(removed)
        self.remove_barrier(removed)
        assert [awaitable.pk for awaitable in self._awaitables] == [self.pid]
        with pytest.raises(ValueError, match='not inserted'):
            self.remove_barrier(removed)
        with pytest.raises(ValueError, match='not inserted'):
            self.remove_barrier(WaitOnProcess(self.pid))
        self.remove_barrier(kept)

    def second(self):
        self.ctx.reached = True

    assert node_of(chain('first', 'second', first=first, second=second)).is_finished_ok


@row('N34')
def test_insert_intersteps():
    def first(self):
        self.insert_intersteps(Noted('one'))
        self.insert_intersteps([Noted('two'), Noted('three')])
        assert 'told' not in self.ctx
        with pytest.raises(TypeError, match='Interstep'):
            self.insert_intersteps(['text'])
        return Noted('four')

    def second(self):
        names = ('one', 'two', 'three', 'four')
        assert self.ctx.told == [f'{name} after' for name in names] + [f'{name} before' for name in names]
        assert self._intersteps == []

    assert node_of(chain('first', 'second', first=first, second=second)).is_finished_ok


class Inserting(Interstep):
    """Lets the work chain wait, and do more, before a step is taken."""

    def __init__(self, pid):
        self.pid = pid

    def on_next_step_starting(self, workchain):
        workchain.insert_barrier(WaitOnProcess(self.pid))
        workchain.insert_intersteps(Noted('inserted'))


@row('N34', 'N33')
def test_what_an_interstep_inserts_is_done_after_the_step():
    def first(self):
        self.ctx.pid = self.submit(legacy.Whole, start=Int(1)).pid  # takes many more steps
        self.insert_intersteps(Inserting(self.ctx.pid))

    def second(self):
        pass

    def third(self):
        assert orm.load_node(self.ctx.pid).is_terminated
        assert self.ctx.told == ['inserted after', 'inserted before']

    node = node_of(chain('first', 'second', 'third', first=first, second=second, third=third))
    assert node.is_finished_ok, node.exception


@row('N31')
def test_abort_without_a_message():
    with pytest.raises(Exception, match=r'Aborting$'):
        run(chain('first', first=lambda self: self.abort_nowait()))


@row('N34', 'N33')
def test_what_is_between_steps_survives_an_interpreter(runner):
    """A checkpoint holds the handles, what is waited for, and what is done with it."""
    from aiida.engine.runners import Runner

    process = legacy.Whole(inputs={'start': Int(1)}, runner=runner)
    task = runner.start_task(process)
    while process.state.value != 'waiting':
        runner.loop.run_until_complete(_turn_once())
    pk = process.pid
    task.cancel()
    for other in list(runner._tasks.values()):
        other.cancel()
    runner.loop.run_until_complete(_turn())
    with Runner() as another:
        from aiida.engine.runtime.resuming import resume

        again = resume(another, pk)
        assert again is not process
        assert [type(step).__name__ for step in again._intersteps] == ['Append', 'Assign', 'Assign']
        another.run_until_complete(again.future())
    assert orm.load_node(pk).outputs.total.value == 36


async def _turn_once():
    import asyncio

    await asyncio.sleep(0)


@row('N30', 'N40')
def test_a_step_that_is_repeated_creates_nothing_twice(runner):
    from aiida.common.exceptions import StorageUnavailable
    from aiida.engine.runners import Runner
    from aiida.engine.runtime.resuming import resume

    process = legacy.Interrupted(inputs={'a': Int(1)}, runner=runner)
    legacy.Interrupted.error = StorageUnavailable('for a moment')
    with pytest.raises(StorageUnavailable):
        runner.run(process)
    legacy.Interrupted.error = None
    with Runner() as another:
        again = resume(another, process.pid)
        another.run_until_complete(again.future())
    node = orm.load_node(process.pid)
    assert node.is_finished_ok
    assert {label: out.value for label, out in node.get_outputs_dict(link_type=LinkType.RETURN).items()} == {
        'one': 1,
        'two': 2,
        'sum': 3,
    }
    assert [child.process_label for child in node.called] == ['make_data', 'make_data', 'add']
    assert orm.QueryBuilder().append(orm.Int).count() == 4


# outlines


@row('N37')
def test_if():
    import aiida.engine

    assert if_ is aiida.engine.if_
    taken = []

    class Chosen(WorkChain):
        @classmethod
        def define(cls, spec):
            super(Chosen, cls).define(spec)
            spec.outline(
                if_(cls.is_one)(cls.one).elif_(cls.is_two)(cls.two).else_(if_(cls.is_three)(cls.three)),
            )

        def is_one(self):
            return self.inputs.x.value == 1

        def is_two(self):
            return self.inputs.x.value == 2

        def is_three(self):
            return self.inputs.x.value == 3

        def one(self):
            taken.append('one')

        def two(self):
            taken.append('two')

        def three(self):
            taken.append('three')

    for number in (1, 2, 3, 4):
        run(Chosen, x=Int(number))
    assert taken == ['one', 'two', 'three']


@row('N38')
def test_while():
    import aiida.engine

    assert while_ is aiida.engine.while_
    turns = []

    class Loop(WorkChain):
        @classmethod
        def define(cls, spec):
            super(Loop, cls).define(spec)
            spec.outline(while_(cls.goes_on)(cls.turn))

        def goes_on(self):
            return len(turns) < 3

        def turn(self):
            turns.append(len(turns))

    run(Loop)
    assert turns == [0, 1, 2]


# graphs


@row('N39')
def test_a_graph():
    node = node_of(legacy.Diamond, a=Int(1))
    assert node.is_finished_ok, node.exit_message
    assert node.outputs.total.value == 6
    assert [child.process_label for child in node.called if child.process_label != 'make_data'] == [
        *('Adder', 'Adder', 'Adder', 'Both')
    ]
    assert issubclass(Workflow, WorkChain)


@row('N39')
def test_a_graph_of_which_one_fails():
    node = node_of(legacy.Broken)
    assert node.exit_status == 400
    assert node.exit_message.startswith(f'`Failing<{node.called[0].pk}>` failed')
    assert len(node.called) == 1


@row('N39')
@pytest.mark.parametrize(
    ('links', 'error'),
    [
        ([('first:sum', 'second:a'), ('second:sum', 'first:a')], 'circle'),
        ([('first:sum', 'first:a')], 'circle'),
        ([('first:sum', 'third:a')], 'no process `third`'),
        ([('first', 'second:a')], 'no port: the form'),
        ([(':x', ':y')], 'both ports of the workflow'),
        ([('first:sum', 'second:a'), (':x', 'second:a')], 'has a source already'),
    ],
)
def test_graphs_that_cannot_be(links, error):
    class Graph(Workflow):
        @classmethod
        def define(cls, spec):
            super(Graph, cls).define(spec)
            spec.process(legacy.Adder, 'first')
            spec.process(legacy.Adder, 'second')
            for source, sink in links:
                spec.link(source, sink)

    with pytest.raises(ValueError, match=error):
        Graph.spec()


# functions


@row('N40')
def test_the_example_of_the_page():
    wf = workfunction

    @wf
    def sum(a, b):
        return a + b

    r = sum(Int(4), Int(5))
    assert r.value == 9
    (inputs,) = [r.get_inputs_dict()]
    assert list(inputs) == ['_return']
    assert isinstance(inputs['_return'], orm.WorkFunctionNode)
    assert [node.value for node in inputs['_return'].get_inputs()] == [4, 5]
    assert r.creator.caller == inputs['_return']
    assert set(r.creator.inputs) == {'a', 'b'}


@row('N40')
def test_what_a_work_function_returns():
    @workfunction
    def several(a):
        return {'same': a, 'more': Int(a.value + 1)}

    given = Int(1)
    result, pk = several(given, _return_pid=True)
    node = orm.load_node(pk)
    assert result['same'] is given
    assert {label: out.value for label, out in node.get_outputs_dict(link_type=LinkType.RETURN).items()} == {
        'same': 1,
        'more': 2,
    }
    assert several._is_workfunction
    assert node.label == 'several'

    @workfunction
    def wrong():
        return 5

    with pytest.raises(TypeError, match='must return'):
        wrong()


@row('N40')
def test_a_work_function_that_calls_others(runner):
    @workfunction
    def outer(a):
        return run(legacy.Adder, a=legacy.add(a, a))['sum']

    result, pk = outer(Int(2), _return_pid=True)
    assert result.value == 5
    assert {child.process_label for child in orm.load_node(pk).called} == {'add', 'Adder'}


@row('N40')
def test_a_work_function_beside(runner):
    future = legacy.add(Int(1), Int(2), __async=True)
    assert future.result(timeout=10).value == 3


@row('N18', 'N39')
def test_the_example_of_an_old_workflow():
    node = node_of(legacy.MyWf)
    assert node.is_finished_ok, node.exit_message
    assert node.outputs.volume.value == 2
    assert [child.process_label for child in node.called] == ['OldEquationOfState']


@row('N30')
def test_a_dummy_in_a_work_chain():
    def first(self):
        return ToContext(x=self.submit(DummyProcess))

    def second(self):
        assert self.ctx.x.has_finished_ok()

    assert node_of(chain('first', 'second', first=first, second=second)).is_finished_ok


def test_one_warning_for_a_module():
    import sys

    found = {}
    for name in ('persistence', 'run', 'workchain'):
        known = sys.modules.pop(f'aiida.work.{name}', None)
        try:
            with pytest.warns(AiidaDeprecationWarning) as caught:
                exec(compile(f'import aiida.work.{name}', 'script.py', 'exec'), {'__name__': '__main__'})
        finally:
            if known is not None:
                sys.modules[f'aiida.work.{name}'] = known
        found[name] = [str(item.message) for item in caught]
        assert all(item.filename == 'script.py' for item in caught)
    assert [len(messages) for messages in found.values()] == [1, 1, 1]
    assert all('`aiida.engine`' in messages[0] for messages in found.values())

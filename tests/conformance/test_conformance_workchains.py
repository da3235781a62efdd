"""Rows F: work chains."""

import asyncio
from enum import Enum

import pytest
from conformance_inventory import row
from conformance_processes import Adder, Counter, Stuck, Tree, add
from plumpy.utils import AttributesDict

from aiida import orm
from aiida.common.exceptions import InvalidOperation
from aiida.common.extendeddicts import AttributeDict
from aiida.engine import (
    AiiDAPersister,
    Awaitable,
    AwaitableAction,
    AwaitableTarget,
    CalcJob,
    ExitCode,
    ToContext,
    WorkChain,
    append_,
    assign_,
    construct_awaitable,
    if_,
    return_,
    run,
    run_get_node,
    while_,
)
from aiida.engine.processes.workchains.outline import restore_stepper, save_stepper

pytestmark = pytest.mark.usefixtures('runner')


def chain(*outline, **members):
    """Return a work chain with these methods, and an outline made of their names or by a function of the class."""

    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outputs.dynamic = True
        spec.inputs.dynamic = True
        spec.outline(*(getattr(cls, step) if isinstance(step, str) else step(cls) for step in outline))

    made = type('Made', (WorkChain,), {'define': classmethod(define), **members})
    return made


@row('F01')
def test_work_chain():
    assert WorkChain._node_class is orm.WorkChainNode
    assert (WorkChain._STEPPER_STATE, WorkChain._CONTEXT) == ('stepper_state', 'CONTEXT')
    with pytest.raises(InvalidOperation):
        run(WorkChain)
    process = Adder(inputs={'x': 1, 'y': 2})
    assert isinstance(process.node, orm.WorkChainNode)
    assert isinstance(process.ctx, AttributeDict)
    assert hasattr(process.spec(), 'outline')
    state = {}
    process.save_instance_state(state, None)
    assert process._CONTEXT in state
    process.kill()


@row('F01')
def test_nodes_in_the_context_are_stored():
    def first(self):
        self.ctx.deep = {'nodes': [orm.Int(1)]}

    def second(self):
        assert self.ctx.deep['nodes'][0].is_stored

    assert run_get_node(chain('first', 'second', first=first, second=second)).node.is_finished_ok


@row('F02', 'F04', 'F11', 'P19')
def test_to_context():
    assert issubclass(ToContext, dict)

    def launch(self):
        self.to_context(early=self.submit(Adder, x=1, y=1))
        return ToContext(one=self.submit(Adder, x=1, y=2), two=assign_(self.submit(Adder, x=2, y=2)))

    def collect(self):
        assert [self.ctx[key].outputs.sum.value for key in ('early', 'one', 'two')] == [2, 3, 4]
        assert self.ctx.one.is_terminated

    node = run_get_node(chain('launch', 'collect', launch=launch, collect=collect)).node
    assert node.is_finished_ok
    assert len(node.called) == 3
    assert node.process_status is None


@row('F03', 'P19')
def test_append():
    def launch(self):
        for number in range(3):
            self.to_context(many=append_(self.submit(Adder, x=number, y=0)))

    def collect(self):
        assert [node.outputs.sum.value for node in self.ctx.many] == [0, 1, 2]

    assert run_get_node(chain('launch', 'collect', launch=launch, collect=collect)).node.is_finished_ok


@row('F05', 'F08', 'F13', 'P33')
def test_awaitables():
    node = run_get_node(Adder, x=1, y=2).node
    awaitable = construct_awaitable(node)
    assert isinstance(awaitable, Awaitable)
    assert issubclass(Awaitable, AttributesDict)
    assert (awaitable.pk, awaitable.action, awaitable.target) == (
        node.pk,
        AwaitableAction.ASSIGN,
        AwaitableTarget.PROCESS,
    )
    assert (awaitable.outputs, awaitable.resolved) == (False, False)
    assert construct_awaitable(awaitable) is awaitable
    assert assign_(node).action is AwaitableAction.ASSIGN
    assert append_(node).action is AwaitableAction.APPEND
    assert append_(assign_(node)).action is AwaitableAction.APPEND
    for wrong in (5, None, orm.Int(1), 'text', Adder):
        with pytest.raises(ValueError):
            construct_awaitable(wrong)


@row('F06', 'F07')
def test_enumerations():
    assert issubclass(AwaitableAction, Enum)
    assert {member.name: member.value for member in AwaitableAction} == {'ASSIGN': 'assign', 'APPEND': 'append'}
    assert {member.name: member.value for member in AwaitableTarget} == {'PROCESS': 'process'}


class Walk(WorkChain):
    """Walks through all instructions."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('mode', valid_type=orm.Str)
        spec.outline(
            if_(cls.is_a)(cls.step_a).elif_(cls.is_b)(cls.step_b).else_(cls.step_c),
            while_(cls.goes_on)(cls.step_loop, if_(cls.is_r)(return_)),
            if_(cls.is_a)(return_(ExitCode(17, 'seventeen'))),
            if_(cls.is_b)(return_(18)),
            cls.step_end,
        )

    def is_a(self):
        return self.inputs.mode.value == 'a'

    def is_b(self):
        return self.inputs.mode.value == 'b'

    def is_r(self):
        return self.inputs.mode.value == 'r'

    def goes_on(self):
        return self.ctx.get('trail', '').count('l') < 2

    def add(self, letter):
        self.ctx.trail = self.ctx.get('trail', '') + letter
        self.node.base.extras.set('trail', self.ctx.trail)

    def step_a(self):
        self.add('a')

    def step_b(self):
        self.add('b')

    def step_c(self):
        self.add('c')

    def step_loop(self):
        self.add('l')

    def step_end(self):
        self.add('e')


@row('F09')
@pytest.mark.parametrize(
    ('mode', 'trail', 'status', 'message'),
    [('a', 'all', 17, 'seventeen'), ('b', 'bll', 18, None), ('c', 'clle', 0, None), ('r', 'cl', 0, None)],
)
def test_instructions(mode, trail, status, message):
    node = run_get_node(Walk, mode=mode).node
    assert (node.base.extras.get('trail'), node.exit_status, node.exit_message) == (trail, status, message)


@row('F10')
def test_place_in_the_outline():
    def first(self):
        seen.append(self.node.stepper_state_info)

    def second(self):
        seen.append(self.node.stepper_state_info)

    seen = []
    node = run_get_node(chain('first', 'second', first=first, second=second)).node
    assert seen[1] == '1:second'
    assert orm.load_node(node.pk).stepper_state_info == '1:second'
    with pytest.raises((TypeError, ValueError)):
        chain(lambda cls: 5).spec()
    with pytest.raises((TypeError, ValueError)):
        chain('only', only=lambda self, other: None).spec()


@row('F10')
def test_place_in_the_outline_in_the_first_step(runner):
    def first(self):
        seen.append(self.node.stepper_state_info)
        return ToContext(one=self.submit(Stuck))

    async def wait():
        runner.start_task(process)
        while process.node.process_state.value != 'waiting':
            await asyncio.sleep(0.005)

    seen = []
    process = chain('first', first=first)()
    runner.loop.run_until_complete(asyncio.wait_for(wait(), 10))
    assert seen == ['0:first']
    assert orm.load_node(process.pid).stepper_state_info == '0:first'
    process.kill()


@row('F11')
@pytest.mark.parametrize(
    ('result', 'status', 'steps'),
    [
        (5, 5, 1),
        (ExitCode(6, 'six'), 6, 1),
        (0, 0, 2),
        (ExitCode(0), 0, 2),
        (None, 0, 2),
        ('text', 0, 2),
        ([1], 0, 2),
        (-3, 0, 2),
    ],
)
def test_what_a_step_returns(result, status, steps):
    def first(self):
        taken.append(1)
        return result

    def second(self):
        taken.append(2)

    taken = []
    assert run_get_node(chain('first', 'second', first=first, second=second)).node.exit_status == status
    assert len(taken) == steps


@row('F12')
def test_nested_keys():
    def launch(self):
        self.to_context(**{'a.b': self.submit(Adder, x=1, y=1)})
        self.to_context(**{'a.many.x': append_(self.submit(Adder, x=1, y=2))})

    def collect(self):
        assert self.ctx.a.b.outputs.sum.value == 2
        assert self.ctx.a.many.x[0].outputs.sum.value == 3

    def in_the_way(self):
        self.ctx.a = 5
        self.to_context(**{'a.b': self.submit(Adder, x=1, y=1)})

    assert run_get_node(chain('launch', 'collect', launch=launch, collect=collect)).node.is_finished_ok
    with pytest.raises(ValueError, match='a'):
        run(chain('in_the_way', in_the_way=in_the_way))


@row('F14')
def test_children_are_killed(runner):
    process = Tree()

    async def kill():
        task = runner.start_task(process)
        while not any(node.process_label == 'Stuck' for node in process.node.called_descendants):
            await asyncio.sleep(0.005)
        process.kill()
        await task

    runner.loop.run_until_complete(asyncio.wait_for(kill(), 10))
    assert [node.is_killed for node in process.node.called_descendants] == [True, True]
    assert AiiDAPersister().get_checkpoints() == []


@row('F15')
@pytest.mark.parametrize('name', ['run', 'on_run', 'on_wait', 'on_exiting', 'to_context'])
def test_protected_methods(name):
    with pytest.raises(RuntimeError, match=name):
        type('Wrong', (WorkChain,), {name: lambda self: None})
    with pytest.raises(RuntimeError, match=name):
        type('Wrong', (Adder,), {name: lambda self: None})


@row('F15')
@pytest.mark.parametrize('name', ['kill', 'pause', 'play', 'out', 'submit', 'report', 'step', 'ctx', 'inputs'])
def test_steps_that_are_named_as_methods_of_the_engine(name):
    with pytest.raises((RuntimeError, ValueError), match=name):
        chain(name, **{name: lambda self: None}).spec()


@row('F15')
@pytest.mark.parametrize('name', ['inputs', 'outputs', 'node', 'ctx', 'runner', 'uuid', 'pid'])
@pytest.mark.parametrize('value', [5, lambda self: None])
def test_names_the_engine_keeps_for_itself(name, value):
    with pytest.raises(RuntimeError, match=rf'`{name}`.*`Wrong`'):
        type('Wrong', (Adder,), {name: value})
    if name != 'ctx':
        with pytest.raises(RuntimeError, match=rf'`{name}`.*`Wrong`'):
            type('Wrong', (CalcJob,), {name: value})


@row('F15')
def test_members_that_may_be_overridden():
    def get_builder(cls):
        return super(made, cls).get_builder()

    def kill(self, *args, **kwargs):
        return super(made, self).kill(*args, **kwargs)

    names = ('setup', 'launch', 'execute', 'result', 'results', 'inspect_process', 'run_process', 'get_outputs')
    steps = {name: eval(f'lambda self: self.report("{name}")') for name in names}
    made = chain(
        *names,
        **steps,
        get_builder=classmethod(get_builder),
        kill=kill,
        node=property(lambda self: super(made, self).node),
    )
    assert made.get_builder().process_class is made
    node = run_get_node(made).node
    assert node.is_finished_ok
    assert [log.message.rpartition(' ')[2] for log in orm.Log.collection.get_logs_for(node)] == list(names)
    type('Job', (CalcJob,), {'run': lambda self: None, 'out': lambda self, *_: None, 'options': 5})


@row('F10')
def test_the_context_goes_through_checkpoints():
    def first(self):
        self.ctx.kept = {'number': 1.5, 'node': orm.Int(3).store(), 'pair': (1, 2), 'set': {1, 2}}

    def second(self):
        assert self.ctx.kept['pair'] == (1, 2)

    assert run_get_node(chain('first', 'second', first=first, second=second)).node.is_finished_ok


@row('F01')
def test_stuck_is_stuck(runner):
    process = Stuck()
    runner.start_task(process)
    runner.loop.run_until_complete(asyncio.sleep(0.05))
    assert process.node.process_state.value == 'waiting'
    assert process.node.process_status == f'Waiting for child processes: {process.pid}'
    process.kill()


@row('F09')
@pytest.mark.parametrize(
    ('make', 'taken'),
    [
        (lambda: True, True),
        (lambda: False, False),
        (lambda: orm.Bool(True), True),
        (lambda: orm.Bool(False), False),
        (lambda: None, False),
    ],
)
def test_what_a_condition_returns(make, taken):
    def step(self):
        seen.append(True)

    seen = []
    process_class = chain(lambda cls: if_(cls.condition)(cls.only), condition=lambda self: make(), only=step)
    assert run_get_node(process_class).node.is_finished_ok
    assert seen == [True] * taken


@row('F11', 'F10')
def test_what_the_last_step_waits_for():
    node = run_get_node(chain('launch', launch=lambda self: ToContext(one=self.submit(Adder, x=1, y=2)))).node
    assert node.is_finished_ok
    assert node.called[0].is_finished_ok


@row('F01')
def test_an_exception_in_a_step():
    def first(self):
        raise KeyError('missing')

    process = chain('first', first=first)()
    with pytest.raises(KeyError, match='missing'):
        run(process)
    assert process.node.exception == "KeyError: 'missing'"
    assert process.node.exit_status is None


@row('F02', 'F05')
def test_a_child_that_fails_does_not_end_its_parent():
    class Fails(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.first)

        def first(self):
            raise ValueError('on purpose')

    def launch(self):
        return ToContext(one=self.submit(Fails))

    def look(self):
        assert self.ctx.one.is_excepted
        return 7

    assert run_get_node(chain('launch', 'look', launch=launch, look=look)).node.exit_status == 7


# outlines that could not work


async def coroutine(self):
    pass


def generator(self):
    yield


@row('F10')
@pytest.mark.parametrize(
    ('outline', 'message'),
    [
        (lambda cls: coroutine, 'step `coroutine` .* coroutine function'),
        (lambda cls: generator, 'step `generator` .* generator function'),
        (lambda cls: if_(coroutine)(cls.a), 'condition `coroutine`'),
        (lambda cls: while_(cls.a)(if_(cls.a)(cls.a).else_(coroutine)), 'coroutine'),
        (lambda cls: if_(True)(cls.a), '`if_` takes a method .* True'),
        (lambda cls: while_('a')(cls.a), "`while_` takes a method .* 'a'"),
        (lambda cls: if_(cls.a), '`if_.* has no steps'),
        (lambda cls: while_(cls.a), '`while_.* has no steps'),
        (lambda cls: while_(cls.a)(), '`while_.* has no steps'),
        (lambda cls: if_(cls.a)(cls.a).elif_(cls.a), '`elif_.* has no steps'),
        (lambda cls: return_('text'), "`return_` takes .* 'text'"),
        (lambda cls: return_(-4), '`return_` takes .* -4'),
        (lambda cls: if_(cls.a)(return_(ExitCode(-4))), '`return_` takes'),
        (lambda cls: [cls.a], 'list'),
        (lambda cls: 'a', 'str'),
        (lambda cls: None, 'NoneType'),
    ],
)
def test_outlines_that_are_refused_when_the_spec_is_built(outline, message):
    made = chain(outline, a=lambda self: True)
    with pytest.raises((TypeError, ValueError), match=message):
        made.spec()


@row('F10')
def test_without_an_outline():
    class Without(WorkChain):
        """A base for others."""

    assert 'metadata' in Without.spec().inputs
    process = Without()
    with pytest.raises(ValueError, match='Without has no outline'):
        run(process)
    assert process.node.is_excepted
    with pytest.raises(ValueError, match='has no steps'):
        chain().spec()


@row('F15')
@pytest.mark.parametrize('name', ['define', 'spec'])
def test_methods_that_have_to_be_class_methods(name):
    with pytest.raises(RuntimeError, match=rf'`{name}` of `Wrong`.*classmethod'):
        type('Wrong', (Adder,), {name: lambda self, *_: None})


@row('F09')
@pytest.mark.parametrize(
    ('code', 'status', 'message'),
    [
        (None, 0, None),
        (0, 0, None),
        (7, 7, None),
        (ExitCode(9, 'nine'), 9, 'nine'),
    ],
)
def test_what_return_returns(code, status, message):
    def never(self):
        raise AssertionError

    made = chain(lambda cls: while_(cls.yes)(if_(cls.yes)(return_(code))), 'never', never=never, yes=lambda self: True)
    node = run_get_node(made).node
    assert (node.exit_status, node.exit_message) == (status, message)


@row('F09')
def test_a_condition_that_raises():
    def condition(self):
        raise KeyError('on purpose')

    for instruction in (if_, while_):
        process = chain(lambda cls, made=instruction: made(cls.condition)(cls.a), condition=condition, a=launches)()
        with pytest.raises(KeyError, match='on purpose'):
            run(process)
        assert process.node.is_excepted


@row('F09', 'F10')
def test_a_condition_that_launches():
    """What a condition asks to wait for is waited for with the step that follows it."""

    def condition(self):
        self.to_context(one=self.submit(Adder, x=1, y=2))
        return True

    def first(self):
        assert isinstance(self.ctx.one, Awaitable)

    def second(self):
        assert self.ctx.one.outputs.sum.value == 3

    made = chain(lambda cls: if_(cls.condition)(cls.first), 'second', condition=condition, first=first, second=second)
    assert run_get_node(made).node.is_finished_ok


def leaf(self):
    self.node.base.extras.set('places', [*self.node.base.extras.get('places', []), self.node.stepper_state_info])


def waits(self):
    leaf(self)
    return ToContext(one=self.submit(Adder, x=1, y=2))


def twice(self):
    self.ctx.turn = self.ctx.get('turn', 0) + 1
    return self.ctx.turn < 3


@row('F10')
@pytest.mark.parametrize(
    ('outline', 'places', 'last'),
    [
        (lambda cls: [cls.leaf, cls.waits], ['0:leaf', '1:waits'], '1:waits'),
        (lambda cls: [if_(cls.yes)(cls.waits)], ['0:if_(yes)'], '0:if_(yes)'),
        (lambda cls: [cls.leaf, if_(cls.no)(cls.leaf).else_(cls.leaf, cls.waits)], None, '1:else_(<lambda>)(1:waits)'),
        (
            lambda cls: [while_(cls.twice)(cls.leaf, cls.waits), cls.leaf],
            ['0:while_(twice)', '0:while_(twice)(1:waits)'] * 2 + ['1:leaf'],
            '1:leaf',
        ),
        (lambda cls: [cls.leaf, if_(cls.yes)(cls.leaf, return_(3))], ['0:leaf', '1:if_(yes)'], None),
        (lambda cls: [return_], None, '0:return_'),
    ],
)
def test_places_in_an_outline(outline, places, last):
    def define(cls, spec):
        super(made, cls).define(spec)
        spec.outline(*outline(cls))

    members = {'leaf': leaf, 'waits': waits, 'twice': twice, 'yes': lambda self: True, 'no': lambda self: False}
    members['yes'].__name__ = 'yes'
    made = type('Made', (WorkChain,), {'define': classmethod(define), **members})
    node = orm.load_node(run_get_node(made).node.pk)
    if places is not None:
        assert node.base.extras.get('places') == places
    if last is not None:
        assert node.stepper_state_info == last


@row('F10', 'C08')
def test_restoring_the_place_in_an_outline(runner):
    """Steps are found by their place, also where their names say nothing; a changed outline is noticed."""
    process = Walk(inputs={'mode': 'b'})

    async def some_steps():
        for _ in range(4):
            await process.step()

    runner.loop.run_until_complete(some_steps())
    saved = save_stepper(process._stepper)
    assert str(restore_stepper(Walk.spec().get_outline(), saved, process)) == str(process._stepper)
    made = chain('first', lambda cls: lambda self: None, first=lambda self: None)
    other = made()
    stepper = made.spec().get_outline().create_stepper(other)
    stepper.step()
    assert restore_stepper(made.spec().get_outline(), save_stepper(stepper), other)._pos == 1
    for wrong in ({'_pos': 7}, {'_pos': 0, 'stepper_state': {'_fn': 'gone'}}):
        with pytest.raises(ValueError, match='was changed'):
            restore_stepper(made.spec().get_outline(), wrong, other)
    process.kill()
    other.kill()


# what is waited for


@row('F02', 'F05')
def test_waiting_for_what_has_ended_and_comes_from_elsewhere():
    done, function = run_get_node(Adder, x=1, y=2).node, add.run_get_node(1, 2)[1]

    def launch(self):
        self.to_context(many=append_(done))
        self.to_context(many=append_(function))
        self.to_context(many=append_(done))
        return ToContext(a=done, b=function, c=done)

    def look(self):
        assert [node.pk for node in self.ctx.many] == [done.pk, function.pk, done.pk]
        assert (self.ctx.a.pk, self.ctx.b.pk, self.ctx.c.pk) == (done.pk, function.pk, done.pk)

    node = run_get_node(chain('launch', 'look', launch=launch, look=look)).node
    assert node.is_finished_ok
    assert not node.called


@row('F02', 'F11')
def test_one_key_several_times():
    """The last that was registered stays, whichever ends last."""

    def launch(self):
        self.to_context(one=self.submit(Counter, x=5))
        self.to_context(one=self.submit(Adder, x=1, y=2))

    def look(self):
        assert self.ctx.one.process_label == 'Adder'

    node = run_get_node(chain('launch', 'look', launch=launch, look=look)).node
    assert node.is_finished_ok
    assert all(called.is_finished_ok for called in node.called)


def launches(self):
    return self.submit(Adder, x=1, y=2)


@row('F03', 'F04', 'F12')
@pytest.mark.parametrize(
    'step',
    [
        lambda self: (self.to_context(a=launches(self)), self.to_context(a=append_(launches(self)))),
        lambda self: (self.to_context(a=append_(launches(self))), self.to_context(a=launches(self))),
        lambda self: (self.ctx.update(a=5), self.to_context(a=append_(launches(self)))),
        lambda self: (self.ctx.update(a={}), self.to_context(**{'a.b': launches(self)})),
        lambda self: (self.to_context(a=append_(launches(self))), self.ctx.update(a=5)),
        lambda self: ToContext(a=[launches(self)]),
        lambda self: ToContext(a={'b': launches(self)}),
        lambda self: {'a': 5},
        lambda self: ToContext(a=None),
        lambda self: ToContext(a=orm.Int(1).store()),
        lambda self: ToContext(a=orm.WorkChainNode()),
    ],
)
def test_what_cannot_be_waited_for(step):
    process = chain('only', only=step)()
    with pytest.raises(ValueError, match=r'`a|invalid'):
        run(process)
    assert process.node.is_excepted


@row('F02', 'M03')
def test_children_that_are_not_stored():
    def submits(self):
        self.submit(Adder, x=1, y=2, metadata={'store_provenance': False})

    with pytest.raises(InvalidOperation, match='store_provenance'):
        run(chain('submits', submits=submits))
    node = run_get_node(chain('runs', runs=lambda self: run(Adder, x=1, y=2) and None)).node
    assert len(node.called) == 1


@row('F01', 'C08')
@pytest.mark.parametrize('make', [lambda self: self, lambda self: (loop := []) or loop.append(loop) or loop])
def test_a_context_within_itself_is_refused_with_its_key(make):
    process = chain('first', 'second', first=lambda self: self.ctx.update(k=make(self)), second=launches)()
    with pytest.raises(ValueError, match=r'ctx\.k'):
        run(process)
    assert process.node.is_excepted


@row('F01')
def test_attributes_of_the_context():
    def first(self):
        self.ctx.plain = {'inner': 1}
        self.ctx['items'] = 5
        self.ctx.nested = AttributeDict({'node': orm.Int(1)})
        self.ctx.pair = (orm.Int(2), [orm.Int(3)])
        self.ctx.dropped = 1

    def second(self):
        del self.ctx.dropped
        assert isinstance(self.ctx.plain, dict)
        assert self.ctx['items'] == 5
        assert self.ctx.nested.node.is_stored
        assert self.ctx.pair[0].is_stored
        assert self.ctx.pair[1][0].is_stored
        assert 'dropped' not in self.ctx
        assert self.ctx.get('dropped') is None
        with pytest.raises(AttributeError, match='dropped'):
            _ = self.ctx.dropped
        with pytest.raises(KeyError):
            _ = self.ctx['dropped']
        with pytest.raises(AttributeError):
            self.ctx = {}

    assert run_get_node(chain('first', 'second', first=first, second=second)).node.is_finished_ok

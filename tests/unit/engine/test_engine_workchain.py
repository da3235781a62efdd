"""Work chains: outline, context, sub processes."""

from __future__ import annotations

from typing import Any

import pytest
from engine_samples import Fan, Leaf, Outline, add

from aiida import orm
from aiida.common.exceptions import InvalidOperation
from aiida.common.extendeddicts import AttributeDict
from aiida.common.links import LinkType
from aiida.engine import (
    Awaitable,
    ExitCode,
    ToContext,
    WorkChain,
    append_,
    assign_,
    construct_awaitable,
    if_,
    run,
    run_get_node,
    submit,
    while_,
)
from aiida.engine.processes.workchains.workchain import Protect


def make(*steps: Any, define: Any = None, name: str = 'Made') -> type[WorkChain]:
    """Return a work chain class whose steps are these functions."""

    class Made(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outputs.dynamic = True
            if define is not None:
                define(spec)
            spec.outline(*(getattr(cls, f'step_{index}') for index in range(len(steps))))

    for index, step in enumerate(steps):
        step.__name__ = f'step_{index}'
        setattr(Made, f'step_{index}', step)
    Made.__name__ = name
    return Made


LOOP = ['count 1', 'count 2', 'second', 'count 3']


@pytest.mark.parametrize(
    ('mode', 'trail', 'status'),
    [
        ('a', ['start', 'a', *LOOP, 'end'], 0),
        ('b', ['start', 'b', 'after b', *LOOP, 'end'], 0),
        ('other', ['start', 'else', *LOOP, 'end'], 0),
        ('return', ['start', 'else', *LOOP], 17),
        ('plain', ['start', 'else', *LOOP], 0),
    ],
)
def test_outline(mode: str, trail: list[str], status: int) -> None:
    _, node = run_get_node(Outline, mode=mode)
    assert node.base.extras.get('trail') == trail
    assert node.exit_status == status


@pytest.mark.parametrize(
    ('result', 'status', 'message', 'goes_on'),
    [
        (None, 0, None, True),
        (0, 0, None, True),
        ('text', 0, None, True),
        (-3, 0, None, True),
        (7, 7, None, False),
        (True, 1, None, False),
        (ExitCode(0, 'fine'), 0, None, True),
        (ExitCode(-1), 0, None, True),
        (ExitCode(418, 'a teapot'), 418, 'a teapot', False),
    ],
)
def test_what_a_step_returns(result: Any, status: int, message: str | None, goes_on: bool) -> None:
    went_on = []
    work_chain = make(lambda self: result, lambda self: went_on.append(True))
    _, node = run_get_node(work_chain)
    assert (node.exit_status, node.exit_message) == (status, message)
    assert bool(went_on) is goes_on
    went_on.clear()
    _, node = run_get_node(make(lambda self: result))
    assert (node.exit_status, node.exit_message) == (status, message)


def test_exit_codes_of_the_spec() -> None:
    _, node = run_get_node(Leaf, x=-2)
    assert (node.exit_status, node.exit_message) == (401, 'the number -2 is negative')
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={'attributes.exit_status': 401})
    assert query.all(flat=True) == [node]


def test_fan_out_keeps_the_order() -> None:
    result, node = run_get_node(Fan, n=7)
    assert result['total'] == sum(2 * n for n in range(7))
    children = [child for child in node.called if isinstance(child, orm.WorkChainNode)]
    assert [child.inputs.x.value for child in children] == list(range(7))
    assert all(child.is_finished_ok and child.is_sealed for child in children)


def test_context_keys() -> None:
    seen: dict[str, Any] = {}

    def launch(self: Any) -> Any:
        one, two, three, four = (self.submit(Leaf, x=orm.Int(n)) for n in range(4))
        self.to_context(direct=one)
        return ToContext(
            **{'a.list': append_(two), 'a.deep.assigned': assign_(three), 'a.deep.plain': construct_awaitable(four)}
        )

    def look(self: Any) -> None:
        seen.update(self.ctx)

    run(make(launch, look))
    assert seen['direct'].inputs.x == 0
    assert [node.inputs.x for node in seen['a']['list']] == [1]
    assert isinstance(seen['a'], AttributeDict)
    assert seen['a'].deep.assigned.inputs.x == 2
    assert seen['a'].deep.plain.inputs.x == 3


@pytest.mark.parametrize('obstacle', [3, 'text', {'plain': 'dictionary'}])
def test_context_key_with_something_in_the_way(obstacle: Any) -> None:
    def launch(self: Any) -> Any:
        self.ctx.a = obstacle
        return ToContext(**{'a.b': self.submit(Leaf, x=orm.Int(1))})

    with pytest.raises(ValueError, match=r'Can not update the context for key `a\.b`'):
        run(make(launch))


@pytest.mark.parametrize('target', [3, None, 'text', orm.Int])
def test_what_is_no_process_is_not_awaited(target: Any) -> None:
    with pytest.raises(ValueError, match='invalid class for awaitable target'):
        construct_awaitable(target)


def test_awaitable_of_an_awaitable_is_itself() -> None:
    awaitable = construct_awaitable(orm.WorkChainNode().store())
    assert construct_awaitable(awaitable) is awaitable
    assert isinstance(append_(awaitable), Awaitable)
    assert set(vars(awaitable)) == {'pk', 'action', 'target', 'outputs', 'resolved'}


def test_waiting_for_what_has_ended() -> None:
    _, done = run_get_node(Leaf, x=1)
    seen = []
    run(make(lambda self: ToContext(leaf=done), lambda self: seen.append(self.ctx.leaf)))
    assert seen == [done]


def test_failed_and_excepted_children_do_not_stop_the_parent() -> None:
    failing = make(lambda self: 5)
    excepting = make(lambda self: 1 / 0)
    seen = []

    def launch(self: Any) -> Any:
        return ToContext(a=self.submit(failing), b=self.submit(excepting))

    def look(self: Any) -> None:
        seen.append((self.ctx.a.exit_status, self.ctx.b.is_excepted))

    _, node = run_get_node(make(launch, look))
    assert node.is_finished_ok
    assert seen == [(5, True)]


def test_status_while_waiting() -> None:
    seen = {}

    def look_at_parent(self: Any) -> None:
        parent = self.node.caller
        seen['parent'] = (parent.process_state.value, parent.process_status)
        seen['me'] = self.node.process_state.value
        seen['pk'] = self.node.pk

    child = make(look_at_parent)
    _, node = run_get_node(make(lambda self: ToContext(child=self.submit(child)), lambda self: None))
    assert seen['parent'] == ('waiting', f'Waiting for child processes: {seen["pk"]}')
    assert seen['me'] == 'running'
    assert node.process_status is None


def test_what_the_last_step_launches_is_waited_for() -> None:
    _, node = run_get_node(make(lambda self: ToContext(leaf=self.submit(Leaf, x=orm.Int(1)))))
    assert node.is_finished_ok
    assert node.called[0].is_finished_ok


def test_what_nobody_waits_for_is_run_all_the_same() -> None:
    def launch(self: Any) -> None:
        self.submit(Leaf, x=orm.Int(1))

    _, node = run_get_node(make(launch))
    assert node.called[0].is_finished_ok


def test_ways_to_submit() -> None:
    def launch(self: Any) -> Any:
        builder = Leaf.get_builder()
        builder.x = orm.Int(3)  # type: ignore[attr-defined]
        return ToContext(
            a=self.submit(Leaf, x=1),
            b=self.submit(Leaf, {'x': 2, 'metadata': {'call_link_label': 'second'}}),
            c=self.submit(builder),
            d=self.submit(Leaf, inputs={'x': 4}),
        )

    _, node = run_get_node(make(launch, lambda self: None))
    assert [child.outputs.y.value for child in node.called] == [2, 4, 6, 8]
    links = node.base.links.get_outgoing(link_type=LinkType.CALL_WORK)
    assert [link.link_label for link in links] == ['CALL', 'second', 'CALL', 'CALL']


def test_functions_are_called_not_submitted() -> None:
    errors = []

    def launch(self: Any) -> None:
        for launch_it in (self.submit, self.runner.submit, self.runner.schedule):
            with pytest.raises(TypeError) as refused:
                launch_it(add, x=1, y=2)
            errors.append(str(refused.value))
        with pytest.raises(InvalidOperation, match=r'self\.submit'):
            submit(Leaf, x=1)

    run(make(launch))
    assert all('add' in error for error in errors)


def test_run_inside_a_step() -> None:
    seen = []

    def nested(self: Any) -> None:
        result, node = run_get_node(Fan, n=2)
        seen.append((result['total'].value, node.caller.pk == self.node.pk))

    _, node = run_get_node(make(nested, lambda self: None))
    assert seen == [(2, True)]
    assert [child.process_label for child in node.called] == ['Fan']


def test_outputs() -> None:
    def emit(self: Any) -> None:
        stored = orm.Int(1).store()
        for name, value, error, message in (
            ('nothing', stored, ValueError, "port 'outputs'"),
            ('number', orm.Str('a').store(), ValueError, r"port 'outputs\.number'"),
            ('deep.number', orm.Str('a').store(), ValueError, r"port 'outputs\.deep\.number'"),
            ('deep.nothing', stored, ValueError, r"port 'outputs\.deep'"),
            ('number.below', stored, ValueError, r'outputs\.number'),
            ('free.x', orm.Str('a').store(), ValueError, r'outputs\.free\.x'),
            ('number', 3, TypeError, 'number'),
            ('deep', 3, TypeError, 'deep'),
            ('free', {'a': {'b': 3}}, TypeError, r'free\.a\.b'),
        ):
            with pytest.raises(error, match=message):
                self.out(name, value)
        self.out('number', stored)
        self.out_many({'deep.number': stored, 'free': {'a': {'b': stored}}})

    def define(spec: Any) -> None:
        spec.outputs.dynamic = False
        spec.output('number', valid_type=orm.Int)
        spec.output('deep.number', valid_type=orm.Int)
        spec.output_namespace('free', valid_type=orm.Int)

    result, node = run_get_node(make(emit, define=define))
    assert node.is_finished_ok, node.exception
    assert result['deep']['number'] == result['free']['a']['b'] == 1
    assert sorted(link.link_label for link in node.base.links.get_outgoing()) == [
        'deep__number',
        'free__a__b',
        'number',
    ]
    assert node.outputs.free.a.b == 1


def test_value_alone_is_the_output_result() -> None:
    result = run(make(lambda self: self.out(orm.Int(1).store())))
    assert result['result'] == 1


def test_undeclared_output_excepts() -> None:
    with pytest.raises(ValueError, match='echo'):
        run(
            make(
                lambda self: self.out('echo', orm.Int(1).store()), define=lambda s: setattr(s.outputs, 'dynamic', False)
            )
        )


@pytest.mark.parametrize('result', [None, 0, ExitCode(0, 'fine')])
def test_missing_output_is_a_failure(result: Any) -> None:
    _, node = run_get_node(make(lambda self: result, define=lambda spec: spec.output('needed')))
    assert node.is_finished
    assert (node.exit_status, node.is_failed) == (11, True)
    (log,) = orm.Log.collection.get_logs_for(node)
    assert log.message.startswith(f'Process<{node.pk}> ended without an output it must have: ')
    assert 'needed' in log.message


def test_missing_output_after_an_exit_code_is_none() -> None:
    _, node = run_get_node(make(lambda self: 5, define=lambda spec: spec.output('needed')))
    assert node.exit_status == 5


def test_outputs_of_the_step_that_excepts_are_not_attached() -> None:
    def emit(self: Any) -> None:
        self.out('first', orm.Int(1).store())

    def emit_and_fail(self: Any) -> None:
        self.out('second', orm.Int(1).store())
        raise RuntimeError('x')

    with pytest.raises(RuntimeError):
        run(make(emit, emit_and_fail))
    node = orm.QueryBuilder().append(orm.WorkChainNode).first(flat=True)
    assert [link.link_label for link in node.base.links.get_outgoing()] == ['first']
    assert node.is_excepted
    assert node.is_sealed


def test_workflow_returns_no_new_data() -> None:
    with pytest.raises(ValueError, match='which is not stored'):
        run(make(lambda self: self.out('x', orm.Int(1))))


class Exposing(WorkChain):
    """Takes the ports of another over."""

    seen: dict[str, Any] = {}

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.expose_inputs(Leaf, namespace='leaf.sub', exclude=['x'])
        spec.expose_inputs(Leaf, include=['x'])
        spec.expose_outputs(Leaf, namespace='q.r')
        spec.outline(cls.launch, cls.collect)

    def launch(self) -> Any:
        self.seen['inputs'] = self.exposed_inputs(Leaf, 'leaf.sub')
        self.seen['only'] = self.exposed_inputs(Leaf, 'leaf.sub', agglomerate=False)
        with pytest.raises(KeyError):
            self.exposed_inputs(Leaf, 'nowhere')
        return ToContext(leaf=self.submit(Leaf, **self.exposed_inputs(Leaf, 'leaf.sub')))

    def collect(self) -> None:
        with pytest.raises(KeyError):
            self.exposed_outputs(self.ctx.leaf, Leaf, 'nowhere')
        self.out_many(self.exposed_outputs(self.ctx.leaf, Leaf, 'q.r'))


def test_exposing() -> None:
    result, node = run_get_node(Exposing, x=4, leaf={'sub': {'metadata': {'label': 'inner'}}})
    assert result['q']['r']['y'] == 8
    assert set(Exposing.seen['inputs']) == {'x', 'metadata'}
    assert set(Exposing.seen['only']) == {'metadata'}
    assert node.called[0].label == 'inner'
    assert [link.link_label for link in node.base.links.get_outgoing(link_type=LinkType.RETURN)] == ['q__r__y']


@pytest.mark.parametrize('name', ['run', 'on_run', 'on_wait', 'on_exiting', 'to_context'])
def test_protected_methods(name: str) -> None:
    with pytest.raises(RuntimeError, match=f'the method `{name}` is protected'):
        type('Wrong', (Leaf,), {name: lambda self: None})


def test_own_protected_method() -> None:
    class Base(WorkChain):
        @Protect.final
        def mine(self) -> None:
            pass

    with pytest.raises(RuntimeError, match='mine'):
        type('Wrong', (Base,), {'mine': lambda self: None})


def _named(name: str) -> Any:
    class Base(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.outline(if_(cls.condition)(cls.first, while_(cls.condition)(getattr(cls, name))))

        def condition(self) -> bool:
            return 'x' not in self.ctx

        def first(self) -> None:
            self.report('first')

    def method(self: Any) -> Any:
        self.ctx.x = 1
        return 3

    return type('Named', (Base,), {name: method})


@pytest.mark.parametrize('name', ['result', 'launch', 'results', 'setup'])
def test_steps_whose_names_the_engine_does_not_need(name: str) -> None:
    assert run_get_node(_named(name))[1].exit_status == 3


@pytest.mark.parametrize('name', ['step', 'kill', 'init', 'close', 'resume', 'save'])
def test_a_step_does_not_replace_what_the_engine_calls(name: str) -> None:
    with pytest.raises(RuntimeError, match=f'`{name}`.*`Named`'):
        run(_named(name))
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


def test_base_class_is_not_launched() -> None:
    with pytest.raises(InvalidOperation, match='base `WorkChain`'):
        run(WorkChain)


def test_nodes_in_the_context_are_stored() -> None:
    def put(self: Any) -> None:
        self.ctx.nested = {'list': [orm.Int(1), (orm.Int(2),)]}

    seen = []

    def look(self: Any) -> None:
        seen.extend([self.ctx.nested['list'][0].is_stored, self.ctx.nested['list'][1][0].is_stored])

    run(make(put, look))
    assert seen == [True, True]


def test_inputs_are_read_only_and_attribute_like() -> None:
    seen = []

    def look(self: Any) -> None:
        seen.append((self.inputs.x.value, self.inputs.n.y, 'absent' in self.inputs, self.metadata.label))
        with pytest.raises(TypeError):
            self.inputs['x'] = 1

    def define(spec: Any) -> None:
        spec.input('x', valid_type=orm.Int)
        spec.input('n.y', non_db=True)
        spec.input('absent', required=False)

    run(make(look, define=define), x=1, n={'y': [1]}, metadata={'label': 'l'})
    assert seen == [(1, [1], False, 'l')]


def test_serialising_the_documented_example() -> None:
    class SerializeWorkChain(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            for name in 'abc':
                spec.input(name, serializer=orm.to_aiida_type)
                spec.output(name)
            spec.outline(cls.echo)

        def echo(self) -> None:
            self.out_many({name: self.inputs[name] for name in 'abc'})

    result = run(SerializeWorkChain, a=1, b=1.2, c=True)
    assert [result[name].value for name in 'abc'] == [1, 1.2, True]

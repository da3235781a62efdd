"""Rows A: values on their way to a port: dynamic, default, not stored, turned into nodes."""

import pytest
from conformance_inventory import row
from conformance_ports import chain, made_of

from aiida import orm
from aiida.engine import (
    InputPort,
    ProcessSpec,
    WorkChain,
    run,
    run_get_node,
)
from aiida.orm import to_aiida_type

pytestmark = pytest.mark.usefixtures('runner')


@row('A20')
def test_dynamic_namespaces():
    spec = ProcessSpec()
    spec.input_namespace('closed')
    spec.input_namespace('free', dynamic=True)
    spec.input_namespace('typed', valid_type=orm.Int)
    spec.input_namespace(
        'checked', dynamic=True, required=False, validator=lambda values, _: None if len(values) < 3 else 'too many'
    )
    assert spec.inputs['closed'].dynamic is False
    assert spec.inputs['typed'].dynamic is True
    good = {'free': {'a': 1, 'b': {'c': 'x'}}, 'typed': {'a': orm.Int(1)}}
    assert made_of(spec, good) is None
    assert made_of(spec, {**good, 'closed': {'a': 1}})[0] == 'inputs.closed'
    assert made_of(spec, {**good, 'typed': {'a': orm.Str('')}})[0] == 'inputs.typed.a'
    assert made_of(spec, {**good, 'typed': {'deep': {'a': orm.Str('')}}})[0] == 'inputs.typed.deep.a'
    assert made_of(spec, {**good, 'checked': {'a': 1, 'b': 2, 'c': 3}}) == ('inputs.checked', 'too many')


@row('A20')
def test_dynamic_values_are_linked():
    process_class = chain(lambda spec: spec.input_namespace('many', dynamic=True, valid_type=orm.Int))
    node = run_get_node(process_class, many={'a': orm.Int(1), 'deep': {'b': orm.Int(2)}}).node
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['many__a', 'many__deep__b']


@row('A20')
def test_default_of_a_namespace():
    spec = ProcessSpec()
    spec.input('space.a', default=lambda: orm.Int(3))
    spec.input_namespace('free', dynamic=True, default={'b': 4})
    values = spec.inputs.pre_process({})
    assert values['space']['a'] == orm.Int(3)
    assert values['free']['b'] == 4


@row('A21')
def test_inputs_that_are_not_stored():
    seen = []
    process_class = chain(
        lambda spec: spec.input('anything', non_db=True), lambda self: seen.append(self.inputs.anything)
    )
    value = {'any': [1, 2]}
    node = run_get_node(process_class, anything=value).node
    assert seen == [value]
    assert node.base.links.get_incoming().all_link_labels() == []


@row('A21')
def test_a_namespace_that_is_not_stored():
    seen = []

    def define(spec):
        spec.input_namespace('space', non_db=True)
        spec.input('space.a')

    node = run_get_node(chain(define, lambda self: seen.append(self.inputs.space.a)), space={'a': 'text'}).node
    assert seen == ['text']
    assert type(seen[0]) is str
    assert node.base.links.get_incoming().all_link_labels() == []


@row('A21')
def test_what_is_stored_of_a_namespace_that_is_not():
    def define(spec):
        spec.input_namespace('space', non_db=True)
        spec.input('space.b', non_db=False, valid_type=orm.Int)

    node = run_get_node(chain(define), space={'b': orm.Int(1)}).node
    assert node.base.links.get_incoming().all_link_labels() == ['space__b']


@row('A22')
def test_serializers():
    calls = []

    def serializer(value):
        calls.append(value)
        return orm.Int(value)

    process_class = chain(lambda spec: spec.input('x', serializer=serializer, required=False))
    run(process_class, x=orm.Int(1))
    run(process_class, x=None)
    run(process_class)
    assert calls == []
    assert run_get_node(process_class, x=5).node.inputs.x.value == 5
    assert calls == [5]


@row('A22', 'M04')
def test_a_serializer_that_does_not_return_data():
    process_class = chain(lambda spec: spec.input('x', serializer=lambda value: value))
    with pytest.raises((ValueError, TypeError), match='x'):
        run(process_class, x=5)
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('A22')
def test_a_serializer_of_an_input_that_is_not_stored():
    seen = []
    process_class = chain(
        lambda spec: spec.input('x', non_db=True, serializer=str), lambda self: seen.append(self.inputs.x)
    )
    builder = process_class.get_builder()
    builder.x = 5
    run(builder)
    assert seen == ['5']


@row('A23')
@pytest.mark.parametrize(
    ('value', 'node_class'),
    [
        (1, orm.Int),
        (1.5, orm.Float),
        (True, orm.Bool),
        ('a', orm.Str),
        ({'a': 1}, orm.Dict),
        ([1], orm.List),
    ],
)
def test_conversion_of_python_values(value, node_class):
    node = to_aiida_type(value)
    assert type(node) is node_class
    assert (node.get_dict() if node_class is orm.Dict else getattr(node, 'value', None) or node.get_list()) == value
    assert not node.is_stored


@row('A23')
def test_conversion_of_a_registered_type():
    class Length:
        def __init__(self, metres):
            self.metres = metres

    with pytest.raises(TypeError):
        to_aiida_type(Length(1))

    @to_aiida_type.register(Length)
    def _(value):
        return orm.Float(value.metres)

    assert to_aiida_type(Length(2.5)) == orm.Float(2.5)


class SerializeWorkChain(WorkChain):
    """The example of the documentation; ``open_outputs`` makes it what the documentation means."""

    open_outputs = False

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('a', serializer=to_aiida_type)
        spec.input('b', serializer=to_aiida_type)
        spec.input('c', serializer=to_aiida_type)
        if cls.open_outputs:
            spec.outputs.dynamic = True
        spec.outline(cls.echo)

    def echo(self):
        self.out('a', self.inputs.a)
        self.out('b', self.inputs.b)
        self.out('c', self.inputs.c)


class OpenSerializeWorkChain(SerializeWorkChain):
    """The same with outputs of any name."""

    open_outputs = True


@row('A24', 'P30')
def test_the_example():
    results, node = run_get_node(OpenSerializeWorkChain, a=1, b=1.2, c=True)
    assert results == {'a': orm.Int(1), 'b': orm.Float(1.2), 'c': orm.Bool(True)}
    assert {label: type(value) for label, value in results.items()} == {'a': orm.Int, 'b': orm.Float, 'c': orm.Bool}
    assert results['a'].pk == node.inputs.a.pk


@row('A24', 'P3', 'P22')
def test_the_example_as_printed():
    with pytest.raises(ValueError, match="'a'"):
        run(SerializeWorkChain, a=1, b=1.2, c=True)
    node = orm.QueryBuilder().append(orm.WorkChainNode).first(flat=True)
    assert node.is_excepted
    assert 'outputs' in node.exception


@row('P6')
def test_a_node_as_default():
    with pytest.warns(UserWarning, match='lambda'):
        port = InputPort('x', default=orm.Int(1))
    assert port.default == orm.Int(1)
    process_class = chain(lambda spec: spec.input('x', default=lambda: orm.Int(1)))
    first, second = run_get_node(process_class).node, run_get_node(process_class).node
    assert first.inputs.x.value == 1
    assert first.inputs.x.pk != second.inputs.x.pk


@row('A20')
def test_defaults_that_are_not_filled_in():
    def define(spec):
        spec.input_namespace('filled')
        spec.input('filled.a', default=lambda: orm.Int(1))
        spec.input_namespace('left', required=False, populate_defaults=False)
        spec.input('left.a', default=lambda: orm.Int(1))
        spec.input('left.b', valid_type=orm.Int)

    node = run_get_node(chain(define)).node
    assert node.base.links.get_incoming().all_link_labels() == ['filled__a']
    node = run_get_node(chain(define), left={'b': 2}).node
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['filled__a', 'left__a', 'left__b']


@row('A21')
def test_data_for_an_input_that_is_not_stored():
    seen = []
    process_class = chain(lambda spec: spec.input('x', non_db=True), lambda self: seen.append(self.inputs.x))
    node = run_get_node(process_class, x=orm.Int(5).store()).node
    assert seen[0].value == 5
    assert node.base.links.get_incoming().all() == []


@row('A03', 'P6')
def test_a_default_that_is_not_valid():
    with pytest.raises(ValueError):
        InputPort('x', non_db=True, valid_type=int, default='a')

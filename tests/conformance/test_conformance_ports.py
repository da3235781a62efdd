"""Rows A: specifications and ports."""

import functools

import pytest
from conformance_inventory import row
from plumpy.ports import UNSPECIFIED
from plumpy.ports import PortNamespace as PlumpyPortNamespace

from aiida import orm
from aiida.engine import (
    PORT_NAMESPACE_SEPARATOR,
    CalcJob,
    CalcJobOutputPort,
    CalcJobProcessSpec,
    InputPort,
    OutputPort,
    PortNamespace,
    Process,
    ProcessSpec,
    WithNonDb,
    WithSerialize,
    WorkChain,
    calcfunction,
    run,
    run_get_node,
)
from aiida.orm import to_aiida_type

pytestmark = pytest.mark.usefixtures('runner')


def chain(define, step=None, name='Chain'):
    """Return a work chain whose ``define`` calls ``define(spec)`` and which has one step."""

    class Made(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            define(spec)
            spec.outline(cls.only)

        def only(self):
            return step(self) if step is not None else None

    Made.__name__ = Made.__qualname__ = name
    return Made


def made_of(spec, values):
    """Return the reason for which the inputs of a specification refuse values."""
    error = spec.inputs.validate(values)
    return None if error is None else (error.port, error.message)


@row('A01')
def test_process_spec():
    spec = ProcessSpec()
    assert (spec.METADATA_KEY, spec.METADATA_OPTIONS_KEY) == ('metadata', 'options')
    assert (spec.metadata_key, spec.options_key) == ('metadata', 'options')
    assert spec.INPUT_PORT_TYPE is InputPort
    assert spec.PORT_NAMESPACE_TYPE is PortNamespace
    assert isinstance(spec.ports, PortNamespace)
    assert spec.ports['inputs'] is spec.inputs
    assert spec.ports['outputs'] is spec.outputs
    spec.exit_code(400, 'ERROR_A', 'a', invalidates_cache=True)
    assert tuple(spec.exit_codes.ERROR_A) == (400, 'a', True)
    assert set(Process.spec().get_description()) >= {'inputs', 'outputs'}


@row('A02')
def test_calc_job_process_spec():
    spec = CalcJobProcessSpec()
    assert spec.OUTPUT_PORT_TYPE is CalcJobOutputPort
    spec.output('parameters', valid_type=orm.Dict)
    assert isinstance(spec.outputs['parameters'], CalcJobOutputPort)
    assert spec.default_output_node is None
    spec.default_output_node = 'parameters'
    assert spec.default_output_node == 'parameters'
    spec.output('number', valid_type=orm.Int)
    for refused in ('number', 'missing'):
        with pytest.raises(ValueError):
            spec.default_output_node = refused
    assert isinstance(CalcJob.spec(), CalcJobProcessSpec)


@row('A03', 'A08')
def test_input_port():
    assert issubclass(InputPort, WithSerialize)
    assert issubclass(InputPort, WithNonDb)
    port = InputPort('x', valid_type=orm.Int, help='a number', default=lambda: orm.Int(1), serializer=to_aiida_type)
    assert port.serialize(2) == orm.Int(2)
    assert port.serialize(None) is None
    node = orm.Str('as it is')
    assert port.serialize(node) is node
    description = port.get_description()
    assert {'name', 'required', 'valid_type', 'non_db', 'help', 'default'} <= set(description)
    assert (description['name'], description['required'], description['non_db']) == ('x', 'False', 'False')
    assert description['help'] == 'a number'
    assert InputPort('y', serializer=None).serialize(2) == 2


@row('A04', 'A05')
def test_output_ports():
    assert not hasattr(OutputPort('x'), 'default')
    assert issubclass(CalcJobOutputPort, OutputPort)
    assert CalcJobOutputPort('x').pass_to_parser is False
    assert CalcJobOutputPort('x', pass_to_parser=True).pass_to_parser is True
    assert CalcJob.spec().outputs['retrieved'].pass_to_parser is True
    assert CalcJob.spec().outputs['remote_folder'].pass_to_parser is False


@row('A06')
def test_port_namespace():
    assert issubclass(PortNamespace, PlumpyPortNamespace)
    namespace = PortNamespace('outer', non_db=True)
    namespace['inherits'] = InputPort('inherits')
    namespace['own'] = InputPort('own', non_db=False)
    namespace['inner'] = PortNamespace('inner')
    namespace['inner']['deep'] = InputPort('deep')
    assert namespace['inherits'].non_db is True
    assert namespace['own'].non_db is False
    assert namespace['inner'].non_db is True
    assert namespace['inner']['deep'].non_db is True
    with pytest.raises(TypeError):
        namespace['no_port'] = 5
    spec = ProcessSpec()
    spec.input('deep.down.x', serializer=to_aiida_type)
    assert spec.inputs.serialize({'deep': {'down': {'x': 3}}}) == {'deep': {'down': {'x': orm.Int(3)}}}
    assert spec.inputs.serialize(None) is None
    for wrong in ({'deep': 5}, {'deep': {'down': [3]}}):
        with pytest.raises(TypeError, match='deep'):
            spec.inputs.serialize(wrong)


@row('A07')
def test_with_non_db():
    plain, given, later = InputPort('x'), InputPort('x', non_db=True), InputPort('x')
    later.non_db = True
    assert (plain.non_db, plain.non_db_explicitly_set) == (False, False)
    assert (given.non_db, given.non_db_explicitly_set) == (True, True)
    assert (later.non_db, later.non_db_explicitly_set) == (True, True)


@row('A09')
def test_separator():
    assert PORT_NAMESPACE_SEPARATOR == '__'

    def define(spec):
        spec.input('a.b.c', valid_type=orm.Int)
        spec.output('d.e', valid_type=orm.Int)

    node = run_get_node(chain(define, lambda self: self.out('d.e', self.inputs.a.b.c)), a={'b': {'c': 1}}).node
    assert node.base.links.get_incoming().all_link_labels() == ['a__b__c']
    assert node.base.links.get_outgoing().all_link_labels() == ['d__e']
    assert node.inputs.a.b.c.value == 1
    assert node.outputs.d.e.value == 1


@row('A10', 'A11')
def test_inputs_and_outputs():
    spec = ProcessSpec()
    spec.input('parameters')
    spec.output('result')
    assert type(spec.inputs['parameters']) is InputPort
    assert isinstance(spec.outputs['result'], OutputPort)


@row('A12')
def test_namespaces():
    spec = ProcessSpec()
    spec.input_namespace('namespace')
    spec.input_namespace('nested.namespace')
    spec.output_namespace('nested.namespace')
    assert isinstance(spec.inputs['namespace'], PortNamespace)
    for ports in (spec.inputs, spec.outputs):
        assert isinstance(ports['nested'], PortNamespace)
        assert isinstance(ports['nested']['namespace'], PortNamespace)
        assert len(ports['nested']['namespace']) == 0
    spec.input('nested.namespace.x')
    spec.output('nested.namespace.y')
    assert list(spec.inputs['nested']['namespace']) == ['x']
    assert isinstance(spec.outputs['nested']['namespace']['y'], OutputPort)


@row('A13', 'P31')
@pytest.mark.parametrize('name', ['a.b', '1a', 'a-b', 'a b', '_a', 'a_', 'a__b', '', 'class'])
def test_names_of_ports(name):
    with pytest.raises(ValueError):
        PortNamespace.validate_port_name(name)
    with pytest.raises(ValueError):
        PortNamespace('space')[name] = InputPort('x')


@row('A13')
def test_a_period_goes_down_into_a_namespace():
    spec = ProcessSpec()
    spec.input('outer.x')
    assert list(spec.inputs) == ['outer']
    PortNamespace.validate_port_name('long_name_2')


@row('A14')
def test_attributes_of_ports():
    def is_number_positive(number):
        return number.value >= 0

    spec = ProcessSpec()
    with pytest.warns(UserWarning, match='lambda|function'):
        spec.input(
            'positive_number',
            required=False,
            default=orm.Int(1),
            valid_type=(orm.Int, orm.Float),
            validator=is_number_positive,
        )
    port = spec.inputs['positive_number']
    assert (port.required, port.default.value, port.validator) == (False, 1, is_number_positive)
    assert port.validate(orm.Int(2)) is None
    assert port.validate(orm.Float(2.5)) is None
    assert port.validate(orm.Str('a')).port == 'positive_number'
    assert port.validate(orm.Int(-1)).port == 'positive_number'
    port.required, port.valid_type, port.validator = True, orm.Int, None
    assert port.validate(UNSPECIFIED) is not None
    assert port.validate(orm.Int(-1)) is None
    assert port.validate(orm.Float(1.0)) is not None
    for other in (PortNamespace('n', required=False, valid_type=orm.Int), OutputPort('o', valid_type=orm.Int)):
        other.validator = lambda value, port: None
        other.required = True
        assert other.valid_type is orm.Int


@row('A14', 'A17', 'P1')
def test_the_validator_of_the_documentation():
    def is_number_positive(number):
        return number >= 0

    port = InputPort('positive_number', valid_type=(orm.Int, orm.Float), validator=is_number_positive)
    assert port.validate(orm.Int(1)) is None
    assert port.validate(orm.Float(-1.0)).port == 'positive_number'


@row('A17', 'P1')
def test_a_validator_that_returns_a_pair_with_a_node():
    port = InputPort('x', validator=lambda value, port: (value > 0, 'too small'))
    assert port.validate(orm.Int(1)) is None
    assert port.validate(orm.Int(-1)).message == 'too small'


@row('A14', 'P28')
@pytest.mark.parametrize(
    'change',
    [
        lambda spec: spec.input('late'),
        lambda spec: spec.output('late'),
        lambda spec: spec.input('space.late'),
        lambda spec: setattr(spec.inputs['x'], 'required', False),
        lambda spec: setattr(spec.inputs['x'], 'valid_type', orm.Str),
        lambda spec: setattr(spec.inputs['x'], 'validator', None),
        lambda spec: setattr(spec.inputs['x'], 'default', 5),
        lambda spec: setattr(spec.inputs['x'], 'non_db', True),
        lambda spec: setattr(spec.inputs['space'], 'dynamic', True),
        lambda spec: setattr(spec.outputs['y'], 'required', False),
        lambda spec: setattr(spec.outputs, 'dynamic', True),
        lambda spec: spec.exit_code(400, 'ERROR_LATE', 'late'),
    ],
)
def test_a_sealed_specification_does_not_change(change):
    def define(spec):
        spec.input('x', valid_type=orm.Int)
        spec.input('space.z', required=False)
        spec.output('y', required=False)

    process_class = chain(define)
    change(type(process_class)('Free', (process_class,), {}).spec())  # its own, which no process was made of
    run(process_class, x=orm.Int(1))
    with pytest.raises(Exception) as caught:
        change(process_class.spec())
    assert 'seal' in str(caught.value).lower()
    run(process_class, x=orm.Int(1))


@row('A15')
def test_required_unless_there_is_a_default():
    assert InputPort('x').required is True
    assert InputPort('x', default=lambda: orm.Int(1)).required is False
    assert InputPort('x', required=False, default=lambda: orm.Int(1)).required is False
    assert InputPort('x', required=False).required is False
    assert OutputPort('x').required is True


@row('A16', 'P29')
def test_valid_types():
    assert InputPort('x', valid_type=orm.Int).validate(orm.Int(1)) is None
    assert InputPort('x', valid_type=(orm.Int, orm.Str)).validate(orm.Str('')) is None
    assert InputPort('x', valid_type=orm.Int).validate(None) is not None
    assert InputPort('x', valid_type=orm.Int, required=False).validate(None) is None
    assert InputPort('x', valid_type=(orm.Int, orm.Str), required=False).validate(None) is None

    process_class = chain(lambda spec: spec.input('x', valid_type=orm.Int, required=False))
    assert run_get_node(process_class, x=None).node.is_finished_ok


def _method_holder():
    class Holder:
        def one(self, value):
            return None if value > 0 else 'too small'

        def two(self, value, port):
            return None if value > 0 else f'{port.name} too small'

    return Holder()


@row('A17', 'P1')
@pytest.mark.parametrize(
    ('validator', 'expected'),
    [
        (lambda value: value > 0, 'x'),
        (lambda value, port: value > 0, 'x'),
        (lambda value, port: None if value > 0 else 'too small', 'too small'),
        (lambda value: None if value > 0 else 'too small', 'too small'),
        (lambda value: (value > 0, 'too small'), 'too small'),
        (lambda value, _: (value > 0, 'too small'), 'too small'),
        (_method_holder().one, 'too small'),
        (_method_holder().two, 'x too small'),
        (functools.partial(lambda limit, value, port: None if value > limit else 'too small', 0), 'too small'),
        (functools.partial(lambda value, port, limit: None if value > limit else 'too small', limit=0), 'too small'),
    ],
)
@pytest.mark.parametrize('kind', ['input', 'output'])
def test_validators(validator, expected, kind):
    port = {'input': InputPort, 'output': OutputPort}[kind]('x', validator=validator)
    assert port.validate(5) is None
    error = port.validate(-5)
    assert error.port == 'x'
    assert expected in error.message


@row('A17', 'P1')
def test_validators_of_namespaces():
    spec = ProcessSpec()
    spec.input('space.a', valid_type=int, non_db=True)
    spec.inputs['space'].validator = lambda values, port: None if values['a'] > 0 else f'{port.name}: {values["a"]}'
    assert made_of(spec, {'space': {'a': 1}}) is None
    assert made_of(spec, {'space': {'a': -1}}) == ('inputs.space', 'space: -1')
    spec.inputs.validator = lambda values: 'space' in values
    assert made_of(spec, {'space': {'a': 1}}) is None


@row('A17', 'P1')
@pytest.mark.parametrize('outcome', [5, 0, [], {'a': 1}, (1, 2), (True,), orm])
def test_a_validator_that_returns_something_else(outcome):
    with pytest.raises(TypeError, match='x'):
        InputPort('x', validator=lambda value, port: outcome).validate(1)


@row('A18')
@pytest.mark.parametrize(
    ('inputs', 'path'),
    [
        ({}, 'inputs.x'),
        ({'x': 'text'}, 'inputs.x'),
        ({'x': 1, 'space': {'a': 1}}, 'inputs.space.a'),
        ({'x': 1, 'space': {'a': -1.5}}, 'inputs.space.a'),
        ({'x': 1, 'more': 2}, 'inputs'),
    ],
)
def test_invalid_inputs_make_no_process(inputs, path):
    def define(spec):
        spec.input('x', valid_type=orm.Int)
        spec.input('space.a', valid_type=orm.Float, required=False, validator=lambda value, _: value.value > 0)

    process_class = chain(define)
    for launch in (lambda: process_class(inputs=inputs), lambda: run(process_class, **inputs)):
        with pytest.raises(ValueError) as caught:
            launch()
        assert f"'{path}'" in str(caught.value)
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('A19', 'P2')
def test_missing_output():
    process_class = chain(lambda spec: spec.output('y', valid_type=orm.Int))
    node = run_get_node(process_class).node
    assert (node.process_state.value, node.exit_status) == ('finished', 11)
    assert process_class.exit_codes(11).invalidates_cache
    assert not process_class.is_valid_cache(node)
    assert node.exit_message == process_class.exit_codes.ERROR_MISSING_OUTPUT.message


@row('A19', 'P2')
@pytest.mark.parametrize('result', [None, 0])
def test_missing_output_whatever_the_step_returns(result):
    process_class = chain(lambda spec: spec.output('space.y', valid_type=orm.Int), lambda self: result)
    assert run_get_node(process_class).node.exit_status == 11


@row('A19', 'P2')
def test_missing_output_of_a_failed_process():
    process_class = chain(lambda spec: spec.output('y', valid_type=orm.Int), lambda self: 5)
    assert run_get_node(process_class).node.exit_status == 5


@row('A19', 'P2')
@pytest.mark.parametrize('make', [lambda: orm.Str('a'), lambda: orm.Int(-1), lambda: 5])
def test_invalid_output(make):
    def define(spec):
        spec.output('y', valid_type=orm.Int, validator=lambda value, _: value.value > 0)

    def emit(self):
        self.out('y', make())

    process = chain(define, emit)()
    with pytest.raises((ValueError, TypeError), match='y'):
        run(process)
    assert process.node.process_state.value == 'excepted'
    assert 'y' in process.node.exception
    assert process.node.is_sealed


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


class Sub(WorkChain):
    """What is exposed."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('a', valid_type=orm.Int, help='the first')
        spec.input('b', valid_type=orm.Int, default=lambda: orm.Int(10))
        spec.input('deep.c', valid_type=orm.Str, required=False)
        spec.output('sum', valid_type=orm.Int)
        spec.output('other', valid_type=orm.Int, required=False)
        spec.outline(cls.only)

    def only(self):
        self.out('sum', add(self.inputs.a, self.inputs.b))


@calcfunction
def add(a, b):
    return orm.Int(a.value + b.value)


@row('A25')
def test_exposed_inputs_and_outputs():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            optional = {'required': False, 'populate_defaults': False, 'help': 'the second'}
            spec.expose_inputs(Sub, include=('a',))
            spec.expose_inputs(Sub, namespace='first', exclude=('a', 'deep'))
            spec.expose_inputs(Sub, namespace='deep.second', namespace_options=optional)
            spec.expose_outputs(Sub, namespace='first')
            spec.expose_outputs(Sub, include=('sum',))
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            inputs = self.exposed_inputs(Sub, namespace='first')
            assert set(inputs) == {'a', 'b', 'metadata'} or set(inputs) == {'a', 'b'}
            assert 'a' not in self.exposed_inputs(Sub, namespace='first', agglomerate=False)
            return self.to_context(child=self.submit(Sub, **inputs))

        def collect(self):
            self.out_many(self.exposed_outputs(self.ctx.child, Sub, namespace='first'))
            self.out_many(self.exposed_outputs(self.ctx.child, Sub))

    inputs = Outer.spec().inputs
    assert [name for name in inputs if name != 'metadata'] == ['a', 'first', 'deep']
    assert set(inputs['first']) == {'b'} or set(inputs['first']) == {'b', 'metadata'}
    assert inputs['deep']['second'].required is False
    assert inputs['deep']['second'].help == 'the second'
    assert {'a', 'b', 'deep'} <= set(inputs['deep']['second'])
    assert inputs['a'].help == 'the first'
    assert inputs['a'] is not Sub.spec().inputs['a']
    results, node = run_get_node(Outer, a=orm.Int(1), first={'b': orm.Int(2)})
    assert results['first']['sum'].value == 3
    assert results['sum'].value == 3
    assert node.is_finished_ok


@row('A25')
def test_what_is_exposed_is_included_or_excluded():
    spec = ProcessSpec()
    with pytest.raises(ValueError):
        spec.expose_inputs(Sub, include=('a',), exclude=('b',))
    with pytest.raises(ValueError):
        spec.expose_inputs(Sub, namespace='x', namespace_options={'no_such_option': 1})


@row('P6')
def test_a_node_as_default():
    with pytest.warns(UserWarning, match='lambda'):
        port = InputPort('x', default=orm.Int(1))
    assert port.default == orm.Int(1)
    process_class = chain(lambda spec: spec.input('x', default=lambda: orm.Int(1)))
    first, second = run_get_node(process_class).node, run_get_node(process_class).node
    assert first.inputs.x.value == 1
    assert first.inputs.x.pk != second.inputs.x.pk


@row('A18')
@pytest.mark.parametrize(
    ('inputs', 'words'),
    [
        ({}, ['inputs.x']),
        ({'x': 1, 'more': 2}, ['more']),
        ({'x': 1, 'deep': {'down': {'more': 2}}}, ['inputs.deep.down', 'more']),
        ({'x': 1, 'deep': {'down': {'y': 1}}}, ['inputs.deep.down.y', 'Int', 'Str']),
        ({'x': 1, 'deep': {'down': 5}}, ['deep.down', 'int']),
        ({'x': 1, 'deep': {'few': {'a': 1}}}, ['inputs.deep.few.a', 'int', 'Str']),
    ],
)
def test_a_refusal_names_the_port_and_what_was_given(inputs, words):
    def define(spec):
        spec.input('x', valid_type=orm.Int)
        spec.input('deep.down.y', valid_type=orm.Str, required=False)
        spec.input_namespace('deep.few', valid_type=orm.Str, required=False)

    with pytest.raises((ValueError, TypeError)) as caught:
        run(chain(define), **inputs)
    assert [word for word in words if word not in str(caught.value)] == []


@row('A18')
def test_a_refusal_of_what_does_not_exist_says_what_does():
    with pytest.raises(ValueError, match='positive_number'):
        run(chain(lambda spec: spec.input('positive_number', required=False)), positive_numbr=1)


@row('A22', 'A18')
def test_a_value_that_is_no_node_is_refused_with_the_path():
    with pytest.raises((ValueError, TypeError), match=r'deep\.x'):
        run(chain(lambda spec: spec.input('deep.x')), deep={'x': object()})


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


@row('A06', 'A07')
def test_inputs_that_are_metadata():
    def define(spec):
        spec.input_namespace('metadata.settings', is_metadata=True)
        spec.input('metadata.settings.fast', valid_type=bool, default=True)

    process_class = chain(define)
    assert process_class.spec().inputs['metadata']['settings']['fast'].is_metadata
    assert not chain(lambda spec: spec.input('x')).spec().inputs['x'].is_metadata


@row('A25', 'P28')
def test_what_is_exposed_can_be_changed_without_changing_the_original():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='sub')
            spec.inputs['sub']['a'].default = lambda: orm.Int(7)
            spec.inputs['sub']['a'].required = False

    run(Sub, a=1)
    assert Outer.spec().inputs['sub']['a'].required is False
    assert Sub.spec().inputs['a'].required is True
    assert not Sub.spec().inputs['a'].has_default()


@row('A19', 'P2')
def test_outputs_that_are_refused_together():
    def define(spec):
        spec.output('a', required=False)
        spec.output('b', required=False)
        spec.outputs.validator = lambda values, _: None if values else 'one of them is needed'

    node = run_get_node(chain(define)).node
    assert (node.process_state.value, node.exit_status) == ('finished', 11)


@row('A14')
def test_namespaces_have_the_attributes_of_ports():
    namespace = PortNamespace(
        'space', required=False, valid_type=orm.Int, validator=None, default={'a': 1}, help='some'
    )
    assert (namespace.required, namespace.valid_type, namespace.dynamic) == (False, orm.Int, True)
    assert (namespace.default, namespace.help) == ({'a': 1}, 'some')
    assert {'_attrs', 'a'} & set(PortNamespace('n').get_description()) == {'_attrs'}


@row('A21')
def test_data_for_an_input_that_is_not_stored():
    seen = []
    process_class = chain(lambda spec: spec.input('x', non_db=True), lambda self: seen.append(self.inputs.x))
    node = run_get_node(process_class, x=orm.Int(5).store()).node
    assert seen[0].value == 5
    assert node.base.links.get_incoming().all() == []


@row('A17')
def test_a_validator_that_raises():
    def validator(value, port):
        raise KeyError('a mistake of the validator')

    with pytest.raises(KeyError, match='a mistake'):
        run(chain(lambda spec: spec.input('x', validator=validator)), x=1)


@row('A03', 'P6')
def test_a_default_that_is_not_valid():
    with pytest.raises(ValueError):
        InputPort('x', non_db=True, valid_type=int, default='a')


@row('A25')
def test_nested_names_of_what_is_exposed():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='without', exclude=('deep.c', 'b'))
            spec.expose_inputs(Sub, namespace='only', include=('deep.c', 'a'))
            spec.expose_inputs(Sub, namespace='all')
            spec.expose_outputs(Sub, namespace='all', namespace_options={'required': False})

    inputs = Outer.spec().inputs

    def names(namespace):
        return {name for name in inputs[namespace] if name != 'metadata'}

    assert names('all') == {'a', 'b', 'deep'}
    assert names('without') - {'deep'} == {'a'}
    assert 'c' not in inputs['without'].get('deep', {})
    assert names('only') == {'a', 'deep'}
    assert list(inputs['only']['deep']) == ['c']
    assert Outer.spec().outputs['all'].required is False


@row('A12', 'A14')
def test_ports_that_are_found_and_changed_in_define():
    class Outer(Sub):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            assert spec.inputs.get_port('deep.c') is spec.inputs['deep']['c']
            assert 'deep' in spec.inputs
            assert isinstance(spec.inputs.create_port_namespace('new.one'), PortNamespace)
            del spec.inputs['b']
            spec.inputs['deep'].pop('c')
            spec.input('a', valid_type=orm.Str, required=False)
            spec.inputs['metadata']['label'].default = 'from define'
            spec.input('metadata.more', valid_type=int, default=3, is_metadata=True)
            spec.outputs['sum'].required = False
            spec.inputs.validator = lambda values, _: 'not together' if 'a' in values and 'new' in values else None

        def only(self):
            pass

    spec = Outer.spec()
    assert [name for name in spec.inputs if name != 'metadata'] == ['a', 'deep', 'new']
    assert orm.Str in spec.inputs['a'].valid_type
    assert len(spec.inputs['deep']) == 0
    assert Sub.spec().inputs['a'].valid_type is orm.Int
    assert 'b' in Sub.spec().inputs


@row('A25')
def test_exposing_one_class_twice_and_again():
    class Middle(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='sub')
            spec.expose_outputs(Sub)
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            self.to_context(child=self.submit(Sub, **self.exposed_inputs(Sub, 'sub')))

        def collect(self):
            self.out_many(self.exposed_outputs(self.ctx.child, Sub))

    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Middle, namespace='one')
            spec.expose_inputs(Middle, namespace='two')
            spec.expose_outputs(Middle, namespace='one')
            spec.expose_outputs(Middle, namespace='two')
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            for name in ('one', 'two'):
                self.to_context(**{name: self.submit(Middle, **self.exposed_inputs(Middle, name))})

        def collect(self):
            for name in ('one', 'two'):
                self.out_many(self.exposed_outputs(self.ctx[name], Middle, name))

    inputs = {name: {'sub': {'a': number, 'b': 10, 'deep': {'c': 'x'}}} for number, name in enumerate(('one', 'two'))}
    results, node = run_get_node(Outer, **inputs)
    assert {name: results[name]['sum'].value for name in results} == {'one': 10, 'two': 11}
    assert 'one__sub__deep__c' in node.base.links.get_incoming().all_link_labels()
    assert len(node.called_descendants) == 6

"""Rows A: specifications and ports."""

import pytest
from conformance_inventory import row
from conformance_ports import Sub, chain
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
    run,
    run_get_node,
)
from aiida.orm import to_aiida_type

pytestmark = pytest.mark.usefixtures('runner')


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


@row('A06', 'A07')
def test_inputs_that_are_metadata():
    def define(spec):
        spec.input_namespace('metadata.settings', is_metadata=True)
        spec.input('metadata.settings.fast', valid_type=bool, default=True)

    process_class = chain(define)
    assert process_class.spec().inputs['metadata']['settings']['fast'].is_metadata
    assert not chain(lambda spec: spec.input('x')).spec().inputs['x'].is_metadata


@row('A14')
def test_namespaces_have_the_attributes_of_ports():
    namespace = PortNamespace(
        'space', required=False, valid_type=orm.Int, validator=None, default={'a': 1}, help='some'
    )
    assert (namespace.required, namespace.valid_type, namespace.dynamic) == (False, orm.Int, True)
    assert (namespace.default, namespace.help) == ({'a': 1}, 'some')
    assert {'_attrs', 'a'} & set(PortNamespace('n').get_description()) == {'_attrs'}


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

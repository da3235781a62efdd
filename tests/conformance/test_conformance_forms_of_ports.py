"""Rows A and B: what nobody writes on purpose, and what happens all the same."""

import copy
import typing

import pytest
from conformance_inventory import row
from conformance_ports import Sub, chain
from plumpy.ports import UNSPECIFIED, PortValidationError

from aiida import orm
from aiida.engine import (
    ExitCode,
    InputPort,
    OutputPort,
    PortNamespace,
    ProcessSpec,
    WorkChain,
    calcfunction,
    run,
    run_get_node,
)
from aiida.orm import to_aiida_type

pytestmark = pytest.mark.usefixtures('runner')


def labels(node):
    return sorted(node.base.links.get_incoming(node_class=orm.Data).all_link_labels())


def raising(value, port):
    raise PortValidationError('raised', 'elsewhere')


@row('A17', 'P1')
@pytest.mark.parametrize('port_class', [InputPort, OutputPort])
@pytest.mark.parametrize(
    ('validator', 'message'),
    [
        (lambda value, port: PortValidationError('returned', 'elsewhere'), 'returned'),
        (raising, 'raised'),
        (lambda value, port: '', ''),
        (lambda value, port=None: f'{port.name}', 'x'),
        (lambda value, port, *, limit=3: f'{limit}', '3'),
        (lambda *arguments: f'{len(arguments)}', '2'),
        (lambda value, port, limit=4: f'{limit}', '4'),
        (type('Callable', (), {'__call__': lambda self, value: 'one'})(), 'one'),
        (type('Callable', (), {'__call__': lambda self, value, port: 'two'})(), 'two'),
    ],
)
def test_unusual_validators(port_class, validator, message):
    error = port_class('x', validator=validator).validate(1, ('inputs', 'deep'))
    assert (error.port, error.message) == ('inputs.deep.x', message)


@row('A17')
@pytest.mark.parametrize('wrong', [5, 'text', [lambda value, port: None]])
def test_a_validator_that_cannot_be_called(wrong):
    with pytest.raises(TypeError, match=r"'x'.*cannot be called"):
        InputPort('x', validator=wrong).validate(1)


@row('A16')
@pytest.mark.parametrize('wrong', [[orm.Int], 'Int', (orm.Int, 'Float')])
def test_a_valid_type_that_is_no_type(wrong):
    with pytest.raises(TypeError, match="'x'"):
        InputPort('x', valid_type=wrong).validate(orm.Str('a'))


@row('A16')
def test_unions_as_valid_type():
    for valid_type in (orm.Int | orm.Float, typing.Union[orm.Int, orm.Float], ((orm.Int,), orm.Float)):  # noqa: UP007
        port = InputPort('x', valid_type=valid_type, required=False)
        assert port.validate(orm.Float(1.0)) is None
        assert port.validate(None) is None
        assert port.validate(orm.Str('a')).port == 'x'


@row('A17', 'P29')
def test_what_validators_are_asked_of():
    seen = []
    port = InputPort('x', valid_type=orm.Int, required=False, validator=lambda value, port: seen.append(value))
    assert port.validate(UNSPECIFIED) is None
    assert seen == []
    assert port.validate(None) is None
    assert seen == [None]


@row('A17')
def test_what_the_validator_of_a_namespace_gets():
    seen = []

    def validator(values, port):
        seen.append((type(values), sorted(values), port.name))
        values['more'] = 1

    def define(spec):
        spec.input('space.a', valid_type=orm.Int, required=False)
        spec.inputs['space'].validator = validator
        spec.inputs.validator = validator

    process_class = chain(define, lambda self: seen.append(sorted(self.inputs.space)))
    run(process_class, space={'a': 1})
    assert seen == [(dict, ['a'], 'space'), (dict, ['metadata', 'space'], 'inputs'), ['a']]


@row('A17', 'A25')
def test_a_validator_whose_port_was_left_out():
    def validator(values, port):
        if 'q' in port and 'q' not in values:
            return 'q is needed'
        return None

    class Inner(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('q', required=False)
            spec.input('r', required=False)
            spec.inputs.validator = validator

    without = chain(lambda spec: spec.expose_inputs(Inner, namespace='inner', exclude=('q',)))
    assert run_get_node(without, inner={'r': 1}).node.is_finished_ok
    with pytest.raises(ValueError, match=r"'inputs\.inner': q is needed"):
        run(chain(lambda spec: spec.expose_inputs(Inner, namespace='inner')), inner={'r': 1})


@row('A18')
def test_a_missing_value_says_what_is_wanted():
    def define(spec):
        spec.input('deep.x', valid_type=(orm.Int, orm.Float), help='a number')

    with pytest.raises(
        ValueError, match=r"'inputs\.deep\.x'.*not provided for 'x'; it takes Int or Float \(a number\)"
    ):
        run(chain(define))


@row('A18')
def test_a_near_name_is_suggested():
    with pytest.raises(ValueError, match=r'did you mean `label`\?'):
        run(chain(lambda spec: None), metadata={'labl': 'x'})
    with pytest.raises(ValueError, match=r'did you mean `results`\?'):
        run(
            chain(
                lambda spec: spec.output('results', required=False), lambda self: self.out('result', orm.Int(1).store())
            )
        )


@row('P23', 'A18')
def test_a_process_is_no_input():
    node = run_get_node(chain(lambda spec: None)).node
    for options in ({}, {'valid_type': orm.Int}):
        with pytest.raises(TypeError, match=r"'inputs\.deep\.x'.*a process takes data"):
            run(chain(lambda spec, options=options: spec.input('deep.x', **options)), deep={'x': node})
    seen = []
    process_class = chain(lambda spec: spec.input('x', non_db=True), lambda self: seen.append(self.inputs.x))
    run(process_class, x=node)
    assert seen[0].uuid == node.uuid


@row('A22')
def test_a_port_for_nodes_makes_them():
    spec = ProcessSpec()
    spec.input('x')
    spec.input('y', serializer=None)
    spec.input('raw', non_db=True)
    spec.input('flag', is_metadata=True)
    spec.input('own', serializer=str)
    made = {name: spec.inputs[name].serializer for name in spec.inputs}
    assert made == {'x': to_aiida_type, 'y': to_aiida_type, 'raw': None, 'flag': None, 'own': str}
    assert InputPort('x').serializer is None
    assert run_get_node(chain(lambda spec: spec.input('y', serializer=None)), y=3).node.inputs.y.value == 3


@row('A22')
def test_serializers_of_nested_ports():
    def define(spec):
        spec.input('outer.inner.x', serializer=lambda value: orm.Str(f'{value}!'))
        spec.input_namespace('outer.raw', non_db=True)
        spec.input('outer.raw.y', serializer=str)

    seen = []
    process_class = chain(define, lambda self: seen.append((self.inputs.outer.inner.x.value, self.inputs.outer.raw.y)))
    node = run_get_node(process_class, outer={'inner': {'x': 1}, 'raw': {'y': 2}}).node
    assert seen == [('1!', '2')]
    assert labels(node) == ['outer__inner__x']
    with pytest.raises(TypeError, match='serializer'):
        PortNamespace('n', serializer=str)


@row('A22')
def test_what_a_serializer_raises_or_makes_wrong():
    def breaks(value):
        raise RuntimeError('of the serializer')

    with pytest.raises(RuntimeError, match='of the serializer'):
        run(chain(lambda spec: spec.input('x', serializer=breaks)), x=1)
    with pytest.raises(ValueError, match=r"'inputs\.deep\.x'.*Str.*Int"):
        run(
            chain(lambda spec: spec.input('deep.x', valid_type=orm.Int, serializer=lambda value: orm.Str('a'))),
            deep={'x': 1},
        )


@row('A03', 'P6')
@pytest.mark.parametrize('make', [lambda: {'a': [1], 'b': {2}}, lambda: [{'a': 1}]])
def test_a_default_that_is_changed(make):
    seen = []

    def step(self):
        seen.append(copy.deepcopy(self.inputs.x))
        value = self.inputs.x
        (value['a'] if isinstance(value, dict) else value[0].setdefault('list', [])).append(5)

    process_class = chain(lambda spec: spec.input('x', non_db=True, default=make()), step)
    run(process_class)
    run(process_class)
    assert seen == [make(), make()]


@row('P6')
def test_a_node_as_default_is_nobodys():
    node = orm.Int(1)
    process_class = chain(lambda spec: spec.input('x', valid_type=orm.Int, default=node))
    with pytest.warns(UserWarning, match='lambda'):
        process_class.spec()
    first, second = run_get_node(process_class).node, run_get_node(process_class).node
    assert first.inputs.x == second.inputs.x == node
    assert len({first.inputs.x.pk, second.inputs.x.pk}) == 2
    assert not node.is_stored
    node.store()
    assert run_get_node(process_class).node.inputs.x.pk == node.pk


@row('A15', 'A22')
def test_a_default_is_turned_into_a_node():
    for options in ({'default': 5}, {'default': lambda: 5}, {'valid_type': orm.Int, 'default': lambda: 5}):
        node = run_get_node(chain(lambda spec, options=options: spec.input('deep.x', **options))).node
        assert node.inputs.deep.x.value == 5
    with pytest.raises(TypeError, match=r"'inputs\.deep\.x'"):
        run(chain(lambda spec: spec.input('deep.x', default=object)))
    with pytest.raises(ValueError, match=r"'inputs\.x'.*Str.*Int"):
        run(chain(lambda spec: spec.input('x', valid_type=orm.Int, default=lambda: orm.Str('a'))))
    with pytest.raises(ValueError, match='Invalid default value'):
        InputPort('x', valid_type=orm.Int, default=5)


@row('A20')
def test_the_default_of_a_namespace_is_not_filled_up():
    default = {'a': orm.Int(7)}
    seen = []

    def define(spec):
        spec.input_namespace('n', default=default)
        spec.input('n.a', default=lambda: orm.Int(1))
        spec.input('n.b', default=lambda: orm.Int(2))

    process_class = chain(define, lambda self: seen.append({key: node.value for key, node in self.inputs.n.items()}))
    for inputs in ({}, {'n': {}}, {'n': None}):
        run(process_class, **inputs)
    assert seen == [{'a': 7, 'b': 2}, {'a': 1, 'b': 2}, {'a': 7, 'b': 2}]
    assert set(default) == {'a'}
    assert not default['a'].is_stored


@row('A20', 'M04')
def test_plain_values_in_a_namespace_of_anything():
    seen = []
    process_class = chain(
        lambda spec: spec.input_namespace('n', dynamic=True),
        lambda self: seen.append((self.inputs.n.a, self.inputs.n.b)),
    )
    with pytest.warns(UserWarning, match=r'`n__a` is 3 of type int.*only nodes are recorded'):
        node = run_get_node(process_class, n={'a': 3, 'b': {'c': [4]}, 'd': orm.Int(5)}).node
    assert seen == [(3, {'c': [4]})]
    assert labels(node) == ['n__d']


@row('A20')
@pytest.mark.filterwarnings('error::UserWarning')
def test_plain_values_that_are_meant_so():
    for options in ({'valid_type': (orm.Int, int)}, {'dynamic': True, 'non_db': True}):
        node = run_get_node(chain(lambda spec, options=options: spec.input_namespace('n', **options)), n={'a': 3}).node
        assert node.is_finished_ok


@row('A06', 'A07', 'A25')
def test_what_a_port_inherits_it_keeps():
    source, target = PortNamespace('source', non_db=True), PortNamespace('target')
    source['x'], source['y'] = InputPort('x'), InputPort('y', non_db=False)
    target.absorb(source)
    assert (target.non_db, target['x'].non_db, target['y'].non_db) == (False, True, False)
    other = PortNamespace('other', non_db=True, is_metadata=True)
    plain = PortNamespace('plain')
    plain['x'] = InputPort('x')
    other.absorb(plain)
    assert (other['x'].non_db, other['x'].is_metadata) == (False, False)
    target.non_db = True
    assert target['x'].non_db_explicitly_set
    assert target['y'].non_db is False


@row('A06')
def test_a_port_of_a_class_in_use_is_copied():
    run(Sub, a=1)
    spec = ProcessSpec()
    spec.inputs['a'] = Sub.spec().inputs['a']
    spec.inputs['a'].help = 'mine'
    assert Sub.spec().inputs['a'].help == 'the first'


@row('A25', 'P28')
def test_what_cannot_be_exposed():
    for wrong in (int, 5, orm.Int):
        with pytest.raises(TypeError, match='neither a process class nor function'):
            ProcessSpec().expose_inputs(wrong)
    process_class = chain(lambda spec: None)
    run(process_class)
    for expose in (process_class.spec().expose_inputs, process_class.spec().expose_outputs):
        with pytest.raises(RuntimeError, match=r'Sub.*sealed'):
            expose(Sub)
    with pytest.raises(ValueError, match='already contains a Port'):
        chain(lambda spec: (spec.input('n'), spec.expose_inputs(Sub, namespace='n'))).spec()


@row('A25')
@pytest.mark.parametrize(
    ('options', 'expected'),
    [
        ({'include': ('deep.c',)}, {'deep': {'c'}}),
        ({'include': ['a', 'deep']}, {'a': None, 'deep': {'c'}}),
        ({'include': ()}, {'metadata': ..., 'a': None, 'b': None, 'deep': {'c'}}),
        ({'exclude': ('deep.c', 'a')}, {'metadata': ..., 'b': None, 'deep': set()}),
        ({'exclude': ('metadata', 'deep')}, {'a': None, 'b': None}),
        ({'namespace': 'one.two', 'include': ('a',)}, {'one': {'two'}}),
    ],
)
def test_forms_of_exposing(options, expected):
    inputs = ProcessSpec().inputs
    spec = ProcessSpec()
    spec.expose_inputs(Sub, **options)
    inputs = spec.inputs
    assert set(inputs) == set(expected)
    for name, below in expected.items():
        if isinstance(below, set):
            assert set(inputs[name]) == below
    if 'metadata' in expected:
        assert {'label', 'call_link_label', 'store_provenance'} <= set(inputs['metadata'])
        assert inputs['metadata']['label'].is_metadata


@row('A25')
def test_exposing_a_process_function():
    @calcfunction
    def adds(x, y=2):
        return x + y

    spec = ProcessSpec()
    spec.expose_inputs(adds, namespace='n')
    spec.expose_outputs(adds, namespace='n')
    assert [name for name in spec.inputs['n'] if name != 'metadata'] == ['x', 'y']
    assert spec.outputs['n'].dynamic


@row('B01', 'B02')
def test_exit_codes_that_are_not_there():
    spec = ProcessSpec()
    spec.exit_code(418, 'ERROR_TEAPOT', 'the {what} broke in {place}')
    codes = spec.exit_codes
    assert codes(418) is codes('ERROR_TEAPOT') is codes.ERROR_TEAPOT is codes['ERROR_TEAPOT']
    assert codes.ERROR_TEAPOT.format(what='lid', place='two').message == 'the lid broke in two'
    assert codes.ERROR_TEAPOT.message == 'the {what} broke in {place}'
    for wrong in (419, 'ERROR_CUP', None):
        with pytest.raises(ValueError, match='ERROR_TEAPOT'):
            codes(wrong)
    with pytest.raises(AttributeError):
        _ = codes.ERROR_CUP
    for code in (codes.ERROR_TEAPOT, ExitCode(3), ExitCode(3, '{0}'), ExitCode(3, '{')):
        with pytest.raises(ValueError):
            code.format(what='lid')


@row('B03')
@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        ((-1, 'E', 'm'), ValueError),
        ((1.0, 'E', 'm'), TypeError),
        ((True, 'E', 'm'), TypeError),
        (('1', 'E', 'm'), TypeError),
        ((1, 5, 'm'), TypeError),
        ((1, 'E', None), TypeError),
        ((1, 'E', 'm', 1), TypeError),
    ],
)
def test_invalid_exit_codes(arguments, error):
    spec = ProcessSpec()
    with pytest.raises(error):
        spec.exit_code(*arguments)
    assert len(spec.exit_codes) == 0


@row('A01', 'A03', 'A06')
def test_descriptions():
    described = Sub.spec().get_description()
    assert list(described['inputs']) == ['_attrs', 'metadata', 'a', 'b', 'deep']
    assert described['inputs']['a'] == {
        'name': 'a',
        'required': 'True',
        'valid_type': "<class 'aiida.orm.nodes.data.int.Int'>",
        'help': 'the first',
        'is_metadata': 'False',
        'non_db': 'False',
    }
    assert set(described['inputs']['deep']) == {'_attrs', 'c'}
    assert described['inputs']['deep']['_attrs'] == {
        'default': UNSPECIFIED,
        'dynamic': False,
        'valid_type': 'None',
        'required': 'True',
        'help': None,
    }
    assert described['outputs']['sum']['required'] == 'True'
    assert '"the first"' in str(Sub.spec())

"""Rows A: what ports accept, and what is said when they do not."""

import functools

import pytest
from conformance_inventory import row
from conformance_ports import chain, made_of
from plumpy.ports import UNSPECIFIED

from aiida import orm
from aiida.engine import (
    InputPort,
    OutputPort,
    PortNamespace,
    ProcessSpec,
    run,
    run_get_node,
)

pytestmark = pytest.mark.usefixtures('runner')


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


@row('A19', 'P2')
def test_outputs_that_are_refused_together():
    def define(spec):
        spec.output('a', required=False)
        spec.output('b', required=False)
        spec.outputs.validator = lambda values, _: None if values else 'one of them is needed'

    node = run_get_node(chain(define)).node
    assert (node.process_state.value, node.exit_status) == ('finished', 11)


@row('A17')
def test_a_validator_that_raises():
    def validator(value, port):
        raise KeyError('a mistake of the validator')

    with pytest.raises(KeyError, match='a mistake'):
        run(chain(lambda spec: spec.input('x', validator=validator)), x=1)

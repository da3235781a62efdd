"""Ports: what they accept, what they refuse and how they say so."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import pytest

from aiida import orm
from aiida.engine import InputPort, OutputPort, PortNamespace, ProcessSpec


def spec_with(*args: Any, **options: Any) -> ProcessSpec:
    spec = ProcessSpec()
    spec.input(*args, **options)
    return spec


def reason(spec: ProcessSpec, values: dict[str, Any]) -> tuple[str, str] | None:
    error = spec.inputs.validate(values)
    return None if error is None else (error.port, error.message)


class Judge:
    """Validators that are methods."""

    def one(self, value: Any) -> str | None:
        return None if value > 0 else 'not positive'

    def two(self, value: Any, port: Any) -> str | None:
        return None if value > 0 else f'not positive for {port.name}'


ACCEPTING = [
    lambda value, port: None,
    lambda value, port: True,
    lambda value, port: (True, None),
    lambda value, port: (True, 'ignored'),
    lambda value: None,
    lambda value: True,
    lambda *args: None,
    lambda value, port, extra=1: None,
    Judge().one,
    Judge().two,
    functools.partial(lambda limit, value: None, 3),
    functools.partial(lambda value, port, limit: None, limit=3),
]

REFUSING = [
    (lambda value, port: 'no good', 'no good'),
    (lambda value, port: False, "the validator of port 'x' refused the value -1"),
    (lambda value, port: (False, 'no good'), 'no good'),
    (lambda value, port: (False, None), "the validator of port 'x' refused the value -1"),
    (lambda value: 'no good', 'no good'),
    (lambda value: False, "the validator of port 'x' refused the value -1"),
    (Judge().one, 'not positive'),
    (Judge().two, 'not positive for x'),
    (functools.partial(lambda limit, value: f'below {limit}', 3), 'below 3'),
    (functools.partial(lambda value, port, limit: f'{port.name} is below {limit}', limit=3), 'x is below 3'),
]


@pytest.mark.parametrize('validator', ACCEPTING)
def test_validator_accepts(validator: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        assert reason(spec_with('x', validator=validator, non_db=True), {'x': 1}) is None


@pytest.mark.parametrize(('validator', 'message'), REFUSING)
def test_validator_refuses(validator: Any, message: str) -> None:
    assert reason(spec_with('x', validator=validator, non_db=True), {'x': -1}) == ('inputs.x', message)


@pytest.mark.parametrize('outcome', [3, 0, [], (1, 'a'), ('a',), {}])
def test_validator_that_returns_something_else_is_a_mistake(outcome: Any) -> None:
    with pytest.raises(TypeError, match="the validator of port 'x' returned"):
        reason(spec_with('x', validator=lambda value, port: outcome, non_db=True), {'x': 1})


@pytest.mark.parametrize(('validator', 'message'), REFUSING[:6])
def test_validators_of_outputs_and_namespaces_follow_the_same_rules(validator: Any, message: str) -> None:
    spec = ProcessSpec()
    spec.output('x', validator=validator)
    error = spec.outputs.validate({'x': -1})
    assert error is not None
    assert (error.port, error.message) == ('outputs.x', message)
    spec = ProcessSpec()
    spec.input_namespace('x', validator=validator, dynamic=True)
    refused = reason(spec, {'x': {'y': 1}})
    assert refused is not None
    assert refused[0] == 'inputs.x'


def test_namespace_validator_sees_all_values_after_the_ports_did() -> None:
    seen = []
    spec = ProcessSpec()
    spec.input_namespace('n', validator=lambda value, port: seen.append(dict(value)))
    spec.input('n.a', valid_type=int, non_db=True)
    spec.input('n.b', valid_type=int, non_db=True, required=False)
    assert reason(spec, {'n': {'a': 'x'}}) is not None
    assert seen == []
    assert reason(spec, {'n': {'a': 1, 'b': 2}}) is None
    assert seen == [{'a': 1, 'b': 2}]


def nested_spec() -> ProcessSpec:
    spec = ProcessSpec()
    spec.inputs.valid_type = orm.Data
    spec.inputs.dynamic = False
    spec.input('outer.inner.leaf', valid_type=orm.Int)
    spec.input('plain', valid_type=(int, float), non_db=True, required=False)
    spec.input_namespace('free', dynamic=True, required=False)
    spec.input_namespace('typed', valid_type=orm.Int, required=False)
    return spec


@pytest.mark.parametrize(
    ('values', 'port', 'message'),
    [
        ({}, 'inputs.outer.inner.leaf', "required value was not provided for 'leaf'"),
        ({'outer': {'inner': {'leaf': 'a'}}}, 'inputs.outer.inner.leaf', 'is not of the right type'),
        ({'outer': {'inner': 3}}, 'inputs.outer.inner', 'not sub class of `Mapping`'),
        ({'outer': {'inner': {'leaf': None}}}, 'inputs.outer.inner.leaf', 'is not of the right type'),
        ({'outer': {'inner': {'other': 1}}}, 'inputs.outer.inner.leaf', 'required value'),
        ({'outer': {'inner': {'leaf': 1, 'other': 1}}}, 'inputs.outer.inner', 'Unexpected ports'),
        ({'outer': {'inner': {'leaf': 1}}, 'other': 1}, 'inputs', "Unexpected ports {'other': 1}"),
        ({'outer': {'inner': {'leaf': 1}}, 'plain': 'a'}, 'inputs.plain', 'is not of the right type'),
        ({'outer': {'inner': {'leaf': 1}}, 'typed': {'a': 'b'}}, 'inputs.typed.a', 'Invalid type'),
        ({'outer': {'inner': {'leaf': 1}}, 'typed': {'a': {'b': 'c'}}}, 'inputs.typed.a.b', 'Invalid type'),
    ],
)
def test_refusal_names_the_dotted_path(values: dict[str, Any], port: str, message: str) -> None:
    spec = nested_spec()
    if values.get('outer', {}).get('inner', {}) != 3 and 'leaf' in values.get('outer', {}).get('inner', {}):
        leaf = values['outer']['inner']['leaf']
        values['outer']['inner']['leaf'] = orm.Int(leaf) if isinstance(leaf, int) else leaf
    refused = reason(spec, values)
    assert refused is not None
    assert refused[0] == port
    assert message in refused[1]


@pytest.mark.parametrize(
    'values',
    [
        {},
        {'plain': 1},
        {'plain': 1.5},
        {'plain': None},
        {'free': {'a': 1, 'b': {'c': 'd'}}},
        {'typed': {}},
        {'typed': {'a': 1, 'b': {'c': 2}}},
    ],
)
def test_accepted(values: dict[str, Any]) -> None:
    spec = nested_spec()
    for name in ('typed',):
        if name in values:
            values[name] = spec.inputs.serialize({'outer': {}})['outer'] if not values[name] else _nodes(values[name])
    assert reason(spec, {'outer': {'inner': {'leaf': orm.Int(1)}}, **values}) is None


def _nodes(value: Any) -> Any:
    return {key: _nodes(item) for key, item in value.items()} if isinstance(value, dict) else orm.Int(value)


def test_optional_port_with_a_type_takes_none() -> None:
    assert reason(spec_with('x', valid_type=orm.Int, required=False), {'x': None}) is None
    assert reason(spec_with('x', valid_type=orm.Int), {'x': None}) is not None


def test_default_implies_not_required() -> None:
    port = InputPort('x', default=1, non_db=True)
    assert not port.required
    assert InputPort('x', default=1, required=False, non_db=True).default == 1


def test_invalid_default_is_refused() -> None:
    with pytest.raises(ValueError, match='Invalid default value'):
        InputPort('x', valid_type=orm.Int, default=None)


def test_default_that_is_a_node_is_warned_of() -> None:
    with pytest.warns(UserWarning, match='lambda'):
        InputPort('x', default=orm.Int(1))


def test_callable_default_is_evaluated_each_time() -> None:
    spec = spec_with('x', default=lambda: orm.Int(1))
    first, second = spec.inputs.pre_process({}), spec.inputs.pre_process({})
    assert first.x.value == second.x.value == 1
    assert first.x.uuid != second.x.uuid


def test_serializers() -> None:
    calls = []

    def serialize(value: Any) -> orm.Str:
        calls.append(value)
        return orm.Str(str(value))

    spec = ProcessSpec()
    spec.input('own', serializer=serialize)
    spec.input('automatic', valid_type=orm.Int)
    spec.input('nested.deep', valid_type=orm.Dict)
    spec.input('raw', non_db=True)
    spec.input('about', is_metadata=True)
    spec.input_namespace('optional', required=False)
    node = orm.Int(5)
    values = {
        'own': 3,
        'automatic': 4,
        'nested': {'deep': {'a': 1}},
        'raw': 7,
        'about': 8,
        'undeclared': 9,
        'optional': None,
    }
    result = spec.inputs.serialize(values)
    assert result is not None
    assert calls == [3]
    assert result['own'].value == '3'
    assert isinstance(result['automatic'], orm.Int)
    assert result['nested']['deep'].get_dict() == {'a': 1}
    assert (result['raw'], result['about'], result['undeclared']) == (7, 8, 9)
    assert 'optional' not in result
    assert values['automatic'] == 4
    again = spec.inputs.serialize({'own': node, 'automatic': None})
    assert again == {'own': node, 'automatic': None}


def test_serialize_refuses_what_is_no_mapping() -> None:
    spec = ProcessSpec()
    spec.input_namespace('a.b')
    with pytest.raises(TypeError, match=r'inputs\.a\.b'):
        spec.inputs.serialize({'a': {'b': 3}})


@pytest.mark.parametrize('name', ['a__b', '_a', 'a_', '1a', 'class', 'a b', '', 'a-b'])
def test_invalid_names(name: str) -> None:
    with pytest.raises(ValueError):
        ProcessSpec().input(name)


def test_name_that_is_no_string() -> None:
    with pytest.raises(TypeError):
        ProcessSpec().input(3)  # type: ignore[arg-type]


def test_non_db_and_metadata_are_inherited_unless_given() -> None:
    spec = ProcessSpec()
    spec.input_namespace('quiet', non_db=True)
    spec.input('quiet.a', valid_type=int)
    spec.input('quiet.b', valid_type=orm.Int, non_db=False)
    spec.input('quiet.deeper.c', valid_type=int)
    spec.input_namespace('about', is_metadata=True)
    spec.input('about.a', valid_type=str)
    quiet: Any = spec.inputs['quiet']
    assert quiet['a'].non_db
    assert not quiet['b'].non_db
    assert quiet['deeper']['c'].non_db
    about: Any = spec.inputs['about']
    assert about['a'].is_metadata
    assert about['a'].serializer is None
    assert not about.is_metadata_explicitly_set or about.is_metadata


def test_sealed_spec_refuses_every_change() -> None:
    spec = ProcessSpec()
    spec.input('x', valid_type=orm.Int)
    spec.input('n.y')
    spec.output('z')
    spec.seal()
    namespace: Any = spec.inputs['n']
    changes: list[Any] = [
        lambda: spec.input('new'),
        lambda: spec.output('new'),
        lambda: spec.input_namespace('new'),
        lambda: spec.exit_code(1, 'NEW', 'new'),
        lambda: spec.inputs.__setitem__('new', InputPort('new')),
        lambda: spec.inputs.__delitem__('x'),
        lambda: setattr(spec.inputs, 'dynamic', True),
        lambda: setattr(spec.inputs['x'], 'required', False),
        lambda: setattr(spec.inputs['x'], 'default', 3),
        lambda: setattr(spec.inputs['x'], 'validator', None),
        lambda: setattr(spec.inputs['x'], 'non_db', True),
        lambda: setattr(spec.outputs['z'], 'valid_type', int),
        lambda: namespace.__setitem__('new', InputPort('new')),
        lambda: setattr(namespace['y'], 'help', 'me'),
    ]
    for change in changes:
        with pytest.raises(RuntimeError, match='sealed'):
            change()
    assert list(spec.inputs) == ['x', 'n']


def test_ports_taken_over_from_a_sealed_spec_can_be_changed() -> None:
    class Source:
        _spec = ProcessSpec()

        @classmethod
        def spec(cls) -> ProcessSpec:
            return cls._spec

    Source._spec.input('a.b', valid_type=orm.Int)
    Source._spec.input('c', default=lambda: orm.Int(1))
    Source._spec.seal()
    spec = ProcessSpec()
    spec.expose_inputs(Source, namespace='source')  # type: ignore[arg-type]
    source: Any = spec.inputs['source']
    source['a']['b'].required = False
    source['c'].default = lambda: orm.Int(2)
    original: Any = Source._spec.inputs
    assert original['a']['b'].required
    assert original['c'].default().value == 1


def test_descriptions() -> None:
    port = InputPort('x', valid_type=orm.Int, help=' help me ', default=lambda: orm.Int(1))
    description = port.get_description()
    assert description['name'] == 'x'
    assert description['required'] == 'False'
    assert description['help'] == 'help me'
    assert description['non_db'] == description['is_metadata'] == 'False'
    assert 'default' in description
    assert isinstance(OutputPort('y').get_description(), dict)
    assert PortNamespace('n').get_description()['_attrs']['required'] == 'True'


def test_default_output_node_of_a_calcjob_spec() -> None:
    from aiida.engine import CalcJobProcessSpec

    spec = CalcJobProcessSpec()
    spec.output('number', valid_type=orm.Int)
    spec.output('parameters', valid_type=orm.Dict, pass_to_parser=True)
    assert spec.default_output_node is None
    with pytest.raises(ValueError, match='not a registered output'):
        spec.default_output_node = 'nothing'
    with pytest.raises(ValueError, match='must be `Dict`'):
        spec.default_output_node = 'number'
    spec.default_output_node = 'parameters'
    assert spec.default_output_node == 'parameters'
    outputs: Any = spec.outputs
    assert outputs['parameters'].pass_to_parser
    assert not outputs['number'].pass_to_parser

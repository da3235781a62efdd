"""Builders: inputs set one by one, checked at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aiida import orm
from aiida.engine import ProcessBuilder, ProcessBuilderNamespace, WorkChain, run, run_get_node


class Buildable(WorkChain):
    """Has ports of all kinds."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('number', valid_type=orm.Int, help='a number')
        spec.input('default', valid_type=orm.Str, default=lambda: orm.Str('d'))
        spec.input('raw', valid_type=int, non_db=True, required=False)
        spec.input('deep.inner.leaf', valid_type=orm.Int, required=False)
        spec.input('deep.inner.positive', valid_type=orm.Int, required=False, validator=_positive)
        spec.input_namespace('free', valid_type=orm.Int, required=False)
        spec.outline(cls.only)

    def only(self) -> None:
        pass


def _positive(value: Any, port: Any) -> str | None:
    return None if value is None or value.value > 0 else 'must be positive'


@pytest.fixture
def builder() -> Any:
    return Buildable.get_builder()


def test_knows_its_class_and_ports(builder: Any) -> None:
    assert isinstance(builder, ProcessBuilder)
    assert builder.process_class is Buildable
    assert isinstance(builder.deep.inner, ProcessBuilderNamespace)
    assert {'number', 'default', 'raw', 'deep', 'free', 'metadata'} <= set(dir(builder))
    assert {'leaf', 'positive'} <= set(dir(builder.deep.inner))
    assert 'label' in dir(builder.metadata)


def test_docstring_of_a_port_describes_it(builder: Any) -> None:
    text = type(builder).number.__doc__
    for part in ('"name": "number"', '"required": "True"', '"non_db": "False"', '"help": "a number"', 'Int'):
        assert part in text
    assert 'default' in type(builder).default.__doc__


def test_values_are_converted_and_read_back(builder: Any) -> None:
    builder.number = 3
    builder['raw'] = 4
    builder.deep.inner.leaf = 5
    builder.metadata.label = 'mine'
    builder.free.anything = orm.Int(6)
    assert isinstance(builder.number, orm.Int)
    assert builder['number'].value == 3
    assert builder.raw == 4
    assert builder.deep['inner']['leaf'].value == 5
    assert builder.free.anything.value == 6
    assert builder.default().value == 'd'  # the default, which nobody set
    assert 'default' not in builder
    assert len(builder) == 5
    assert set(builder) == {'number', 'raw', 'deep', 'free', 'metadata'}


@pytest.mark.parametrize(
    ('name', 'value', 'error', 'message'),
    [
        ('unknown', 1, AttributeError, 'unknown'),
        ('number', 'text', ValueError, 'not of the right type'),
        ('number', None, ValueError, 'not of the right type'),
        ('raw', 'text', ValueError, 'not of the right type'),
        ('deep', 3, TypeError, 'instead of a dictionary'),
        ('deep', {'inner': {'unknown': 1}}, ValueError, 'unknown'),
        ('deep', {'inner': {'leaf': 'x'}}, ValueError, 'not of the right type'),
        ('deep', {'inner': {'positive': -1}}, ValueError, 'must be positive'),
        ('free', {'a': 'text'}, ValueError, 'Invalid type'),
        ('metadata', {'label': 3}, ValueError, 'not of the right type'),
    ],
)
def test_refused_at_once(builder: Any, name: str, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        setattr(builder, name, value)
    with pytest.raises(error, match=message):
        builder[name] = value
    assert 'number' not in builder


def test_removing(builder: Any) -> None:
    builder.number = 1
    del builder.number
    assert 'number' not in builder
    builder.number = 1
    del builder['number']
    with pytest.raises(KeyError):
        del builder['number']
    with pytest.raises(AttributeError):
        del builder.number
    builder.deep.inner.leaf = 1
    del builder.deep
    assert builder._inputs(prune=True) == {}
    assert isinstance(builder.deep.inner, ProcessBuilderNamespace)


def test_update_replaces_namespaces_and_merge_does_not(builder: Any) -> None:
    builder.deep.inner.leaf = 1
    builder._merge({'deep': {'inner': {'positive': 2}}}, number=3)
    assert (builder.deep.inner.leaf, builder.deep.inner.positive, builder.number) == (1, 2, 3)
    builder._update(deep={'inner': {'positive': 4}})
    assert builder.deep.inner.leaf is None
    assert builder.deep.inner.positive == 4
    builder._update({'number': 5}, raw=6)
    assert (builder.number, builder.raw) == (5, 6)
    for method in (builder._update, builder._merge):
        with pytest.raises(TypeError):
            method({}, {})


def test_merge_does_not_descend_into_nodes() -> None:
    class WithDict(Buildable):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            spec.input('parameters', valid_type=orm.Dict)

    builder: Any = WithDict.get_builder()
    builder.parameters = {'a': 1}
    builder._merge({'parameters': orm.Dict({'b': 2})})
    assert builder.parameters.get_dict() == {'b': 2}


def test_pruning_keeps_none_and_empty_lists_and_nodes(builder: Any) -> None:
    kept = {'a': None, 'b': [], 'c': orm.Dict({}), 'd': {'e': {}, 'f': {'g': {}}}}
    pruned = builder._prune(kept)
    assert set(pruned) == {'a', 'b', 'c'}
    assert builder._inputs() == {'deep': {'inner': {}}, 'free': {}, 'metadata': {}}
    assert builder._inputs(prune=True) == {}


def test_shown_as_values(builder: Any) -> None:
    builder.number = 3
    assert repr(builder) == repr({**builder._data})
    assert repr(builder.number) in repr(builder)
    assert "'deep': {'inner': {}}" in repr(builder)
    shown = []

    class Printer:
        def text(self, text: str) -> None:
            shown.append(text)

    builder.metadata.label = 'mine'
    builder._repr_pretty_(Printer(), None)
    assert shown[0].splitlines()[0] == 'Process class: Buildable'
    assert 'number: 3' in shown[0]
    assert 'label: mine' in shown[0]


def test_own_names_begin_with_an_underscore(builder: Any) -> None:
    builder._note = 1
    assert builder._note == 1
    assert '_note' not in builder
    del builder._note
    with pytest.raises(AttributeError):
        _ = builder._note
    with pytest.raises(AttributeError):
        _ = builder.nothing


def test_two_builders_do_not_share_anything() -> None:
    first, second = Buildable.get_builder(), Buildable.get_builder()
    first.number = 1  # type: ignore[attr-defined]
    assert second.number is None  # type: ignore[attr-defined]


def test_launched(builder: Any) -> None:
    builder.number = 3
    builder.metadata.label = 'mine'
    _, node = run_get_node(builder)
    assert node.is_finished_ok
    assert node.label == 'mine'
    assert node.inputs.number == 3
    assert node.inputs.default == 'd'
    _, node = run_get_node(builder, number=4)
    assert node.inputs.number == 4
    assert builder.number == 3


def test_restart_builder_has_the_inputs_of_a_node(builder: Any) -> None:
    builder.number = 3
    builder.deep.inner.leaf = 4
    builder.metadata.description = 'first'
    _, node = run_get_node(builder)
    again: Any = node.get_builder_restart()
    assert again.process_class is Buildable
    assert (again.number, again.deep.inner.leaf) == (3, 4)
    assert again.metadata.description == 'first'
    run(again)


def test_refusals_name_the_dotted_path(builder: Any) -> None:
    with pytest.raises(TypeError, match=r'inputs\.deep\.inner\.leaf'):
        builder.deep.inner.leaf = object()
    with pytest.raises(TypeError, match=r'inputs\.deep\.inner\.leaf'):
        builder.deep = {'inner': {'leaf': object()}}
    with pytest.raises(ValueError, match=r'inputs\.deep\.inner\.positive'):
        builder.deep.inner.positive = -1
    with pytest.raises(ValueError, match=r'inputs\.free\.a'):
        builder.free.a = orm.Str('')
    with pytest.raises(ValueError, match=r'inputs\.free\.a'):
        builder.free = {'a': orm.Str('')}


@pytest.mark.parametrize('how', [copy.copy, copy.deepcopy])
def test_copies_are_set_each_without_the_other(builder: Any, how: Any) -> None:
    stored, raw = orm.Int(1).store(), orm.Int(2)
    builder.number = stored
    builder.deep.inner.leaf = raw
    other = how(builder)
    assert isinstance(other, ProcessBuilder)
    assert other.process_class is Buildable
    assert other.number is stored
    assert (other.deep.inner.leaf is raw) == (how is copy.copy)
    other.deep.inner.leaf = 3
    other.deep.inner.positive = 4
    del other.number
    other.free.a = orm.Int(5)
    assert (builder.number, builder.deep.inner.leaf, builder.deep.inner.positive) == (stored, raw, None)
    assert len(builder.free) == 0
    other.number = 6
    assert run_get_node(other).node.inputs.deep.inner.leaf.value == 3


def test_unknown_inputs_are_refused_with_those_there_are(builder: Any) -> None:
    with pytest.raises(AttributeError, match=r'leef; of `inputs\.deep\.inner`, did you mean `leaf`\? it has: leaf'):
        builder.deep.inner.leef = 1
    with pytest.raises(AttributeError, match=r'nmber; of `inputs`, did you mean `number`\? it has: number, .*metadata'):
        builder.nmber = 1
    with pytest.raises(ValueError, match=r'inputs\.deep\.inner.*did you mean `positive`\? it has: positive, leaf'):
        run(Buildable, number=1, deep={'inner': {'positiv': 1}})

"""Functions as processes."""

from __future__ import annotations

import enum
import typing as t
from typing import Any

import pytest
from engine_samples import add, add_twice, fail

from aiida import orm
from aiida.common.exceptions import InvalidOperation
from aiida.common.links import LinkType
from aiida.engine import (
    ExitCode,
    FunctionProcess,
    calcfunction,
    is_process_function,
    run,
    run_get_node,
    run_get_pk,
    workfunction,
)
from aiida.engine.processes.functions import infer_valid_type_from_type_annotation

# mypy: disable-error-code="no-untyped-def,misc"


class Colour(enum.Enum):
    RED = 'red'


def labels(node: Any, *kinds: LinkType) -> list[str]:
    return sorted(link.link_label for link in node.base.links.get_incoming(link_type=kinds))


def inputs_of(node: Any) -> list[str]:
    return labels(node, LinkType.INPUT_CALC, LinkType.INPUT_WORK)


@calcfunction
def total(a, *args, b=3, **kwargs):
    """Add all numbers up.

    :param a: the first
    :param b: the one
        with a default
    """
    return orm.Int(a.value + b.value + sum(n.value for n in args) + sum(n.value for n in kwargs.values()))


@calcfunction
def defaults(x, y=2, z=None):
    return orm.Int(x.value + y.value + (0 if z is None else z.value))


@calcfunction
def positional_only(x, y, /, z=1):
    return orm.Int(x.value + y.value + z.value)


@pytest.mark.parametrize(
    ('args', 'kwargs', 'expected', 'inputs'),
    [
        ((1,), {}, 4, ['a', 'b']),
        ((1, 2, 3), {}, 9, ['a', 'args_0', 'args_1', 'b']),
        ((1, 2, 3), {'b': 4, 'k': 5}, 15, ['a', 'args_0', 'args_1', 'b', 'k']),
        ((), {'a': 1, 'b': 2}, 3, ['a', 'b']),
        ((orm.Int,), {}, None, []),
    ],
)
def test_ways_to_give_arguments(args: Any, kwargs: Any, expected: int | None, inputs: list[str]) -> None:
    if expected is None:
        with pytest.raises(TypeError):
            total(*args, **kwargs)
        return
    result, node = total.run_get_node(*args, **kwargs)
    assert result == expected
    assert inputs_of(node) == inputs


def test_defaults_are_nodes_of_each_process() -> None:
    _, first = defaults.run_get_node(1)
    _, second = defaults.run_get_node(1)
    assert inputs_of(first) == ['x', 'y']
    assert first.inputs.y == second.inputs.y == 2
    assert first.inputs.y.uuid != second.inputs.y.uuid
    result, node = defaults.run_get_node(1, 1, 1)
    assert (result, inputs_of(node)) == (3, ['x', 'y', 'z'])
    assert defaults(1, z=None) == 3


@pytest.mark.parametrize('default', [lambda: orm.Int(5), lambda: 5])
def test_default_that_is_a_function_is_called_when_it_is_used(default: Any) -> None:
    @calcfunction
    def sum_with_default(x, b=default):
        return x + b

    first, second = sum_with_default.run_get_node(1)[1], sum_with_default.run_get_node(1)[1]
    assert first.outputs.result.value == 6
    assert inputs_of(first) == ['b', 'x']
    assert first.inputs.b.pk != second.inputs.b.pk
    assert sum_with_default(1, b=2).value == 3


def test_positional_only() -> None:
    assert positional_only(1, 2) == 4
    assert positional_only(1, 2, z=5) == 8


@pytest.mark.parametrize(
    ('args', 'kwargs', 'error', 'message'),
    [
        ((1,), {}, ValueError, r'inputs\.y'),
        ((1, 2, 3), {}, TypeError, r'add\(\) takes 2 positional arguments but 3 were given'),
        ((1,), {'z': 2}, ValueError, 'does not support these kwargs'),
        ((1,), {'x': 2}, TypeError, 'multiple values'),
        ((1, None), {}, ValueError, 'not of the right type'),
        ((1, object()), {}, TypeError, 'node type|Cannot convert'),
        ((1, 2), {'metadata': {'nothing': 1}}, ValueError, r'inputs\.metadata'),
    ],
)
def test_wrong_calls_leave_nothing_behind(args: Any, kwargs: Any, error: type[Exception], message: str) -> None:
    before = orm.QueryBuilder().append(orm.Node).count()
    with pytest.raises(error, match=message):
        add(*args, **kwargs)
    assert orm.QueryBuilder().append(orm.Node).count() == before


def test_all_ways_to_run() -> None:
    assert add(1, 2) == 3
    assert add.run(1, 2) == 3
    result, pk = add.run_get_pk(1, 2)
    assert (result, type(pk)) == (3, int)
    result, node = add.run_get_node(1, 2)
    assert result == 3
    assert isinstance(node, orm.CalcFunctionNode)
    assert run(add, x=1, y=2) == 3
    assert run(add, {'x': 1, 'y': 2}) == 3
    assert run(add, inputs={'x': 1, 'y': 2}) == 3
    assert run(add, orm.Int(1), orm.Int(2)) == 3
    assert run_get_node(add, x=1, y=2).node.is_finished_ok
    assert run_get_pk(add, x=1, y=2).result == 3
    assert run.get_node(add, x=1, y=2).result == 3  # type: ignore[attr-defined]
    assert run.get_pk(add, x=1, y=2).pk > 0  # type: ignore[attr-defined]
    builder: Any = add.process_class.get_builder()
    builder.x, builder.y = 1, 2
    assert run(builder)['result'] == 3
    with pytest.raises(ValueError, match='both'):
        run(add, {'x': 1}, y=2)


def test_what_a_process_function_tells_of_itself() -> None:
    assert is_process_function(add)
    assert not is_process_function(len)
    assert add.node_class is orm.CalcFunctionNode
    assert add_twice.node_class is orm.WorkFunctionNode
    assert issubclass(add.process_class, FunctionProcess)
    assert add.process_class.__name__ == 'add'
    assert add.__name__ == 'add'
    assert list(add.spec().inputs) == ['metadata', 'x', 'y']
    assert not add.spec().inputs.dynamic
    assert total.spec().inputs.dynamic
    assert total.spec().inputs.help == 'Add all numbers up.'
    inputs: Any = total.spec().inputs
    assert inputs['a'].help == 'the first'
    assert inputs['b'].help == 'the one\nwith a default'
    assert inputs['metadata']['label'].default == 'total'


@pytest.mark.parametrize(
    ('annotation', 'expected'),
    [
        (int, (orm.Int,)),
        (float, (orm.Float,)),
        (bool, (orm.Bool,)),
        (str, (orm.Str,)),
        (list, (orm.List,)),
        (dict, (orm.Dict,)),
        (Colour, (orm.EnumData,)),
        (orm.StructureData, (orm.StructureData,)),
        (t.Optional[int], (orm.Int, type(None))),  # noqa: UP045
        (int | str, (orm.Int, orm.Str)),
        (t.Union[orm.Int, float, None], (orm.Int, orm.Float, type(None))),  # noqa: UP007
        (t.Annotated[int, 'counted'], (orm.Int,)),
        (t.Any, ()),
        (t.Callable, ()),
        (complex, ()),
        (int | complex, ()),
    ],
)
def test_types_from_annotations(annotation: Any, expected: tuple[Any, ...]) -> None:
    assert infer_valid_type_from_type_annotation(annotation) == expected


def test_annotated_parameters_are_checked() -> None:
    @calcfunction
    def annotated(x: int, y: orm.Str, z: float | None = None):
        return orm.Str(f'{x.value}{y.value}')

    assert annotated(1, 'a') == '1a'
    for wrong in (('a', 'a'), (1, 2)):
        with pytest.raises(ValueError, match='not of the right type'):
            annotated(*wrong)
    with pytest.raises(ValueError, match=r'inputs\.z'):
        annotated(1, 'a', z='text')


def test_annotation_that_cannot_be_evaluated_spoils_nothing() -> None:
    @calcfunction
    def annotated(x: NotThere, y: int):  # type: ignore[name-defined]  # noqa: F821
        return orm.Int(y.value)

    assert annotated('anything', 2) == 2
    with pytest.raises(ValueError, match=r'inputs\.y'):
        annotated('anything', 'text')


def test_results() -> None:
    @calcfunction
    def give(kind):
        return {
            'nothing': None,
            'one': orm.Int(1),
            'two': {'a': orm.Int(1), 'b': orm.Int(2)},
            'nested': {'a': {'b': orm.Int(1)}},
            'code': ExitCode(300, 'bad'),
        }[kind.value]

    assert give('nothing') == {}
    assert give('one') == 1
    two = give('two')
    assert {key: value.value for key, value in two.items()} == {'a': 1, 'b': 2}
    _, node = give.run_get_node('nested')
    assert [link.link_label for link in node.base.links.get_outgoing()] == ['a__b']
    assert node.outputs.a.b == 1
    result, node = give.run_get_node('code')
    assert result == {}
    assert (node.exit_status, node.exit_message, node.is_failed) == (300, 'bad', True)


@pytest.mark.parametrize('value', [3, 'text', [orm.Int], object()])
def test_result_that_is_no_node(value: Any) -> None:
    @calcfunction
    def give():
        return value

    with pytest.raises(TypeError, match='must return a Data node'):
        give()
    node = orm.QueryBuilder().append(orm.CalcFunctionNode).first(flat=True)
    assert node.is_excepted
    assert node.is_sealed


def test_calcfunction_creates() -> None:
    @calcfunction
    def give_back(x):
        return x

    @calcfunction
    def store_itself(x):
        return orm.Int(1).store()

    for function in (give_back, store_itself):
        with pytest.raises(ValueError, match='already stored'):
            function(1)
    for node in orm.QueryBuilder().append(orm.CalcFunctionNode).all(flat=True):
        assert node.is_excepted
        assert node.is_sealed
        assert node.exit_status is None
        assert not node.base.links.get_outgoing().all()


def test_workfunction_returns() -> None:
    @workfunction
    def choose(a, b):
        return a

    @workfunction
    def create(a):
        return orm.Int(1)

    one = orm.Int(1)
    result, node = choose.run_get_node(one, 2)
    assert result.uuid == one.uuid
    assert [link.link_type for link in node.base.links.get_outgoing()] == [LinkType.RETURN]
    with pytest.raises(ValueError, match='which is not stored'):
        create(1)


def test_nested_calls_are_linked() -> None:
    result, node = add_twice.run_get_node(1, 2)
    assert result == 5
    assert [child.process_label for child in node.called] == ['add', 'add']
    assert all(child.caller.uuid == node.uuid for child in node.called)
    assert [link.link_label for link in node.base.links.get_outgoing(link_type=LinkType.CALL_CALC)] == ['CALL', 'CALL']
    assert result.creator.uuid == node.called[1].uuid
    assert node.called[1].inputs.x.creator.uuid == node.called[0].uuid


def test_calculation_calls_nothing() -> None:
    @calcfunction
    def outer(x):
        return add(x, x)

    with pytest.raises(InvalidOperation, match='calling processes from a calculation'):
        outer(1)


def test_recursion() -> None:
    @workfunction
    def count_down(n):
        return count_down(orm.Int(n.value - 1)) if n.value else n

    result, node = count_down.run_get_node(120)
    assert result == 0
    assert len(node.called_descendants) == 120


def test_exceptions_are_the_users() -> None:
    with pytest.raises(ValueError, match='boom 3'):
        fail(3)
    node = orm.QueryBuilder().append(orm.CalcFunctionNode).first(flat=True)
    assert (node.process_state.value, node.exception, node.is_sealed) == ('excepted', 'ValueError: boom 3', True)


def test_without_provenance_nothing_is_stored() -> None:
    before = orm.QueryBuilder().append(orm.Node).count()
    result, node = add.run_get_node(1, 2, metadata={'store_provenance': False})
    assert result == 3
    assert not result.is_stored
    assert not node.is_stored
    assert node.is_finished_ok
    result, node = add_twice.run_get_node(1, 2, metadata={'store_provenance': False})
    assert result == 5
    assert orm.QueryBuilder().append(orm.Node).count() == before
    with pytest.raises(ValueError, match='boom'):
        fail(1, metadata={'store_provenance': False})
    assert orm.QueryBuilder().append(orm.Node).count() == before


def test_metadata() -> None:
    _, node = add.run_get_node(1, 2, metadata={'label': 'mine', 'description': 'what for'})
    assert (node.label, node.description) == ('mine', 'what for')
    _, node = add.run_get_node(1, 2)
    assert node.label == 'add'

    @workfunction
    def outer(x):
        return add(x, x, metadata={'call_link_label': 'inner'})

    _, node = outer.run_get_node(1)
    assert [link.link_label for link in node.base.links.get_outgoing(link_type=LinkType.CALL_CALC)] == ['inner']


def test_parameter_called_metadata_is_refused() -> None:
    with pytest.raises(ValueError, match='metadata'):

        @calcfunction
        def wrong(metadata):
            return None


def test_function_processes_have_no_checkpoints(store: Any) -> None:
    with pytest.raises(RuntimeError, match='no checkpoints'):
        add.process_class(inputs={'x': 1, 'y': 2}, enable_persistence=True)
    _, node = add.run_get_node(1, 2)
    assert store.list_checkpoints() == []
    assert store.read_run(node.pk) is None


def test_interactive_function_without_source(tmp_path: Any) -> None:
    scope: dict[str, Any] = {'orm': orm, '__name__': 'interactive'}
    exec('def double(x):\n    return orm.Int(x.value * 2)', scope)
    result, node = calcfunction(scope['double']).run_get_node(4)
    assert result == 8
    assert node.base.attributes.get('function_name') == 'double'
    assert node.get_source_code_file() is None


def test_node_type_is_checked() -> None:
    with pytest.raises(TypeError, match='one of a calculation or workflow'):
        FunctionProcess.build(lambda x: None, node_class=orm.Int)  # type: ignore[arg-type]

"""Rows D: process functions."""

import asyncio
import enum
import inspect
import typing as t

import pytest
from conformance_inventory import row
from conformance_processes import Adder, add

from aiida import orm
from aiida.common.links import LinkType
from aiida.engine import (
    ExitCode,
    FunctionProcess,
    Process,
    ProcessState,
    calcfunction,
    is_process_function,
    run,
    run_get_node,
    submit,
    workfunction,
)
from aiida.manage.caching import enable_caching

pytestmark = pytest.mark.usefixtures('runner')


@row('D01')
def test_function_process():
    process_class = FunctionProcess.build(lambda_free, node_class=orm.CalcFunctionNode)
    assert issubclass(process_class, FunctionProcess)
    assert issubclass(process_class, Process)
    assert process_class.__name__ == 'lambda_free'
    assert process_class.args_to_dict(1, 2) == {'a': 1, 'b': 2}
    inputs = process_class.create_inputs(orm.Int(1), b=orm.Int(2))
    assert inputs == {'a': orm.Int(1), 'b': orm.Int(2)}
    process_class.validate_inputs(1, b=2)
    with pytest.raises(TypeError):
        process_class.validate_inputs(1, 2, 3)
    with pytest.raises(ValueError):
        process_class.validate_inputs(1, c=2)
    assert isinstance(process_class.get_or_create_db_record(), orm.CalcFunctionNode)
    process = process_class(inputs=inputs, enable_persistence=False)
    assert process.process_class is lambda_free
    assert process.execute().value == 3
    assert process.node.is_finished_ok
    with pytest.raises(RuntimeError):
        process_class(inputs=inputs, enable_persistence=True)
    for wrong in (orm.Int, int, 'no class'):
        with pytest.raises(TypeError):
            FunctionProcess.build(lambda_free, node_class=wrong)


def lambda_free(a, b):
    """Add.

    :param a: the first.
    :param b: the second.
    """
    return orm.Int(a.value + b.value)


@calcfunction
def sum_of(x, y):
    return x + y


@workfunction
def select(x, y):
    return x


@row('D02', 'D08')
def test_example_of_calcfunction():
    result, node = sum_of.run_get_node(orm.Int(4), orm.Int(5))
    assert result.value == 9
    assert isinstance(node, orm.CalcFunctionNode)
    assert result.base.links.get_incoming().one().link_label == 'result'
    assert result.base.links.get_incoming().one().link_type is LinkType.CREATE
    assert result.creator == node
    assert [(link.link_label, link.link_type) for link in node.base.links.get_incoming().all()] == [
        ('x', LinkType.INPUT_CALC),
        ('y', LinkType.INPUT_CALC),
    ]
    assert node.process_label == 'sum_of'
    assert node.process_state is ProcessState.FINISHED
    assert 'def sum_of' in node.get_function_source_code() or 'def sum_of' in node.get_source_code_file()


@row('D03', 'D08')
def test_example_of_workfunction():
    four = orm.Int(4)
    result, node = select.run_get_node(four, orm.Int(5))
    assert result is four or result.pk == four.pk
    assert result.value == 4
    assert isinstance(node, orm.WorkFunctionNode)
    assert node.base.links.get_outgoing().one().link_type is LinkType.RETURN
    assert result.creator is None


@row('D02', 'D03')
def test_what_each_may_do_with_data():
    @calcfunction
    def gives_back(x):
        return x

    @workfunction
    def creates():
        return orm.Int(1)

    @workfunction
    def calls(x, y):
        return sum_of(x, y)

    with pytest.raises(ValueError):
        gives_back(orm.Int(1))
    with pytest.raises(ValueError):
        creates()
    result, node = calls.run_get_node(orm.Int(1), orm.Int(2))
    assert result.value == 3
    assert [called.process_label for called in node.called] == ['sum_of']
    assert node.called[0].caller == node
    link = node.base.links.get_outgoing(link_type=LinkType.CALL_CALC).one()
    assert link.link_label == 'CALL'


@row('D04')
def test_is_process_function():
    assert is_process_function(sum_of)
    assert is_process_function(select)
    assert not is_process_function(lambda_free)
    assert not is_process_function(Adder)
    assert not is_process_function(None)
    assert sum_of.is_process_function is True


class Colour(enum.Enum):
    """An enumeration."""

    RED = 'red'


@row('D05')
def test_specification_out_of_the_signature():
    @calcfunction
    def function(plain, integer: int, node: orm.Str, either: int | str, maybe: orm.Int | None = None, *, key=5):
        """Summary.

        :param plain: anything,
            in two lines.
        :param key: a number.
        """
        return orm.Int(1)

    inputs = function.spec().inputs
    assert [name for name in inputs if name != 'metadata'] == ['plain', 'integer', 'node', 'either', 'maybe', 'key']
    types = {name: port.valid_type for name, port in inputs.items() if name != 'metadata'}
    assert types['plain'] in (orm.Data, (orm.Data,))
    assert types['integer'] in (orm.Int, (orm.Int,))
    assert types['node'] in (orm.Str, (orm.Str,))
    assert set(types['either']) == {orm.Int, orm.Str}
    assert set(types['maybe']) == {orm.Int, type(None)}
    assert inputs['plain'].required
    assert not inputs['maybe'].required
    assert not inputs['key'].required
    assert inputs['plain'].help == 'anything,\nin two lines.'
    assert inputs['key'].help == 'a number.'
    assert inputs['integer'].help is None
    with pytest.raises(ValueError, match='integer'):
        function(1, 'a', 'b', 2)
    assert function(1, 2, 'b', 'c').value == 1


@row('D05')
@pytest.mark.parametrize(
    ('annotation', 'expected'),
    [
        (bool, orm.Bool),
        (float, orm.Float),
        (str, orm.Str),
        (list, orm.List),
        (dict, orm.Dict),
        (Colour, orm.EnumData),
        (t.Dict, orm.Dict),  # noqa: UP006
        (orm.StructureData, orm.StructureData),
    ],
)
def test_annotations(annotation, expected):
    def function(x):
        return None

    function.__annotations__ = {'x': annotation}
    valid_type = calcfunction(function).spec().inputs['x'].valid_type
    assert valid_type in (expected, (expected,))


@row('D06', 'P13')
def test_ways_to_call():
    x, y = orm.Int(1), orm.Int(2)
    assert add(x, y).value == 3
    assert add(x=x, y=y).value == 3
    assert add.run(x, y).value == 3
    result, node = add.run_get_node(x, y)
    assert (result.value, node.is_finished_ok) == (3, True)
    result, pk = add.run_get_pk(x, y)
    assert (result.value, orm.load_node(pk).is_finished_ok) == (3, True)
    assert node.outputs.result.value == 3
    assert run(add, x, y) == run(add, x=x, y=y) == orm.Int(3)
    result, node = run.get_node(add, x, y)
    assert result.value == 3
    assert issubclass(add.process_class, FunctionProcess)
    assert add.node_class is orm.CalcFunctionNode
    assert add.spec() is add.process_class.spec()
    assert callable(add.recreate_from)
    assert inspect.signature(add).parameters.keys() == {'x', 'y'}


@row('D06')
def test_several_outputs_and_exit_codes():
    @calcfunction
    def several(x):
        return {'double': orm.Int(2 * x.value), 'deep': {'half': orm.Float(x.value / 2)}}

    @calcfunction
    def wrong():
        return ExitCode(400, 'not today')

    @calcfunction
    def nothing():
        return None

    @calcfunction
    def number():
        return 5

    result, node = several.run_get_node(4)
    assert result['double'].value == 8
    assert result['deep']['half'].value == 2.0
    assert sorted(node.base.links.get_outgoing().all_link_labels()) == ['deep__half', 'double']
    result, node = wrong.run_get_node()
    assert (node.exit_status, node.exit_message, result) == (400, 'not today', {})
    result, node = nothing.run_get_node()
    assert (node.exit_status, result) == (0, {})
    with pytest.raises(TypeError):
        number()


@row('D07', 'P4')
def test_functions_are_not_submitted(runner):
    for launch in (submit, runner.submit, runner.schedule):
        with pytest.raises((TypeError, ValueError), match='sum_of'):
            launch(sum_of, x=orm.Int(1), y=orm.Int(2))
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('D09')
def test_defaults_and_none():
    @calcfunction
    def function(x, y=5, z=None, *, w='text'):
        seen.append((x, y, z, w))
        return orm.Int(1)

    seen = []
    node = function.run_get_node(1)[1]
    x, y, z, w = seen[0]
    assert (x.value, y.value, z, w.value) == (1, 5, None, 'text')
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['w', 'x', 'y']
    assert node.label == 'function'
    function(1, 2, orm.Int(3), w='more')
    assert [value.value for value in seen[1]] == [1, 2, 3, 'more']
    other = function.run_get_node(1)[1]
    assert other.inputs.y.pk != node.inputs.y.pk
    assert function.run_get_node(1, metadata={'label': 'mine'})[1].label == 'mine'
    with pytest.raises(ValueError):
        function(None)


@row('D09')
def test_variadic_functions():
    @calcfunction
    def total(*args, **kwargs):
        return orm.Int(sum(value.value for value in (*args, *kwargs.values())))

    result, node = total.run_get_node(orm.Int(1), 2, a=orm.Int(3), b=4)
    assert result.value == 10
    assert sorted(node.base.links.get_incoming().all_link_labels()) == ['a', 'args_0', 'args_1', 'b']
    assert total.spec().inputs.dynamic

    @calcfunction
    def named(x, **kwargs):
        return orm.Int(x.value + sum(kwargs.values()).value)

    assert named(1, a=2).value == 3
    with pytest.raises(TypeError):
        named(1, 2)


@row('D09', 'M03')
def test_functions_without_provenance():
    result, node = add.run_get_node(orm.Int(1), orm.Int(2), metadata={'store_provenance': False})
    assert result.value == 3
    assert not node.is_stored
    assert not result.is_stored
    assert orm.QueryBuilder().append(orm.Node).count() == 0


@row('D06')
def test_an_exception():
    @calcfunction
    def fails(x):
        raise RuntimeError('on purpose')

    with pytest.raises(RuntimeError, match='on purpose'):
        fails(1)
    node = orm.QueryBuilder().append(orm.CalcFunctionNode).one()[0]
    assert node.is_excepted
    assert node.exception == 'RuntimeError: on purpose'


@row('D06', 'I07')
def test_functions_in_work_chains():
    results, node = run_get_node(Adder, x=1, y=2)
    assert results['sum'].value == 3
    (called,) = node.called
    assert called.process_label == 'add'
    assert node.base.links.get_outgoing(link_type=LinkType.RETURN).one().link_label == 'sum'


class Holder:
    """A class with a process function."""

    @staticmethod
    @calcfunction
    def static(x):
        return x + 1


@row('D02')
def test_functions_of_classes_and_closures():
    assert Holder.static(1).value == 2
    assert Holder().static(orm.Int(1)).value == 2

    offset = 5

    @calcfunction
    def closure(x):
        return x + offset

    assert closure(1).value == 6


@row('D03')
def test_recursion():
    @calcfunction
    def less(n):
        return n - 1

    @workfunction
    def through(n):
        return through(less(n)) if n.value > 0 else n

    result, node = through.run_get_node(orm.Int(12))
    assert result.value == 0
    assert len(node.called_descendants) == 24


@row('D06', 'I01')
def test_functions_and_launchers_in_a_running_loop():
    """As in a notebook, whose cells are run by an event loop."""

    async def cell():
        assert add(1, 2).value == 3
        assert run(Adder, x=1, y=2)['sum'].value == 3
        return asyncio.get_running_loop()

    assert asyncio.run(cell()).is_closed()


@row('D02')
def test_functions_are_cached():
    with enable_caching():
        first = sum_of.run_get_node(1, 2)[1]
        second = sum_of.run_get_node(1, 2)[1]
    assert second.base.caching.get_cache_source() == first.uuid


@row('D05')
def test_names_that_no_parameter_can_have():
    def function(metadata):
        return None

    with pytest.raises(ValueError, match='metadata'):
        calcfunction(function)

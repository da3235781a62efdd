"""Rows D: functions of every form, and what their signatures and docstrings say of the inputs."""

from __future__ import annotations

import functools
import inspect
import linecache
import threading
import typing as t

import pytest
from conformance_inventory import row

from aiida import orm
from aiida.engine import ExitCode, calcfunction, is_process_function, run, workfunction
from aiida.manage.caching import enable_caching

if t.TYPE_CHECKING:
    from nowhere import Missing

pytestmark = pytest.mark.usefixtures('runner')

NOTHING = object()
Number = t.NewType('Number', int)


def labels(node):
    return sorted(node.base.links.get_incoming(node_class=orm.Data).all_link_labels())


@calcfunction
def one(x):
    return orm.Int(1)


@row('D05')
def test_postponed_annotations():
    @calcfunction
    def function(
        integer: int,
        quoted: float,
        optional: t.Optional[str] = None,  # noqa: UP045
        either: int | str = 1,
        noted: t.Annotated[int, 'a number'] = 1,
        new: Number = 1,
        structure: orm.StructureData | None = None,
        anything: t.Any = None,
        generic: list[int] | None = None,
        missing: Missing = 1,
        nothing: None = None,
    ):
        return orm.Int(1)

    inputs = function.spec().inputs
    none = type(None)
    types = {name: port.valid_type for name, port in inputs.items() if name != 'metadata'}
    assert types == {
        'integer': (orm.Int,),
        'quoted': (orm.Float,),
        'optional': (orm.Str, none),
        'either': (orm.Int, orm.Str),
        'noted': (orm.Int,),
        'new': (orm.Int,),
        'structure': (orm.StructureData, none),
        'anything': (orm.Data, none),
        'generic': (orm.Data, none),
        'missing': (orm.Data,),
        'nothing': (orm.Data, none),
    }
    assert labels(function.run_get_node(1, 2.0)[1]) == ['either', 'integer', 'missing', 'new', 'noted', 'quoted']
    with pytest.raises(ValueError, match=r"'inputs\.integer'"):
        function('text', 2.0)


FIELDS = """Adds.

    More of it.

    :param x: the first,
        in two lines
    :type x: int
    :param int y: the second
    :returns: the sum
    """
EPYDOC = """Adds.

    More of it.

    @param x: the first,
        in two lines
    @type x: int
    @param y: the second
    @return: the sum
    """
GOOGLE = """Adds.

    More of it.

    Args:
        x: the first,
            in two lines
        y (dict[str, int]): the second

    Returns:
        y: the sum
    """
NUMPY = """
    Adds.

    More of it.

    Parameters
    ----------
    x : int
        the first,
        in two lines
    y : float, optional
        the second

    Returns
    -------
    y : int
        the sum
    """


@row('D05')
@pytest.mark.parametrize('docstring', [FIELDS, EPYDOC, GOOGLE, NUMPY], ids=['fields', 'epydoc', 'google', 'numpy'])
def test_styles_of_docstrings(docstring):
    def function(x, y):
        return None

    function.__doc__ = docstring
    inputs = calcfunction(function).spec().inputs
    assert (inputs['x'].help, inputs['y'].help) == ('the first,\nin two lines', 'the second')
    assert inputs.help == 'Adds.\n\nMore of it.'


@row('D05')
def test_docstrings_that_say_less():
    def function(x, y, *args, **kwargs):
        """Parameters
        ----------
        x, y : int
            both
        """

    inputs = calcfunction(function).spec().inputs
    assert (inputs['x'].help, inputs['y'].help, inputs.help) == ('both', 'both', None)
    function.__doc__ = 'Args: no section\nx: no parameter'
    inputs = calcfunction(function).spec().inputs
    assert (inputs['x'].help, inputs.help) == (None, 'Args: no section\nx: no parameter')


@calcfunction
def of_all_kinds(a, /, b, *args, c=1, **kwargs):
    rest = {name: value.value for name, value in kwargs.items()}
    return {'seen': orm.List([a.value, b.value, [value.value for value in args], c.value, rest])}


@row('D09')
def test_all_kinds_of_parameters():
    result, node = of_all_kinds.run_get_node(1, 2, 3, orm.Int(4), c=5, d=6)
    assert result['seen'].get_list() == [1, 2, [3, 4], 5, {'d': 6}]
    assert labels(node) == ['a', 'args_0', 'args_1', 'b', 'c', 'd']
    assert of_all_kinds(1, b=2)['seen'].get_list() == [1, 2, [], 1, {}]
    assert run(of_all_kinds, 1, 2, c=3)['seen'].get_list() == [1, 2, [], 3, {}]


@row('D09')
@pytest.mark.parametrize(
    ('call', 'error', 'words'),
    [
        (lambda: one(), ValueError, ["'inputs.x'", 'not provided']),
        (lambda: one(1, 2), TypeError, ['one()', '1 positional', '2 were given']),
        (lambda: one(1, x=2), TypeError, ['one()', 'multiple values', 'x']),
        (lambda: one(1, y=2), ValueError, ['one', "['y']", "['x']"]),
        (lambda: one(1, metadta={}), ValueError, ['did you mean `metadata`']),
        (lambda: one(None), ValueError, ["'inputs.x'", 'NoneType']),
        (lambda: one(object()), TypeError, ["'inputs.x'", 'object']),
        (lambda: of_all_kinds(1, 2, None), ValueError, ["'inputs.args_0'", 'NoneType']),
        (lambda: of_all_kinds(1, 2, object()), TypeError, ["'inputs.args_0'", 'object']),
        (lambda: of_all_kinds(1, 2, d=None), ValueError, ["'inputs.d'", 'NoneType']),
        (lambda: of_all_kinds(1, 2, d=object()), TypeError, ["'inputs.d'", 'object']),
        (lambda: of_all_kinds(1, 2, 3, args_0=4), RuntimeError, ['of_all_kinds()', '`args_0`']),
    ],
)
def test_calls_that_are_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert [word for word in words if word not in str(caught.value)] == []
    assert orm.QueryBuilder().append(orm.ProcessNode).count() == 0


@row('D09')
def test_nodes_in_mappings_are_linked():
    @calcfunction
    def kinds(**kwargs):
        return orm.Dict({name: type(value).__name__ for name, value in kwargs.items()})

    result, node = kinds.run_get_node(a={'x': orm.Int(1), 'deep': {'y': 2}}, b={'plain': 1})
    assert labels(node) == ['a__deep', 'a__x', 'b']
    assert node.inputs.b.get_dict() == {'plain': 1}
    assert result.get_dict()['b'] == 'Dict'


@row('D09', 'P6')
def test_a_node_as_default_of_a_parameter():
    default = orm.Int(3)

    @calcfunction
    def function(x, y=default, z=lambda: orm.Int(4), items=[1]):  # noqa: B006
        return orm.Int(y.value + z.value)

    first, second = function.run_get_node(1)[1], function.run_get_node(1)[1]
    assert first.inputs.y.pk != second.inputs.y.pk
    assert not default.is_stored
    assert (second.inputs.z.value, second.inputs.items.get_list()) == (4, [1])

    @calcfunction
    def wrong(x, y=NOTHING):
        return orm.Int(1)

    with pytest.raises(TypeError, match=r'wrong\(y='):
        wrong(1)


async def coroutine(x):
    return orm.Int(1)


def generator(x):
    yield orm.Int(1)


@row('D01', 'D02')
@pytest.mark.parametrize(
    ('wrong', 'word'),
    [
        (coroutine, 'coroutine'),
        (generator, 'generator'),
        (len, 'len'),
        (functools.partial(one, 1), 'partial'),
        (int, 'int'),
        (5, '5'),
    ],
)
def test_what_is_no_function(wrong, word):
    for decorator in (calcfunction, workfunction):
        with pytest.raises(TypeError, match=word):
            decorator(wrong)


class Holder:
    """A class with process functions."""

    factor = 2

    @staticmethod
    @calcfunction
    def above(x):
        return orm.Int(x.value + 1)

    @calcfunction
    @staticmethod
    def below(x):
        return orm.Int(x.value + 1)

    @calcfunction
    @classmethod
    def of_class(cls, x):
        return orm.Int(x.value * cls.factor)

    @calcfunction
    def of_instance(self, x):
        return x


class Other(Holder):
    """A class that has them too."""

    factor = 3


@row('D02')
def test_functions_of_classes():
    for name in ('above', 'below'):
        for holder in (Holder, Holder(), Other):
            assert getattr(holder, name)(1).value == 2
        node = getattr(Holder, name).run_get_node(1)[1]
        assert (node.process_label, node.label) == (f'Holder.{name}', name)
        assert node.process_type == f'{__name__}.Holder.{name}'
    assert (Holder.of_class(5).value, Other().of_class(5).value) == (10, 15)
    node = Other.of_class.run_get_node(5)[1]
    assert labels(node) == ['x']
    assert Holder.of_class is Holder.of_class
    assert is_process_function(Holder.of_class)
    assert 'def of_class' in node.get_source_code_function()
    with pytest.raises(TypeError, match=r'`self` of Holder\.of_instance.*staticmethod'):
        Holder().of_instance(1)


@row('D02')
def test_names_of_functions_within_functions():
    @calcfunction
    def inner(x):
        return orm.Int(1)

    node = inner.run_get_node(1)[1]
    name = 'test_names_of_functions_within_functions.<locals>.inner'
    assert (node.process_label, node.label, node.function_name) == (name, 'inner', 'inner')
    assert inner.process_class.__name__ == name
    nameless = calcfunction(lambda x: orm.Int(2))
    result, node = nameless.run_get_node(1)
    assert (result.value, node.label) == (2, '<lambda>')
    assert 'lambda x: orm.Int(2)' in node.get_source_code_function()


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@calcfunction
@logged
def first_decorated(x: int, y=2):
    """Add.

    :param x: the first.
    """
    return x + y


@calcfunction
@logged
def second_decorated(x):
    return x + 100


@row('D02', 'D05')
def test_decorated_functions():
    result, node = first_decorated.run_get_node(1)
    assert (result.value, labels(node)) == (3, ['x', 'y'])
    port = first_decorated.spec().inputs['x']
    assert (port.help, port.valid_type) == ('the first.', (orm.Int,))
    assert 'def first_decorated' in node.get_source_code_function()
    other = second_decorated.run_get_node(1)[1]
    assert 'x + 100' in other.get_source_code_function()
    assert node.get_source_code_file() == other.get_source_code_file()
    outside = logged(one)
    assert outside(1).value == 1
    assert is_process_function(outside)


@row('D02')
def test_the_source_of_a_cell():
    def cell(number, source):
        name = f'<ipython-input-{number}-of-tests>'
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        namespace = {'calcfunction': calcfunction, 'orm': orm, '__name__': '__main__'}
        exec(compile(source, name, 'exec'), namespace)
        return namespace['function']

    text = '@calcfunction\ndef function(x):\n    return orm.Int(1)\n'
    for number, source in enumerate((text + '# the first\n', text + '# the second\n', '\n' + text)):
        node = cell(number, source).run_get_node(1)[1]
        assert node.get_source_code_file() == source
        assert node.get_source_code_function() == text.rstrip()


@row('D02')
def test_a_function_without_source():
    namespace = {'calcfunction': calcfunction, 'orm': orm, '__name__': 'made'}
    exec('@calcfunction\ndef function(x):\n    return orm.Int(1)\n', namespace)
    node = namespace['function'].run_get_node(1)[1]
    assert (node.function_name, node.function_namespace) == ('function', 'made')
    assert node.get_source_code_file() is None
    assert node.get_source_code_function() is None
    assert node.function_starting_line_number is None
    assert node.function_number_of_lines is None


def twice(node):
    return {'a': node, 'b': {'c': node}}


@row('D06')
@pytest.mark.parametrize(
    ('make', 'error', 'words'),
    [
        (lambda: 5, TypeError, ['5', 'int']),
        (lambda: [orm.Int(1)], TypeError, ['list']),
        (lambda: {'a': 5}, TypeError, ["'a'", '5']),
        (lambda: {1: orm.Int(1)}, TypeError, ['[1]', 'string']),
        (lambda: {'a b': orm.Int(1)}, ValueError, ['a b']),
        (lambda: twice(orm.Int(1)), ValueError, ['`a`', '`b__c`', 'clone']),
        (lambda: orm.Int(1).store(), ValueError, ['stored']),
    ],
)
def test_what_a_calculation_must_not_return(make, error, words):
    @calcfunction
    def function():
        return make()

    with pytest.raises(error) as caught:
        function()
    assert [word for word in words if word not in str(caught.value)] == []
    assert orm.QueryBuilder().append(orm.CalcFunctionNode).one()[0].is_excepted


@row('D06', 'B03')
def test_exit_codes_of_functions():
    @calcfunction
    def function(x):
        return ExitCode(x.value, 'as asked')

    node = function.run_get_node(7)[1]
    assert (node.exit_status, node.exit_message) == (7, 'as asked')
    assert function.run_get_node(0)[1].is_finished_ok


@row('D06')
def test_functions_in_threads():
    found = []
    threads = [threading.Thread(target=lambda: found.append(one(1).value)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1, 1]


@calcfunction
def many(x):
    return {'a': orm.Int(1), 'b': {'c': orm.Int(2)}}


@row('D02', 'C09')
@pytest.mark.parametrize('function', [many, Holder.above, Holder.below], ids=['many', 'above', 'below'])
def test_when_functions_are_cached(function):
    first = function.run_get_node(1)[1]
    assert first.process_class is function
    with enable_caching():
        second = function.run_get_node(1)[1]
        assert second.base.caching.get_cache_source() == first.uuid
        assert second.outputs != first.outputs
        assert not function.run_get_node(1, metadata={'disable_cache': True})[1].base.caching.is_created_from_cache
    assert not function.run_get_node(1)[1].base.caching.is_created_from_cache
    with enable_caching(identifier=first.process_type):
        assert function.run_get_node(1)[1].base.caching.is_created_from_cache
    builder = first.get_builder_restart()
    assert builder.x.uuid == first.inputs.x.uuid
    assert run(builder)


@row('D02', 'C09')
def test_what_cached_functions_return():
    many(1)
    with enable_caching():
        outputs, node = many.run_get_node(1)
    assert node.base.caching.is_created_from_cache
    assert (outputs['a'].value, outputs['b']['c'].value) == (1, 2)


@row('D01', 'D06')
def test_members_of_process_functions():
    assert inspect.signature(first_decorated).parameters.keys() == {'x', 'y'}
    assert first_decorated.__doc__.startswith('Add.')
    assert one.get_builder().process_class is one.process_class
    assert one.recreate_from.__self__ is one.process_class
    assert [is_process_function(item) for item in (one, one.run, one.process_class, one.spec)] == [
        True,
        True,
        False,
        False,
    ]

"""Rows H: builders."""

import copy
import json
from collections.abc import MutableMapping

import pytest
from conformance_inventory import row
from conformance_processes import Adder, add

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import ProcessBuilder, ProcessBuilderNamespace, WorkChain, run, run_get_node, submit
from aiida.plugins import CalculationFactory, WorkflowFactory

pytestmark = pytest.mark.usefixtures('runner')


class Nested(WorkChain):
    """Takes all kinds of inputs."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('x', valid_type=orm.Int, help='a number')
        spec.input('deep.down.y', valid_type=orm.Str, required=False)
        spec.input('deep.z', valid_type=orm.Float, default=lambda: orm.Float(0.5))
        spec.input_namespace('free', dynamic=True, valid_type=orm.Int, required=False)
        spec.input('plain', non_db=True, required=False, valid_type=dict)
        spec.input(
            'checked', valid_type=orm.Int, required=False, validator=lambda v, _: None if v.value > 0 else 'small'
        )


@pytest.fixture
def builder(runner):
    return Nested.get_builder()


@row('H01', 'H03', 'M05')
def test_builder(builder):
    assert type(builder).__name__ == 'ProcessBuilder'
    assert isinstance(builder, ProcessBuilder)
    assert isinstance(builder, ProcessBuilderNamespace)
    assert builder.process_class is Nested
    assert isinstance(ProcessBuilder(Adder), ProcessBuilder)
    for factory, name in (
        (CalculationFactory, 'core.arithmetic.add'),
        (WorkflowFactory, 'core.arithmetic.multiply_add'),
    ):
        assert factory(name).get_builder().process_class is factory(name)


@row('H03', 'M07')
def test_builders_of_functions():
    builder = add.get_builder()
    builder.x = 1
    builder.y = 2
    results, node = run_get_node(builder)
    assert node.is_finished_ok
    assert (results if isinstance(results, orm.Int) else results['result']).value == 3


@row('H02', 'H06')
def test_mapping(builder):
    assert isinstance(builder, MutableMapping)
    builder.x = orm.Int(1)
    builder['checked'] = orm.Int(2)
    assert builder['x'] is builder.x
    assert 'x' in builder
    assert builder.checked.value == 2
    assert set(builder) >= {'x', 'checked', 'deep', 'metadata'}
    assert len(builder) == len(list(builder))
    del builder.x
    assert 'x' not in builder
    del builder['checked']
    assert builder.checked is None
    assert 'checked' not in builder
    with pytest.raises((AttributeError, KeyError)):
        del builder.x
    builder._private = 5
    assert '_private' not in builder
    with pytest.raises(AttributeError):
        builder.no_such = 5
    with pytest.raises(AttributeError):
        _ = builder.no_such


@row('H04')
def test_completion(builder):
    assert {'x', 'deep', 'free', 'plain', 'checked', 'metadata'} <= set(dir(builder))
    assert {'down', 'z'} <= set(dir(builder.deep))
    assert 'y' in dir(builder.deep.down)
    assert {'label', 'description', 'store_provenance'} <= set(dir(builder.metadata))
    job = ArithmeticAddCalculation.get_builder()
    assert {'code', 'x', 'y', 'metadata'} <= set(dir(job))
    assert 'resources' in dir(job.metadata.options)


@row('H05')
def test_help(builder):
    found = type(builder).x
    assert isinstance(found, property)
    assert 'a number' in found.__doc__
    described = json.loads(type(ArithmeticAddCalculation.get_builder()).code.__doc__)
    assert described['name'] == 'code'
    assert described['non_db'] == 'False'
    assert 'AbstractCode' in described['valid_type']
    assert described['help']
    assert all(isinstance(value, str) for value in described.values())
    assert {'name', 'required', 'non_db', 'valid_type', 'help'} <= set(described)
    x = json.loads(type(builder).x.__doc__)
    assert (x['required'], 'default' in x) == ('True', False)
    assert 'default' in json.loads(type(builder.deep).z.__doc__)


@row('H06')
def test_assignment(builder):
    builder.metadata.label = 'This is my label'
    builder.metadata['description'] = 'An example'
    builder.x = 5
    assert builder.x == orm.Int(5)
    assert isinstance(builder.x, orm.Int)
    builder.deep = {'down': {'y': 'text'}}
    assert builder.deep.down.y == orm.Str('text')
    builder.deep.down.y = orm.Str('more')
    assert builder['deep']['down']['y'].value == 'more'
    builder.free.a = orm.Int(1)
    builder.free['b'] = orm.Int(2)
    assert {name: value.value if hasattr(value, 'value') else value for name, value in builder.free.items()} == {
        'a': 1,
        'b': 2,
    }
    builder.plain = {'any': 'thing'}
    assert builder.plain == {'any': 'thing'}


@row('H06')
@pytest.mark.parametrize(
    ('path', 'value', 'named'),
    [
        ('x', 'text', 'x'),
        ('checked', -1, 'checked'),
        ('deep', 5, 'deep'),
        ('deep', {'z': 'text'}, 'z'),
        ('deep.z', 'text', 'z'),
        ('free.a', 'text', 'a'),
        ('metadata.label', 5, 'label'),
        ('plain', 5, 'plain'),
    ],
)
def test_assignment_is_checked_at_once(builder, path, value, named):
    *namespaces, name = path.split('.')
    target = builder
    for namespace in namespaces:
        target = target[namespace]
    with pytest.raises((ValueError, TypeError), match=named):
        setattr(target, name, value)
    with pytest.raises((ValueError, TypeError), match=named):
        target[name] = value


@row('H06', 'A22')
def test_a_value_that_is_no_node_names_the_port(builder):
    with pytest.raises((ValueError, TypeError), match=r'\bx\b'):
        builder.x = object()


@row('H02')
def test_many_at_once(builder):
    builder._update({'x': 1, 'deep': {'z': 1.0, 'down': {'y': 'a'}}})
    assert builder.deep.down.y.value == 'a'
    builder._merge({'deep': {'z': 2.0}}, checked=3)
    assert (builder.deep.z.value, builder.deep.down.y.value, builder.checked.value) == (2.0, 'a', 3)
    builder._update(deep={'z': 3.0})
    assert (builder.deep.z.value, 'y' in builder.deep.down) == (3.0, False)
    with pytest.raises(TypeError):
        builder._update({}, {})
    with pytest.raises(TypeError):
        builder._merge({}, {})
    inputs = builder._inputs()
    assert inputs['free'] == {}
    assert type(inputs['deep']) is dict
    pruned = builder._inputs(prune=True)
    assert set(pruned) == {'x', 'deep', 'checked'}
    assert set(pruned['deep']) == {'z'}
    node = orm.Dict({})
    assert builder._prune({'a': {}, 'b': {'c': {}}, 'd': None, 'e': [], 'f': node}) == {'d': None, 'e': [], 'f': node}


@row('H07', 'P9')
def test_how_it_shows_itself(builder):
    builder.x = orm.Int(3)
    builder.metadata.label = 'mine'
    shown = repr(builder)
    assert shown.startswith('{')
    assert repr(builder.x) in shown
    assert "'label': 'mine'" in shown
    assert "'free': {}" in shown
    assert 'unstored' in shown

    class Printer:
        written = ''

        def text(self, text):
            self.written += text

    printer = Printer()
    builder._repr_pretty_(printer, False)
    assert 'Nested' in printer.written
    assert 'x: 3' in printer.written
    assert 'label: mine' in printer.written


@row('H07', 'P9')
def test_nodes_in_the_rich_form(bash):
    job = ArithmeticAddCalculation.get_builder()
    job.code, job.x, job.y = bash, 1, orm.Int(2)
    job.metadata.options.resources = {'num_machines': 1}

    class Printer:
        written = ''

        def text(self, text):
            self.written += text

    printer = Printer()
    job._repr_pretty_(printer, False)
    assert 'num_machines: 1' in printer.written
    assert 'bash' in printer.written


@row('H08', 'H09')
def test_launching_a_builder():
    builder = Adder.get_builder()
    builder.x = orm.Int(1)
    builder.y = 2
    builder.metadata.label = 'from a builder'
    results, node = run_get_node(builder)
    assert (results['sum'].value, node.label) == (3, 'from a builder')
    assert run(builder, metadata={'label': 'other'})['sum'].value == 3
    submitted = submit(builder)
    assert (submitted.process_state.value, submitted.inputs.y.value) == ('created', 2)


@row('H08')
def test_a_builder_that_lacks_an_input():
    with pytest.raises(ValueError, match=r'inputs\.x'):
        run(Adder.get_builder())


@row('H02')
@pytest.mark.parametrize('how', [copy.copy, copy.deepcopy])
def test_copies_of_a_builder(how):
    builder = Adder.get_builder()
    builder.x = 1
    other = how(builder)
    other.x, other.y = 2, 3
    assert (builder.x.value, builder.y) == (1, None)
    assert run(other)['sum'].value == 5


@row('H08')
def test_jobs_in_namespaces_of_a_builder(bash):
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(ArithmeticAddCalculation, namespace='add')
            spec.expose_outputs(ArithmeticAddCalculation)
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            inputs = self.exposed_inputs(ArithmeticAddCalculation, 'add')
            inputs.metadata.call_link_label = 'addition'
            self.to_context(job=self.submit(ArithmeticAddCalculation, **inputs))

        def collect(self):
            self.out_many(self.exposed_outputs(self.ctx.job, ArithmeticAddCalculation))

    builder = Outer.get_builder()
    builder.metadata.label = 'outer'
    builder.add.metadata.label = 'inner'
    builder.add.metadata.options.resources = {'num_machines': 1}
    builder.add.code, builder.add.x, builder.add.y = bash, 1, 2
    results, node = run_get_node(builder)
    assert results['sum'].value == 3
    assert (node.label, node.called[0].label) == ('outer', 'inner')
    again = node.called[0].get_builder_restart()
    again.y = 5
    assert run(again)['sum'].value == 6
    assert again.metadata.options.resources['num_machines'] == 1

"""Rows H: what is done to builders at the keyboard."""

import pickle

import pytest
from conformance_inventory import row
from conformance_processes import Adder, add

from aiida import orm
from aiida.calculations.arithmetic.add import ArithmeticAddCalculation
from aiida.engine import ProcessBuilder, ProcessBuilderNamespace, WorkChain, run, run_get_node

pytestmark = pytest.mark.usefixtures('runner')


def default_settings():
    return 'made'


class Many(WorkChain):
    """Takes inputs of all kinds."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('number', valid_type=orm.Int, required=False)
        spec.input('parameters', valid_type=orm.Dict, required=False)
        spec.input('plain', non_db=True, default={'list': [1]})
        spec.input('settings', non_db=True, default=default_settings)
        spec.input('deep.down.text', valid_type=orm.Str, required=False)
        spec.input('deep.other', valid_type=orm.Str, required=False)
        spec.input_namespace('free', dynamic=True, valid_type=orm.Int, required=False)
        spec.input_namespace(
            'both', required=False, validator=lambda values, _: None if len(values) == 2 else 'both are needed'
        )
        spec.input('both.a', required=False)
        spec.input('both.b', required=False)
        spec.outline(cls.only)

    def only(self):
        pass


@pytest.fixture
def builder(runner):
    return Many.get_builder()


@row('H06')
def test_what_is_not_set_reads_as_the_default(builder):
    assert builder.number is None
    assert builder.settings is default_settings
    assert builder.metadata.store_provenance is True
    assert builder.metadata.call_link_label == 'CALL'
    builder.plain['list'].append(2)
    assert builder.plain == Many.get_builder().plain == {'list': [1]}
    assert 'plain' not in builder
    with pytest.raises(KeyError):
        _ = builder['plain']
    assert builder._inputs(prune=True) == {}
    job = ArithmeticAddCalculation.get_builder()
    assert job.metadata.options.parser_name == 'core.arithmetic.add'
    assert job.metadata.options.resources == {'num_machines': 1, 'num_mpiprocs_per_machine': 1}
    assert 'resources' not in job.metadata.options


@row('H02', 'H06')
def test_taking_away(builder):
    builder.number, builder.free.a, builder.deep.down.text = 1, orm.Int(1), 'text'
    assert builder.pop('number').value == 1
    assert builder.pop('number', 'none') == 'none'
    del builder.free.a
    del builder.deep
    assert builder._inputs(prune=True) == {}
    builder.deep.down.text = 'again'
    assert dict([builder.popitem()]).keys() == {'deep'}
    builder.number = 1
    builder.clear()
    assert builder._inputs(prune=True) == {}
    assert builder.deep.down.text is None
    with pytest.raises(KeyError, match='no input is set'):
        builder.popitem()


@row('H02', 'H06')
@pytest.mark.parametrize('error', [AttributeError, KeyError])
def test_taking_away_what_is_not_there(builder, error):
    with pytest.raises(error, match=r'`number` in `inputs`.*not set'):
        del builder.number
    with pytest.raises(error, match=r'`number` in `inputs`.*not set'):
        del builder['number']
    with pytest.raises(error, match=r'`texts` in `inputs\.deep\.down`.*did you mean `text`'):
        del builder.deep.down.texts


@row('H06')
@pytest.mark.parametrize(
    ('code', 'error', 'words'),
    [
        ('builder.numbr = 1', AttributeError, ['numbr', '`inputs`', 'did you mean `number`']),
        ("builder['numbr'] = 1", AttributeError, ['numbr', '`inputs`', 'did you mean `number`']),
        ('builder.numbr', AttributeError, ['numbr', '`inputs`', 'did you mean `number`']),
        ('builder.deep.down.txt = 1', AttributeError, ['txt', '`inputs.deep.down`', 'did you mean `text`']),
        ("builder.deep = {'down': {'txt': 1}}", ValueError, ['txt', '`inputs.deep.down`', 'did you mean `text`']),
        ("builder.metadata = {'labl': 1}", ValueError, ['labl', '`inputs.metadata`', 'did you mean `label`']),
        ("builder.deep.down = {'text': 5}", ValueError, ['`inputs.deep.down.text`', 'Int', 'Str']),
        ('builder.deep = 5', TypeError, ['`inputs.deep`', 'int', 'dictionary']),
        ('builder.deep = None', TypeError, ['`inputs.deep`', 'NoneType', 'dictionary']),
        ("builder.free = {'a': 5}", ValueError, ['`inputs.free.a`', 'int', 'Int']),
        ('builder.free.a = 5', ValueError, ['`inputs.free.a`', 'int', 'Int']),
        ("builder.both = {'a': 1}", ValueError, ['`inputs.both`', 'both are needed']),
        ("builder._update({'numbr': 1})", AttributeError, ['numbr', 'did you mean `number`']),
        ("builder._merge({'deep': {'down': {'txt': 1}}})", AttributeError, ['txt', '`inputs.deep.down`']),
    ],
)
def test_refusals(builder, code, error, words):
    with pytest.raises(error) as caught:
        exec(code, {'builder': builder})
    assert [word for word in words if word not in str(caught.value)] == []
    assert builder._inputs(prune=True) == {}


@row('H02')
def test_merging_dictionaries(builder):
    builder.plain = {'a': 1, 'deep': {'b': 2}}
    first = orm.Dict({'a': 1, 'deep': {'b': 2}})
    for node in (first, first.clone().store()):
        builder.parameters = node
        builder._merge({'parameters': {'deep': {'c': 3}}, 'plain': {'deep': {'c': 3}}})
        merged = {'a': 1, 'deep': {'b': 2, 'c': 3}}
        assert (builder.parameters.get_dict(), builder.plain) == (merged, merged)
        assert node.get_dict() == {'a': 1, 'deep': {'b': 2}}
    builder._merge(parameters=orm.Dict({'z': 1}))
    assert builder.parameters.get_dict() == {'z': 1}
    builder._update({'parameters': {'y': 1}, 'plain': {'y': 1}})
    assert (builder.parameters.get_dict(), builder.plain) == ({'y': 1}, {'y': 1})


@row('H02')
def test_pickled_builders():
    builder = Adder.get_builder()
    builder.x, builder.metadata.label = orm.Int(1).store(), 'pickled'
    other = pickle.loads(pickle.dumps(builder))
    assert isinstance(other, ProcessBuilder)
    assert other.process_class is Adder
    assert (other.x.uuid, other.metadata.label) == (builder.x.uuid, 'pickled')
    other.y = 2
    assert builder.y is None
    assert run(other)['sum'].value == 3


@row('H07', 'P9')
def test_the_text_of_a_builder(bash):
    job = ArithmeticAddCalculation.get_builder()
    job.y, job.x, job.code = 2, orm.Int(1), bash
    job.metadata.computer = bash.computer
    job.metadata.options.resources = {'num_machines': 1}
    expected = (
        'Process class: ArithmeticAddCalculation\n'
        'Inputs:\n'
        'code: bash@here\n'
        'metadata:\n'
        '  computer: here\n'
        '  options:\n'
        '    resources:\n'
        '      num_machines: 1\n'
        'x: 1\n'
        'y: 2\n'
    )
    assert str(job) == f'{job}' == expected
    assert repr(job).startswith("{'metadata': {")
    assert str(job.metadata.options).startswith("{'stash': {")
    assert str(Adder.get_builder()) == 'Process class: Adder\nInputs:\n{}\n'


@row('H07')
def test_nodes_in_the_text_of_a_builder(runner):
    class Free(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.inputs.dynamic = True

    builder = Free.get_builder()
    builder.many, builder.some = orm.List([1, 2]), orm.Dict({'a': {'b': 1}})
    builder.folder, builder.kpoints = orm.FolderData(label='files').store(), orm.KpointsData()
    lines = str(builder).splitlines()
    assert f"folder: 'FolderData<{builder.folder.pk}>: files'" in lines
    assert 'kpoints: KpointsData (unstored)' in lines
    assert lines[-6:] == ['many:', '- 1', '- 2', 'some:', '  a:', '    b: 1']


@row('H01', 'H08')
def test_inputs_that_have_the_names_of_methods(runner):
    names = ('process_class', 'keys', 'items', 'values', 'get', 'pop', 'update', 'clear', 'copy', 'inputs')

    class Named(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            for name in names:
                spec.input(name, valid_type=orm.Int)
            spec.outline(cls.only)

        def only(self):
            pass

    builder = Named.get_builder()
    for number, name in enumerate(names):
        setattr(builder, name, number)
    node = run_get_node(builder).node
    assert {name: node.inputs[name].value for name in names} == {name: number for number, name in enumerate(names)}


@row('H01')
def test_what_has_no_builder():
    for wrong in (5, int, orm.Int):
        with pytest.raises(TypeError, match='no process class'):
            ProcessBuilder(wrong)


@row('H03', 'H08')
def test_builders_out_of_finished_processes():
    builder = Many.get_builder()
    builder.number, builder.deep.down.text, builder.free.a = 1, 'text', orm.Int(2)
    builder.metadata.label, builder.metadata.description = 'label', 'description'
    node = run_get_node(builder).node
    again = node.get_builder_restart()
    assert again.process_class is Many
    assert (again.number.uuid, again.free.a.uuid) == (node.inputs.number.uuid, node.inputs.free.a.uuid)
    assert again.deep.down.text.uuid == node.inputs.deep.down.text.uuid
    assert (again.metadata.label, again.metadata.description) == ('label', 'description')
    of_function = add.run_get_node(1, 2)[1].get_builder_restart()
    of_function.y = 5
    assert run(of_function)['result'].value == 6


@row('H04')
def test_what_editors_learn(builder):
    nested = type(builder).deep.fget.__annotations__['return']
    assert issubclass(nested, ProcessBuilderNamespace)
    assert isinstance(builder.deep, nested)
    assert {'down', 'other'} <= set(vars(nested))
    assert type(builder).number.fget.__annotations__ == {}
    builder.free.a = orm.Int(1)
    assert builder.free._ipython_key_completions_() == ['a']
    assert 'a' in dir(builder.free)

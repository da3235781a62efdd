"""What plugins on the package index do, beyond what is documented: each of these made a test of theirs fail."""

import subprocess
import sys

import numpy
import pytest
from click.testing import CliRunner

from aiida import orm
from aiida.common import AttributeDict
from aiida.common.exceptions import NotExistent, ValidationError
from aiida.common.hashing import get_random_string
from aiida.engine import WorkChain, run_get_node
from aiida.manage import get_manager
from aiida.plugins import CalculationFactory
from aiida.plugins.entry_point import eps, eps_select


@pytest.mark.parametrize(
    'name',
    [
        'aiida.common',
        'aiida.manage.configuration',
        'aiida.plugins.factories',
        'aiida.cmdline.utils.echo',
        'aiida.cmdline.params.types',
        'aiida.orm.nodes.data.folder',
        'aiida.engine.processes.calcjobs.calcjob',
        'aiida.tools.visualization',
        'aiida.storage.sqlite_temp.backend.SqliteTempBackend',
        'aiida.storage.sqlite_dos.backend.SqliteDosStorage',
    ],
)
def test_modules_are_attributes(name):
    package = '.'.join(name.split('.')[:2])
    top = 'aiida' if package in ('aiida.common', 'aiida.manage', 'aiida.plugins') else package
    top = name.rpartition('.')[0] if 'storage' in name else top
    done = subprocess.run(
        [sys.executable, '-c', f'import {top}; print({name})'], capture_output=True, text=True, check=False
    )
    assert name.split('.')[-1] in done.stdout, done.stderr


def test_what_is_no_module_is_no_attribute():
    import aiida.cmdline

    assert not hasattr(aiida.cmdline, 'nothing')
    assert not hasattr(orm, '__nothing__')


@pytest.mark.filterwarnings('ignore:`type_string` is not needed')
def test_the_type_of_a_group_is_not_looked_for(store):
    orm.User('a@b.c').store()
    first, created = orm.Group.collection.get_or_create(label='family', type_string='sums.family')
    assert (first.type_string, created) == ('core', True)
    assert orm.Group.collection.get_or_create(label='family', type_string='sums.family') == (first, False)


def test_the_first_of_a_query_joined_to_itself(store):
    orm.User('a@b.c').store()
    group = orm.Group('one').store()
    query = orm.QueryBuilder().append(orm.Group, with_node='it', tag='it', project='*')
    assert query.all() == [[group]]
    query.append(orm.Int, with_group='it')
    assert query.all() == []
    with pytest.raises(ValueError, match="no tag 'that'"):
        orm.QueryBuilder().append(orm.Group, with_node='that', tag='it')


def test_names_of_the_ports_of_a_builder():
    builder = CalculationFactory('core.arithmetic.add').get_builder()
    assert {'x', 'y', 'code', 'metadata', 'monitors', 'remote_folder'} == set(builder._valid_fields)
    assert 'options' in builder.metadata._valid_fields


class Keeper(WorkChain):
    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input_namespace('many', dynamic=True)
        spec.outline(cls.look)

    def look(self):
        self.node.base.extras.set('seen', self.inputs.many.name)


@pytest.mark.filterwarnings('ignore:input `many__')
def test_plain_values_in_dynamic_namespaces_are_given_and_not_linked(profile):
    _, node = run_get_node(Keeper, many={'name': 'silicon', 'deep': {'n': orm.Int(1), 'none': None, 'two': 2}})
    assert node.is_finished_ok
    assert node.base.extras.get('seen') == 'silicon'
    assert node.base.links.get_incoming().all_link_labels() == ['many__deep__n']


def test_a_command_that_ran_by_itself_has_its_help_below_verdi_too(config_folder):
    from aiida.cmdline.commands.cmd_calcjob import verdi_calcjob
    from aiida.cmdline.commands.cmd_verdi import verdi

    for command, words in ((verdi_calcjob, ['-h']), (verdi, ['calcjob', '-h']), (verdi, ['calcjob', '--help'])):
        assert CliRunner().invoke(command, words).exit_code == 0


def test_python_dash_m():
    done = subprocess.run([sys.executable, '-m', 'aiida', '--version'], capture_output=True, text=True, check=True)
    assert 'AiiDA API' in done.stdout


def test_what_a_store_holds(localhost):
    from io import BytesIO

    store = get_manager().get_profile_storage()
    nothing = store.get_info(detailed=True)['entities']['Nodes']
    assert nothing == {'count': 0, 'node_types': [], 'process_types': []}
    orm.SinglefileData(BytesIO(b'content')).store()
    orm.Group('one').store()
    found = store.get_info()
    assert {kind: entry['count'] for kind, entry in found['entities'].items()} == {
        'Users': 1,
        'Computers': 1,
        'Nodes': 1,
        'Groups': 1,
        'Comments': 0,
        'Logs': 0,
        'Links': 0,
    }
    assert found['repository']['Objects'] == {'packed': 0, 'loose': 1, 'pack_files': 0}
    entities = store.get_info(detailed=True)['entities']
    assert entities['Users']['emails'] == ['test@localhost']
    assert entities['Computers']['labels'] == ['localhost']
    assert entities['Groups']['type_strings'] == ['core']
    assert entities['Nodes']['node_types'] == ['data.core.singlefile.SinglefileData.']
    assert entities['Nodes']['first_created'] == entities['Nodes']['last_created']
    assert entities['Nodes']['first_created'].endswith('+00:00')


def test_groups_of_a_class_without_an_entry_point(store):
    class OldFamily(orm.Group):
        pass

    OldFamily._type_string = 'sums.old_family'
    orm.User('a@b.c').store()
    node = orm.Int(1).store()
    OldFamily('old').store().add_nodes(node)
    found = OldFamily.collection.get(label='old')
    assert (type(found), found.type_string, list(found.nodes)) == (OldFamily, 'sums.old_family', [node])
    with pytest.raises(NotExistent):
        OldFamily.collection.get(label='other')


def test_dictionaries_do_not_share_what_is_nested():
    first = AttributeDict({'nested': {'number': 1, 'deep': {'number': 1}}})
    second = AttributeDict(first)
    second.nested.deep.number = second.nested.number = 2
    assert first == {'nested': {'number': 1, 'deep': {'number': 1}}}


def test_whatever_can_be_listed_is_stored_as_a_list(store):
    class Cell:
        def __iter__(self):
            return iter((numpy.array([5.0, 0.0]), (0.0, 5.0)))

    orm.User('a@b.c').store()
    node = orm.Dict({'cell': Cell(), 'some': (number for number in (1, 2))}).store()
    assert orm.load_node(node.pk).get_dict() == {'cell': [[5.0, 0.0], [0.0, 5.0]], 'some': [1, 2]}
    for value in (b'bytes', int, object()):
        with pytest.raises(ValidationError, match='cannot be stored'):
            orm.Dict({'value': value}).store()


def test_all_entry_points():
    assert {'aiida.data', 'aiida.node'} <= {entry_point.group for entry_point in eps()}
    assert eps_select('aiida.data', 'core.int')['core.int'].load() is orm.Int
    assert len(eps_select('aiida.node')) == 8


def test_random_strings():
    assert len(get_random_string()) == 12
    assert len({get_random_string(16) for _ in range(100)}) == 100

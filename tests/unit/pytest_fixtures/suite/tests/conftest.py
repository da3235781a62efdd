"""Fixtures of the plugin, of the kind that plugins copy from one another."""

import collections
import os
import pathlib

import pytest

pytest_plugins = 'aiida.tools.pytest_fixtures'


@pytest.fixture(scope='session')
def filepath_tests():
    """Path of the tests."""
    return os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def filepath_fixtures(filepath_tests):
    """Path of the files for the tests."""
    return os.path.join(filepath_tests, 'fixtures')


@pytest.fixture
def fixture_sandbox():
    """A folder that is deleted after the test."""
    from aiida.common.folders import SandboxFolder

    with SandboxFolder() as folder:
        yield folder


@pytest.fixture
def fixture_localhost(aiida_localhost):
    """This machine."""
    localhost = aiida_localhost
    localhost.set_default_mpiprocs_per_machine(1)
    return localhost


@pytest.fixture
def fixture_code(fixture_localhost):
    """A code for a calculation."""

    def _fixture_code(entry_point_name):
        from aiida.common import exceptions
        from aiida.orm import InstalledCode, load_code

        label = f'test.{entry_point_name}'
        try:
            return load_code(label=label)
        except exceptions.NotExistent:
            return InstalledCode(
                label=label,
                computer=fixture_localhost,
                filepath_executable='/bin/true',
                default_calc_job_plugin=entry_point_name,
            )

    return _fixture_code


@pytest.fixture
def generate_calc_job():
    """Prepare a calculation in a folder."""

    def _generate_calc_job(folder, entry_point_name, inputs=None):
        from aiida.engine.utils import instantiate_process
        from aiida.manage.manager import get_manager
        from aiida.plugins import CalculationFactory

        manager = get_manager()
        runner = manager.get_runner()
        process = instantiate_process(runner, CalculationFactory(entry_point_name), **(inputs or {}))
        return process.prepare_for_submission(folder)

    return _generate_calc_job


@pytest.fixture
def generate_calc_job_node(fixture_localhost, filepath_fixtures):
    """A calculation as it is after it ran."""

    def flatten_inputs(inputs, prefix=''):
        flat = []
        for key, value in inputs.items():
            if isinstance(value, collections.abc.Mapping):
                flat.extend(flatten_inputs(value, prefix=f'{prefix}{key}__'))
            else:
                flat.append((prefix + key, value))
        return flat

    def _generate_calc_job_node(
        entry_point_name, computer=None, test_name=None, inputs=None, attributes=None, retrieve_temporary=None
    ):
        from aiida import orm
        from aiida.common import LinkType
        from aiida.plugins.entry_point import format_entry_point_string

        computer = computer or fixture_localhost
        entry_point = format_entry_point_string('aiida.calculations', entry_point_name)

        node = orm.CalcJobNode(computer=computer, process_type=entry_point)
        node.base.attributes.set('input_filename', 'aiida.in')
        node.base.attributes.set('output_filename', 'aiida.out')
        node.base.attributes.set('error_filename', 'aiida.err')
        node.set_option('resources', {'num_machines': 1, 'num_mpiprocs_per_machine': 1})
        node.set_option('max_wallclock_seconds', 1800)
        if attributes:
            node.base.attributes.set_many(attributes)
        if inputs:
            metadata = inputs.pop('metadata', {})
            for name, option in metadata.get('options', {}).items():
                node.set_option(name, option)
            for link_label, input_node in flatten_inputs(inputs):
                input_node.store()
                node.base.links.add_incoming(input_node, link_type=LinkType.INPUT_CALC, link_label=link_label)
        node.store()

        if retrieve_temporary:
            dirpath, filenames = retrieve_temporary
            for filename in filenames:
                (pathlib.Path(dirpath) / filename).write_text('scratch')

        if test_name is not None:
            folder = os.path.join(filepath_fixtures, 'parsers', entry_point_name[len('sums.') :], test_name)
            retrieved = orm.FolderData()
            retrieved.base.repository.put_object_from_tree(folder)
            retrieved.base.links.add_incoming(node, link_type=LinkType.CREATE, link_label='retrieved')
            retrieved.store()
            remote_folder = orm.RemoteData(computer=computer, remote_path='/tmp')
            remote_folder.base.links.add_incoming(node, link_type=LinkType.CREATE, link_label='remote_folder')
            remote_folder.store()

        return node

    return _generate_calc_job_node


@pytest.fixture(scope='session')
def generate_parser():
    """The class of a parser."""

    def _generate_parser(entry_point_name):
        from aiida.plugins import ParserFactory

        return ParserFactory(entry_point_name)

    return _generate_parser


@pytest.fixture
def generate_structure():
    """Some silicon."""

    def _generate_structure():
        from aiida.orm import StructureData

        structure = StructureData(cell=[[2.7, 2.7, 0], [2.7, 0, 2.7], [0, 2.7, 2.7]])
        structure.append_atom(position=(0.0, 0.0, 0.0), symbols='Si', name='Si')
        structure.append_atom(position=(1.35, 1.35, 1.35), symbols='Si', name='Si')
        return structure

    return _generate_structure


@pytest.fixture
def generate_inputs(fixture_code):
    """Inputs of the calculation."""

    def _generate_inputs():
        from aiida.plugins import DataFactory

        return {
            'code': fixture_code('sums.sum'),
            'terms': DataFactory('sums.terms')([1, 2, 3]),
            'metadata': {'options': {'resources': {'num_machines': 1}, 'max_wallclock_seconds': 60}},
        }

    return _generate_inputs


@pytest.fixture
def generate_workchain():
    """An instance of a work chain that does not run."""

    def _generate_workchain(entry_point, inputs):
        from aiida.engine.utils import instantiate_process
        from aiida.manage.manager import get_manager
        from aiida.plugins import WorkflowFactory

        process_class = WorkflowFactory(entry_point)
        runner = get_manager().get_runner()
        return instantiate_process(runner, process_class, **inputs)

    return _generate_workchain


@pytest.fixture
def generate_workchain_base(generate_workchain, generate_inputs, generate_calc_job_node):
    """A restart work chain that is about to look at a calculation."""

    def _generate_workchain_base(exit_code=None):
        from plumpy import ProcessState

        from aiida.orm import Dict

        process = generate_workchain('sums.base', {'sum': generate_inputs()})
        if exit_code is not None:
            node = generate_calc_job_node('sums.sum', inputs={'parameters': Dict()})
            node.set_process_state(ProcessState.FINISHED)
            node.set_exit_status(exit_code.status)
            process.ctx.iteration = 1
            process.ctx.children = [node]
        return process

    return _generate_workchain_base


@pytest.fixture
def run_cli_command():
    """Run a command in this interpreter."""

    def _run_cli_command(command, options=None, raises=None):
        import traceback

        from click.testing import CliRunner

        result = CliRunner().invoke(command, options or [])
        if raises is not None:
            assert result.exception is not None, result.output
            assert result.exit_code != 0
        else:
            assert result.exception is None, ''.join(traceback.format_exception(*result.exc_info))
            assert result.exit_code == 0, result.output
        result.output_lines = [line.strip() for line in result.output.split('\n') if line.strip()]
        return result

    return _run_cli_command

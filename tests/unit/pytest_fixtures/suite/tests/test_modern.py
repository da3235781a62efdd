"""Fixtures of ``aiida.tools.pytest_fixtures``."""

import os
import pathlib

import pytest
from plumpy import ProcessState

from aiida import orm
from aiida.engine import CalcJob, run, run_get_node, submit
from aiida.manage import get_config, get_profile
from aiida.plugins import CalculationFactory, DataFactory, WorkflowFactory
from aiida.plugins.entry_point import get_entry_point_names


def test_profile(aiida_profile, aiida_config, aiida_manager):
    assert get_profile() is aiida_profile
    assert aiida_manager.get_profile() is aiida_profile
    assert aiida_profile.is_test_profile
    assert aiida_config.profile_names == [aiida_profile.name]
    assert get_config() is aiida_config
    assert pathlib.Path(os.environ['AIIDA_PATH']) == pathlib.Path(aiida_config.dirpath)
    assert orm.User.collection.get_default().email == 'test@localhost'


@pytest.mark.parametrize('method', ['reset_storage', 'clear_profile', 'reset_db'])
def test_reset(aiida_profile, aiida_localhost, method):
    user = orm.User.collection.get_default()
    orm.Int(1).store()
    orm.SinglefileData.from_string('content').store()
    orm.User('another@localhost').store()
    orm.Group('group').store()
    getattr(aiida_profile, method)()
    for kind in (orm.Node, orm.Computer, orm.Group, orm.Log, orm.Comment):
        assert orm.QueryBuilder().append(kind).count() == 0
    assert [each.email for each in orm.User.collection.all()] == ['test@localhost']
    assert orm.User.collection.get_default().pk == user.pk
    assert orm.Int(2).store().pk == 1


@pytest.mark.parametrize('number', [1, 2])
def test_clean(aiida_profile_clean, number):
    assert orm.QueryBuilder().append(orm.Node).count() == 0
    orm.Int(number).store()


def test_clean_comes_first(aiida_localhost, aiida_code_installed, aiida_profile_clean):
    assert orm.load_computer('localhost').pk == aiida_localhost.pk
    assert aiida_code_installed().computer.pk == aiida_localhost.pk


def test_temporary_profile_comes_first(aiida_localhost, aiida_profile_tmp):
    assert orm.load_computer('localhost').pk == aiida_localhost.pk


@pytest.mark.usefixtures('aiida_profile_clean_class')
class TestClean:
    @pytest.mark.parametrize('number', [0, 1, 2])
    def test_clean_class(self, number):
        assert orm.QueryBuilder().append(orm.Node).count() == number
        orm.Int(number).store()


def test_config_tmp(aiida_config_tmp, aiida_config, tmp_path):
    assert aiida_config_tmp.profile_names == []
    assert pathlib.Path(aiida_config_tmp.dirpath) == tmp_path / '.aiida'
    assert get_config() is aiida_config_tmp


def test_config_is_back(aiida_config):
    assert get_config() is aiida_config
    assert os.environ['AIIDA_PATH'] == aiida_config.dirpath


def test_profile_tmp(aiida_profile_tmp, aiida_profile, aiida_config_tmp):
    assert get_profile() is aiida_profile_tmp
    assert aiida_profile_tmp.uuid != aiida_profile.uuid
    assert aiida_config_tmp.profile_names == [aiida_profile_tmp.name]
    assert orm.QueryBuilder().append(orm.Node).count() == 0
    orm.Int(1).store()
    aiida_profile_tmp.reset_storage()
    assert orm.QueryBuilder().append(orm.Node).count() == 0


def test_profile_factory(aiida_config_factory, aiida_profile_factory, config_sqlite_dos, aiida_profile, tmp_path):
    node = orm.Int(1).store()
    with (
        aiida_config_factory(tmp_path) as config,
        aiida_profile_factory(
            config,
            name='another',
            email='a@b.c',
            broker_backend='core.rabbitmq',
            storage_backend='core.sqlite_dos',
            storage_config=config_sqlite_dos(tmp_path / 'storage'),
        ) as profile,
    ):
        assert get_profile() is profile
        assert profile.name == 'another'
        assert profile.process_control_backend == 'core.rabbitmq'
        assert orm.User.collection.get_default().email == 'a@b.c'
        assert (tmp_path / 'storage' / 'database.sqlite').is_file()
        assert orm.QueryBuilder().append(orm.Int).count() == 0
        aiida_profile.reset_storage()
        assert get_profile() is profile
    assert get_profile() is aiida_profile
    assert orm.QueryBuilder().append(orm.Int, filters={'uuid': node.uuid}).count() == 0


def test_computers(aiida_localhost, aiida_computer, aiida_computer_local):
    assert aiida_localhost.label == 'localhost'
    assert aiida_localhost.is_configured
    assert aiida_localhost.pk == aiida_computer_local(label='localhost').pk
    assert not aiida_computer_local(label='unready', configure=False).is_configured
    assert aiida_computer().pk != aiida_computer().pk
    computer = aiida_computer(label='shared', minimum_job_poll_interval=2, default_mpiprocs_per_machine=4)
    assert computer.get_minimum_job_poll_interval() == 2
    assert computer.get_default_mpiprocs_per_machine() == 4
    assert not computer.is_configured
    assert aiida_computer(label='shared', configuration_kwargs={}).is_configured
    with aiida_localhost.get_transport() as transport:
        assert transport.whoami()


def test_codes(aiida_code, aiida_code_installed, aiida_computer_local, aiida_localhost, tmp_path):
    code = aiida_code_installed(
        label='bash', default_calc_job_plugin='core.arithmetic.add', filepath_executable='/bin/bash', with_mpi=False
    )
    assert code.full_label == 'bash@localhost'
    assert code.default_calc_job_plugin == 'core.arithmetic.add'
    assert code.with_mpi is False
    assert aiida_code_installed(label='bash').pk == code.pk
    other = aiida_code_installed(label='bash', computer=aiida_computer_local(label='other'), prepend_text='ulimit')
    assert other.pk != code.pk
    assert other.prepend_text == 'ulimit'
    assert aiida_code_installed().pk != aiida_code_installed().pk

    tmp_path.joinpath('run.sh').write_text('echo 1')
    portable = aiida_code('core.code.portable', label='p', filepath_executable='run.sh', filepath_files=str(tmp_path))
    assert portable.is_stored
    assert aiida_code('core.code.portable', label='p').pk == portable.pk


def test_entry_points(entry_points):
    class MyCalculation(CalcJob):
        pass

    entry_points.add(MyCalculation, 'aiida.calculations:mine')
    assert CalculationFactory('mine') is MyCalculation
    assert MyCalculation.build_process_type() == 'aiida.calculations:mine'
    assert 'mine' in get_entry_point_names('aiida.calculations')
    assert [each.name for each in entry_points.eps_select('aiida.calculations', 'mine')] == ['mine']

    class MyData(orm.Data):
        pass

    entry_points.add(MyData, group='aiida.data', name='mine')
    node = MyData().store()
    assert node.node_type == 'data.mine.MyData.'
    assert type(orm.load_node(node.pk)) is MyData
    entry_points.add('aiida.orm:Int', 'aiida.data:sums.terms')
    assert DataFactory('sums.terms') is orm.Int

    entry_points.remove('aiida.workflows:sums.base')
    assert 'sums.base' not in get_entry_point_names('aiida.workflows')
    entry_points.remove(group='aiida.data', name='core.bool')
    assert 'core.bool' not in get_entry_point_names('aiida.data')


def test_entry_points_are_back():
    assert 'mine' not in get_entry_point_names('aiida.calculations')
    assert 'sums.base' in get_entry_point_names('aiida.workflows')
    assert DataFactory('core.bool') is orm.Bool
    assert DataFactory('sums.terms').__name__ == 'TermsData'


def test_entry_points_refuse(entry_points):
    with pytest.raises(KeyError, match='no entry point `none`'):
        entry_points.remove('aiida.data:none')
    with pytest.raises(ValueError, match='group:name'):
        entry_points.add('aiida.orm:Int', 'none')
    with pytest.raises(ValueError, match='both `name` and `group`'):
        entry_points.add('aiida.orm:Int', name='none')
    with pytest.raises(ValueError, match='module:attribute'):
        entry_points.add('aiida.orm', 'aiida.data:none')
    with pytest.raises(TypeError, match='got 3'):
        entry_points.add(3, 'aiida.data:none')


@pytest.fixture
def sum_builder(aiida_code_installed):
    builder = aiida_code_installed(
        label='bash', default_calc_job_plugin='sums.sum', filepath_executable='/bin/bash'
    ).get_builder()
    builder.terms = DataFactory('sums.terms')([1, 2, 3])
    return builder


def test_run(aiida_profile_clean, sum_builder):
    results, node = run_get_node(sum_builder)
    assert node.is_finished_ok, node.exit_message
    assert results['output_parameters']['sum'] == 6
    assert node.base.attributes.get('version')['plugin'] == '1.2'


@pytest.mark.parametrize('launch', [submit, lambda builder: run_get_node(builder).node])
def test_dry_run(sum_builder, launch, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sum_builder.metadata.dry_run = True
    sum_builder.metadata.store_provenance = False
    node = launch(sum_builder)
    assert not node.is_stored
    assert pathlib.Path(node.dry_run_info['folder'], 'aiida.in').read_text().startswith('echo SUM')


def test_run_workflow(aiida_profile_clean, sum_builder):
    inputs = {'sum': sum_builder._inputs(prune=True)}
    results = run(WorkflowFactory('sums.twice'), base=inputs, clean_workdir=orm.Bool(True))
    assert results['double'] == 12
    node = results['double'].creator.caller
    assert node.called_descendants[0].process_label == 'SumBaseWorkChain'


def test_submit_and_await(submit_and_await, sum_builder):
    assert submit_and_await(sum_builder).outputs.output_parameters['sum'] == 6
    node = submit_and_await(CalculationFactory('sums.sum'), **sum_builder._inputs(prune=True))
    assert node.is_finished_ok
    waiting = submit(sum_builder)
    assert not waiting.is_terminated
    assert submit_and_await(waiting).is_finished_ok


def test_submit_and_await_state(submit_and_await, sum_builder):
    node = submit_and_await(sum_builder, ProcessState.WAITING)
    assert node.process_state is ProcessState.WAITING
    with pytest.raises(RuntimeError, match='is finished, not killed'):
        submit_and_await(node, ProcessState.KILLED)


def test_submit_and_await_timeout(submit_and_await, sum_builder):
    sum_builder.metadata.options.prepend_text = 'sleep 60'
    with pytest.raises(RuntimeError, match=r'waiting after 0\.2 seconds, not finished'):
        submit_and_await(sum_builder, timeout=0.2)


def test_what_it_left_was_killed():
    node = orm.QueryBuilder().append(orm.CalcJobNode, tag='job').order_by({'job': {'id': 'desc'}}).first(flat=True)
    assert node.is_killed


def test_leftover_process(generate_workchain_base):
    generate_workchain_base()


def test_runner_is_new(aiida_profile, aiida_manager):
    runner = aiida_manager.get_runner()
    aiida_profile.reset_storage()
    assert runner.is_closed()
    assert aiida_manager.get_runner() is not runner

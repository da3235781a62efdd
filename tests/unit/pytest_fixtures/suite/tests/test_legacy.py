"""Fixtures of ``aiida.manage.tests.pytest_fixtures``."""
# ruff: noqa: F811, F401 - fixtures are imported by their names, as some plugins do

import os

import pytest

from aiida import orm
from aiida.common.log import AIIDA_LOGGER
from aiida.engine import run_get_node
from aiida.manage import get_config, get_profile
from aiida.manage.tests.pytest_fixtures import aiida_profile, clear_database
from aiida.plugins import DataFactory


@pytest.mark.parametrize('number', [1, 2])
def test_before(clear_database_before_test, number):
    assert orm.QueryBuilder().append(orm.Node).count() == 0
    orm.Int(number).store()


def test_after_fill(clear_database_after_test):
    orm.Int(1).store()


def test_after_is_empty():
    assert orm.QueryBuilder().append(orm.Node).count() == 0


def test_clear_fill(clear_database):
    orm.Int(1).store()


def test_clear_is_empty():
    assert orm.QueryBuilder().append(orm.Node).count() == 0


@pytest.mark.usefixtures('clear_database_before_test_class')
class TestClass:
    @pytest.mark.parametrize('number', [0, 1])
    def test_clean_class(self, number):
        assert orm.QueryBuilder().append(orm.Node).count() == number
        orm.Int(number).store()


def test_others(aiida_instance, aiida_test_profile, temp_dir, temporary_event_loop, aiida_manager, aiida_profile):
    assert aiida_instance is get_config()
    assert aiida_test_profile is None
    assert os.path.isdir(temp_dir)
    assert not temporary_event_loop.is_closed()
    assert aiida_manager.get_profile() is aiida_profile is get_profile()


def test_caplog(aiida_caplog):
    AIIDA_LOGGER.getChild('plugin').warning('careful')
    assert [record.message for record in aiida_caplog.records] == ['careful']
    assert 'careful' in aiida_caplog.text


def test_code_factory(aiida_local_code_factory, aiida_computer_local):
    code = aiida_local_code_factory(executable='bash', entry_point='core.arithmetic.add')
    assert code.label == 'bash'
    assert os.path.basename(str(code.filepath_executable)) == 'bash'
    assert os.path.isabs(str(code.filepath_executable))
    assert aiida_local_code_factory('core.arithmetic.add', 'bash').pk == code.pk
    other = aiida_local_code_factory('core.arithmetic.add', 'bash', label='b', prepend_text='ulimit')
    assert (other.label, other.prepend_text) == ('b', 'ulimit')
    assert aiida_local_code_factory('core.templatereplacer', 'bash').pk != code.pk
    elsewhere = aiida_local_code_factory('core.arithmetic.add', 'bash', computer=aiida_computer_local(label='other'))
    assert elsewhere.computer.label == 'other'
    with pytest.raises(ValueError, match='not found in the \\$PATH'):
        aiida_local_code_factory('core.arithmetic.add', 'no-such-program')


def test_run(aiida_local_code_factory):
    builder = aiida_local_code_factory(executable='bash', entry_point='core.arithmetic.add').get_builder()
    builder.x, builder.y = orm.Int(1), orm.Int(2)
    results, node = run_get_node(builder)
    assert node.is_finished_ok, node.exit_message
    assert results['sum'] == 3

    builder = aiida_local_code_factory(executable='bash', entry_point='sums.sum').get_builder()
    builder.terms = DataFactory('sums.terms')([1, 2, 3])
    assert run_get_node(builder).result['output_parameters']['sum'] == 6


def test_profile_factory(aiida_profile_factory, aiida_profile, aiida_manager, tmp_path):
    profile = aiida_profile_factory(
        {
            'default_user_email': 'old@localhost',
            'storage': {'backend': 'core.sqlite_dos', 'config': {'filepath': str(tmp_path / 'storage')}},
            'process_control': {'backend': 'core.rabbitmq', 'config': {'broker_host': 'localhost'}},
        }
    )
    assert get_profile() is profile
    assert orm.User.collection.get_default().email == 'old@localhost'
    assert profile.process_control_config == {'broker_host': 'localhost'}
    assert aiida_profile_factory().name != profile.name
    aiida_manager.load_profile(aiida_profile, allow_switch=True)

"""Loading profiles, and what belongs to them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aiida import get_profile, load_profile, profile_context
from aiida.common.exceptions import ConfigurationError, EntryPointError, InvalidOperation, ProfileConfigurationError
from aiida.common.options import get_option_value
from aiida.manage import configuration, get_manager
from aiida.orm.backend import STORE, get_store


def make(folder, name, **kwargs):
    return configuration.create_profile(
        configuration.get_config(create=True),
        name=name,
        email=f'{name}@localhost',
        storage_backend='core.sqlite_dos',
        storage_config={'filepath': str(folder / name)},
        **kwargs,
    )


def test_without_a_configuration(config_folder):
    with pytest.raises(ConfigurationError, match='verdi presto'):
        load_profile()
    assert get_profile() is None
    assert not config_folder.exists()
    with pytest.raises(ConfigurationError, match='load a profile first'):
        get_store()
    with pytest.raises(ConfigurationError, match='no profile is loaded'):
        get_manager().get_profile_storage()


def test_nothing_is_opened_before_it_is_needed(profile):
    manager = get_manager()
    manager.reset_profile()
    assert not manager.profile_storage_loaded
    store = get_store()
    assert manager.profile_storage_loaded
    assert get_store() is store is manager.get_profile_storage() is manager.get_backend()


def test_a_store_that_was_closed_is_opened_anew(profile):
    from aiida import orm

    before = get_store()
    pk = orm.Int(3).store().pk
    before.close()
    assert get_store() is not before
    assert orm.load_node(pk).value == 3


def test_new_nodes_belong_to_the_user_of_the_profile(profile):
    from aiida import orm

    assert orm.Int(1).store().user.email == 'test@localhost'
    assert orm.User.collection.get_default().email == 'test@localhost'


def test_options_reach_the_rooms_below(profile):
    assert get_option_value('daemon.timeout') == 2
    profile.set_option('daemon.timeout', 9)
    assert get_option_value('daemon.timeout') == 9
    assert configuration.get_config_option('daemon.timeout') == 9
    with pytest.raises(ConfigurationError):
        get_option_value('daemon.nope')


def test_another_profile_needs_leave(config_folder):
    one, two = make(config_folder, 'one'), make(config_folder, 'two')
    load_profile('one')
    assert load_profile('one').name == 'one'
    assert load_profile().name == 'one'
    with pytest.raises(InvalidOperation, match='allow_switch=True'):
        load_profile('two')
    store = get_store()
    load_profile('two', allow_switch=True)
    assert store.is_closed
    assert get_store() is not store
    assert get_profile() is two
    with profile_context(one, allow_switch=True) as inside:
        assert inside is one is get_profile()
    assert get_profile().name == 'two'
    get_manager().unload_profile()
    assert get_profile() is None
    assert not STORE.is_filled


def test_a_context_that_fails_gives_the_former_profile_back(config_folder):
    make(config_folder, 'one')
    make(config_folder, 'two')
    load_profile('one')
    with pytest.raises(KeyError), profile_context('two', allow_switch=True):
        raise KeyError
    assert get_profile().name == 'one'


def test_names_that_are_none(config_folder):
    make(config_folder, 'one')
    with pytest.raises(ProfileConfigurationError, match='there are: `one`'):
        load_profile('nope')
    with pytest.raises(ProfileConfigurationError, match='no default profile'):
        load_profile()
    with pytest.raises(TypeError):
        load_profile(3)
    with pytest.raises(ValueError, match='already'):
        make(config_folder, 'one')


def test_deleting_a_profile(config_folder):
    make(config_folder, 'one')
    make(config_folder, 'two')
    config = configuration.get_config()
    config.set_default_profile('one').store()
    config.delete_profile('one')
    assert not (config_folder / 'one').exists()
    assert config.default_profile_name == 'two'
    config.delete_profile('two', delete_storage=False)
    assert (config_folder / 'two' / 'database.sqlite').exists()
    configuration.reset_config()
    assert configuration.get_config().profile_names == []


def test_a_folder_that_holds_no_database_is_never_deleted(config_folder):
    profile = make(config_folder, 'one')
    precious = config_folder / 'precious'
    precious.mkdir()
    (precious / 'thesis').write_text('x')
    profile.set_storage('core.sqlite_dos', {'filepath': str(precious)})
    with pytest.raises(ConfigurationError, match='left alone'):
        configuration.get_config().delete_profile('one')
    assert (precious / 'thesis').exists()
    assert configuration.get_config().profile_names == ['one']


@pytest.mark.parametrize('backend', ['core.zeromq', None])
def test_processes_find_each_other_without_a_broker(config_folder, backend):
    profile = make(config_folder, 'one')
    profile.set_process_controller(backend, {'x': 1})
    load_profile(profile)
    broker = get_manager().get_broker()
    assert (broker is None) == (backend is None)
    assert broker is None or (broker.get_post() is None and broker.check_service_reachable())
    with pytest.raises(ConfigurationError, match='message broker'):
        get_manager().get_communicator()
    with pytest.raises(ConfigurationError, match='message broker'):
        get_manager().get_process_controller()
    assert get_manager().get_runner().communicator is None
    assert get_manager().get_runner().controller is None


def test_a_broker_that_does_not_answer_is_needed_by_nobody_but_who_asks_for_it(config_folder):
    profile = make(config_folder, 'one')
    profile.set_process_controller('core.rabbitmq', {'broker_port': 1})
    load_profile(profile)
    assert get_store().version
    assert get_manager().get_runner().transport
    with pytest.raises(ConnectionError):
        get_manager().get_communicator()
    with pytest.raises(ConnectionError):
        get_manager().get_process_controller()


def test_a_broker_that_is_not_installed_is_named(config_folder):
    profile = make(config_folder, 'one')
    profile.set_process_controller('other.broker', {})
    load_profile(profile)
    with pytest.raises(EntryPointError, match=r'other\.broker'):
        get_manager().get_broker()
    assert get_manager().get_runner().communicator is None


def test_a_store_that_is_not_installed(config_folder):
    profile = make(config_folder, 'one')
    profile.set_storage('other.store', {})
    load_profile(profile)
    with pytest.raises(ConfigurationError, match=r'other\.store`, which this installation does not have'):
        get_store()


def test_the_runner_is_made_when_it_is_asked_for(profile):
    from aiida.engine.runtime.current import RUNNER

    manager = get_manager()
    runner = RUNNER.get()
    assert runner is manager.get_runner()
    manager.reset_runner()
    assert runner.is_closed()
    assert manager.get_runner() is not runner
    other = manager.create_runner()
    manager.set_runner(other)
    assert manager.get_runner() is RUNNER.get() is other


def test_a_calcfunction_runs(profile):
    from aiida import orm
    from aiida.engine import calcfunction

    @calcfunction
    def add(a, b):
        return a + b

    result, node = add.run_get_node(orm.Int(1), orm.Int(2))
    assert result.value == 3
    assert node.is_finished_ok


def test_messages_of_a_process_are_kept_with_it(profile):
    from aiida import orm
    from aiida.engine import WorkChain, run_get_node

    class Telling(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.outline(cls.tell)

        def tell(self):
            self.report('here')

    _, node = run_get_node(Telling)
    assert [log.message for log in orm.Log.collection.get_logs_for(node)] == [f'[{node.pk}|Telling|tell]: here']


def test_loading_a_profile_imports_little(profile, config_folder):
    code = (
        'import sys, time\n'
        'from aiida import load_profile\n'
        'load_profile()\n'
        "heavy = ('aiida.orm', 'aiida.engine', 'sqlalchemy', 'numpy', 'asyncio', 'yaml', 'click', 'rich', 'jinja2')\n"
        'print([name for name in heavy if name in sys.modules])'
    )
    get_manager().unload_profile()
    found = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == '[]'


def test_import_order_does_not_matter(profile, config_folder):
    code = (
        'from aiida.orm import Int\nfrom aiida.engine import calcfunction\nfrom aiida import load_profile\n'
        'load_profile()\n@calcfunction\ndef f(x):\n    return x + 1\nassert f(Int(1)).value == 2'
    )
    get_manager().unload_profile()
    subprocess.run([sys.executable, '-c', code], check=True)


def test_no_configuration_at_all(config_folder):
    with pytest.raises(ProfileConfigurationError, match=r'there is no configuration yet.+`verdi presto` makes it'):
        configuration.Config(str(config_folder / 'config.json'), {}).get_profile()


def test_a_profile_that_is_kept_in_memory(config_folder):
    """It starts empty each time it is loaded; nothing is written for it but its entry in the configuration."""
    from aiida import orm

    config = configuration.get_config(create=True)
    profile = configuration.create_profile(
        config, name='fleeting', email='a@b', storage_backend='core.sqlite_temp', storage_config={}
    )
    with profile_context('fleeting', allow_switch=True):
        assert type(get_store()).__name__ == 'SqliteTempBackend'
        node = orm.Int(3).store()
        assert (orm.load_node(node.pk).value, node.user.email) == (3, 'a@b')
        assert profile.storage_cls is type(get_store())
    with profile_context('fleeting', allow_switch=True):
        assert orm.Int.collection.count() == 0
    config.delete_profile('fleeting', delete_storage=True)
    assert 'fleeting' not in config.profile_names

"""The suite of a plugin passes, whichever of the two modules it loads its fixtures from."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

MODULES = ('aiida.tools.pytest_fixtures', 'aiida.manage.tests.pytest_fixtures')
COMMON = ('test_calculation.py', 'test_parser.py', 'test_workflow.py', 'test_cli.py')


def outcome(done: Any) -> dict[str, int]:
    """Return how many tests there were of each outcome."""
    last = [line for line in done.stdout.splitlines() if re.search(r' in [\d.]+s', line)][-1:]
    assert last, done.stdout + done.stderr
    return {word: int(number) for number, word in re.findall(r'(\d+) (passed|failed|errors?|skipped)', last[0])}


def test_suite_with_older_module(run_suite: Any) -> None:
    done = run_suite(*COMMON, 'test_legacy.py', module='aiida.manage.tests.pytest_fixtures')
    assert outcome(done) == {'passed': 30}, done.stdout


def test_suite(run_suite: Any) -> None:
    done = run_suite(*COMMON, 'test_modern.py', options=('-W', 'error'))
    assert outcome(done) == {'passed': 47}, done.stdout


@pytest.mark.parametrize('module', MODULES)
def test_services(run_suite: Any, module: str) -> None:
    done = run_suite('test_services.py', module=module)
    assert outcome(done) in ({'passed': 11, 'skipped': 1}, {'passed': 10, 'skipped': 2}), done.stdout  # PostgreSQL


def test_without_postgres(run_suite: Any) -> None:
    tests = run_suite.folder / 'tests' / 'test_none.py'
    tests.write_text(
        'import pytest\n'
        'from aiida.tools.pytest_fixtures import postgres\n'
        'postgres._PROGRAMS = ("initdb-that-nobody-has",)\n'
        'def test_none(config_psql_dos):\n'
        '    raise AssertionError\n'
    )
    done = run_suite('test_none.py')
    assert outcome(done) == {'skipped': 1}, done.stdout
    assert 'there is no `initdb-that-nobody-has` on this machine: install PostgreSQL' in done.stdout


FIXTURES_IMPORTED_ONE_BY_ONE = """
from aiida.manage.tests.pytest_fixtures import aiida_profile, clear_database_before_test
"""


def test_older_fixtures_imported_one_by_one(run_suite: Any) -> None:
    conftest = run_suite.folder / 'tests' / 'conftest.py'
    conftest.write_text(FIXTURES_IMPORTED_ONE_BY_ONE)
    (run_suite.folder / 'tests' / 'test_few.py').write_text(
        'from aiida import orm\n'
        'def test_few(clear_database_before_test, aiida_profile):\n'
        '    assert clear_database_before_test is aiida_profile\n'
        '    assert orm.Int(1).store().pk == 1\n'
    )
    done = run_suite('test_few.py')
    assert outcome(done) == {'passed': 1}, done.stdout


def test_both_modules(run_suite: Any) -> None:
    conftest = run_suite.folder / 'tests' / 'conftest.py'
    line = f"pytest_plugins = '{MODULES[0]}'\n"
    assert line in conftest.read_text()
    conftest.write_text(conftest.read_text().replace(line, f'pytest_plugins = {MODULES!r}\n'))
    done = run_suite('test_calculation.py', 'test_legacy.py', 'test_cli.py')
    assert outcome(done) == {'passed': 19}, done.stdout


PROFILE_OF_THEIR_OWN = """
@pytest.fixture(scope='session', autouse=True)
def aiida_profile(aiida_config, aiida_profile_factory):
    with aiida_profile_factory(aiida_config, broker_backend='core.rabbitmq') as profile:
        yield profile
"""


def test_plugin_with_a_profile_of_its_own(run_suite: Any) -> None:
    conftest = run_suite.folder / 'tests' / 'conftest.py'
    conftest.write_text(conftest.read_text() + PROFILE_OF_THEIR_OWN)
    tests = run_suite.folder / 'tests' / 'test_own.py'
    tests.write_text(
        'def test_own(aiida_profile_clean, aiida_profile):\n'
        '    assert aiida_profile_clean is aiida_profile\n'
        "    assert aiida_profile.process_control_backend == 'core.rabbitmq'\n"
    )
    done = run_suite('test_own.py', 'test_parser.py')
    assert outcome(done) == {'passed': 6}, done.stdout


@pytest.fixture
def users_profile(run_suite: Any) -> Any:
    """A configuration of a user with two profiles, of which one is for tests and holds a node."""
    from aiida import orm
    from aiida.manage import configuration
    from aiida.tools.pytest_fixtures.configuration import temporary_config

    folder = run_suite.home.parent / 'users'
    with temporary_config(folder) as config:
        for name in ('work', 'tests'):
            profile = configuration.create_profile(
                config,
                name=name,
                email=f'{name}@localhost',
                storage_backend='core.sqlite_dos',
                storage_config={'filepath': str(folder / name)},
                is_test_profile=name == 'tests',
            )
            with configuration.profile_context(profile, allow_switch=True):
                orm.Int(1).store()
    return folder / '.aiida' / 'config.json'


@pytest.mark.parametrize('module', MODULES)
def test_a_profile_of_the_user(run_suite: Any, users_profile: Any, module: str) -> None:
    before = users_profile.read_bytes()
    (run_suite.folder / 'tests' / 'test_theirs.py').write_text(
        'from aiida import orm\n'
        'def test_theirs(aiida_profile, aiida_config, tmp_path_factory):\n'
        '    assert aiida_profile.name == "tests"\n'
        '    assert orm.User.collection.get_default().email == "tests@localhost"\n'
        '    assert orm.QueryBuilder().append(orm.Node).count() == 0\n'
        '    assert aiida_config.dirpath.startswith(str(tmp_path_factory.getbasetemp()))\n'
        '    aiida_config.set_option("warnings.showdeprecations", False)\n'
        '    aiida_config.store()\n'
    )
    environment = {'AIIDA_PATH': str(users_profile.parent), 'AIIDA_TEST_PROFILE': 'tests'}
    done = run_suite('test_theirs.py', module=module, environment=environment)
    assert outcome(done) == {'passed': 1}, done.stdout
    assert users_profile.read_bytes() == before
    assert json.loads(before)['profiles'].keys() == {'work', 'tests'}


def test_a_profile_of_the_user_that_is_for_work(run_suite: Any, users_profile: Any) -> None:
    environment = {'AIIDA_PATH': str(users_profile.parent), 'AIIDA_TEST_PROFILE': 'work'}
    done = run_suite('test_parser.py', environment=environment)
    assert outcome(done) == {'errors': 5}, done.stdout
    assert '`work`, which is not marked as a profile for tests' in done.stdout

    from aiida.storage.sqlite.store import SqliteStore

    store = SqliteStore(users_profile.parent.parent / 'work')
    try:
        assert list(store.select('SELECT count(*) FROM db_dbnode', ())) == [(1,)]
    finally:
        store.close()

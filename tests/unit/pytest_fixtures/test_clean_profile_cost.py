"""Emptying a profile is quick, and leaves nothing behind."""

from __future__ import annotations

import os
import pathlib
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aiida import orm
from aiida.manage import configuration, get_manager
from aiida.manage.configuration import profile_context
from aiida.tools.pytest_fixtures.configuration import temporary_config, temporary_profile
from aiida.tools.pytest_fixtures.resetting import empty, reset_storage

#: What a clean profile may cost, in seconds.
LIMIT = 0.05


@pytest.fixture
def made(tmp_path: pathlib.Path) -> Iterator[Any]:
    """A profile as plugins get it."""
    with temporary_config(tmp_path) as config, temporary_profile(config) as profile:
        yield profile


def fill(nodes: int) -> None:
    """Store nodes, some with files."""
    computer = orm.Computer('local', 'localhost', '', 'core.local', 'core.direct', '/tmp').store()
    computer.configure()
    group = orm.Group('group').store()
    for number in range(nodes):
        node: orm.Data = orm.SinglefileData.from_string(str(number)) if number % 4 == 0 else orm.Int(number)
        node.store()
        group.add_nodes(node)
    orm.CalcJobNode(computer=computer).store().logger.report('something')


def test_cost(made: Any) -> None:
    costs = []
    for _ in range(20):
        fill(20)
        start = time.perf_counter()
        made.reset_storage()
        costs.append(time.perf_counter() - start)
    assert statistics.median(costs) < LIMIT


def test_nothing_is_left(made: Any) -> None:
    fill(8)
    store = get_manager().get_profile_storage()
    assert list(store.repository.list_objects())
    made.reset_storage()
    tables = [name for (name,) in store.select("SELECT name FROM sqlite_master WHERE type = 'table'", ())]
    filled = [name for name in tables if list(store.select(f'SELECT count(*) FROM {name}', ())) != [(0,)]]
    assert set(filled) <= {'db_dbuser', 'db_dbsetting', 'alembic_version', 'sqlite_sequence'}
    assert list(store.repository.list_objects()) == []


def test_the_user_comes_back(made: Any) -> None:
    user = orm.User.collection.get_default()
    other = orm.User('other@localhost').store()
    get_manager().set_default_user_email(made, other.email)
    made.reset_storage()
    assert [each.email for each in orm.User.collection.all()] == ['test@localhost']
    assert orm.User.collection.get_default().pk == user.pk
    assert configuration.get_config().get_profile(made.name).default_user_email == 'test@localhost'
    assert orm.Int(1).store().user.email == 'test@localhost'


def test_a_user_that_was_deleted_comes_back(made: Any) -> None:
    other = orm.User('other@localhost').store()
    pk = orm.User.collection.get_default().pk
    get_manager().set_default_user_email(made, other.email)
    orm.User.collection.delete(pk)
    made.reset_storage()
    assert [each.email for each in orm.User.collection.all()] == ['test@localhost']
    assert orm.User.collection.get_default().email == 'test@localhost'


def test_unloaded_profile_is_loaded(made: Any) -> None:
    get_manager().unload_profile()
    made.reset_storage()
    assert get_manager().get_profile() is made


def test_other_profile_stays_loaded(made: Any) -> None:
    config = configuration.get_config()
    orm.Int(1).store()
    with temporary_profile(config) as other:
        orm.Int(1).store()
        made.reset_storage()
        assert get_manager().get_profile() is other
        assert orm.QueryBuilder().append(orm.Node).count() == 1
    assert get_manager().get_profile() is made
    assert orm.QueryBuilder().append(orm.Node).count() == 0


def test_profile_that_is_not_for_tests_is_refused(made: Any) -> None:
    node = orm.Int(1).store()
    made.is_test_profile = False
    for attempt in (made.reset_storage, lambda: empty(made), lambda: reset_storage(made, made.default_user_email)):
        with pytest.raises(RuntimeError, match='not one for tests'):
            attempt()
    assert orm.load_node(node.pk).value == 1
    made.is_test_profile = True


def test_profile_of_somebody_else(made: Any) -> None:
    own = configuration.Profile(made.name, made.dictionary)
    with profile_context(own, allow_switch=True):
        orm.Int(1).store()
        empty(own)
        assert orm.QueryBuilder().append(orm.Node).count() == 0
        orm.Int(1).store()
        empty(None)
        assert orm.QueryBuilder().append(orm.Node).count() == 0


def test_no_profile_to_empty() -> None:
    get_manager().unload_profile()
    with pytest.raises(RuntimeError, match='no profile is loaded'):
        empty(None)


def test_configuration_comes_back(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiida.manage.configuration.settings import AiiDAConfigDir

    monkeypatch.delenv('AIIDA_PATH', raising=False)
    before = AiiDAConfigDir.get(), configuration.CONFIG
    with pytest.raises(ZeroDivisionError), temporary_config(tmp_path) as config:
        assert configuration.get_config() is config
        assert AiiDAConfigDir.get() == tmp_path / '.aiida'
        raise ZeroDivisionError
    assert (AiiDAConfigDir.get(), configuration.CONFIG) == before
    assert 'AIIDA_PATH' not in os.environ

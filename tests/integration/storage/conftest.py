"""The stores the behavioural suite runs on, and small things to fill them with.

A store is added to the suite by adding its factory to ``STORES``. The server of PostgreSQL is made when a test first
needs it; where it cannot be, its tests are skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from aiida.common import timezone
from aiida.storage.ports import Store
from aiida.storage.records import NodeRecord
from aiida.storage.sqlite.store import SqliteStore
from postgres_server import PostgresServer


def _sqlite_file(folder: Path, request: pytest.FixtureRequest) -> Store:
    return SqliteStore.initialise(folder / 'profile', user_email='aiida@localhost')


def _sqlite_memory(folder: Path, request: pytest.FixtureRequest) -> Store:
    return SqliteStore.in_memory()


def _postgres(folder: Path, request: pytest.FixtureRequest) -> Store:
    server = request.getfixturevalue('postgres_server')
    return server.new_store(folder / 'profile')


STORES: dict[str, Callable[[Path, pytest.FixtureRequest], Store]] = {
    'sqlite-file': _sqlite_file,
    'sqlite-memory': _sqlite_memory,
    'postgres': _postgres,
}
#: Those that several programs can have open.
SHARED_STORES = ('sqlite-file', 'postgres')


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store of each kind, with one user."""
    instance = STORES[request.param](tmp_path, request)
    yield instance
    instance.close()


@pytest.fixture(params=SHARED_STORES)
def shared_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A new store of each kind that several programs can have open, with one user."""
    instance = STORES[request.param](tmp_path, request)
    yield instance
    instance.close()


@pytest.fixture
def postgres_config(request: pytest.FixtureRequest) -> Callable[[Any], dict[str, Any]]:
    """What a profile says of a store in PostgreSQL, for another program to open it."""

    def describe(instance: Any) -> dict[str, Any]:
        server: PostgresServer = request.getfixturevalue('postgres_server')
        return server.config(instance._database.options['dbname'], instance.folder)

    return describe


@pytest.fixture
def postgres_store(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Any]:
    """A store in PostgreSQL, for what only it does."""
    instance = postgres_server.new_store(tmp_path / 'profile')
    yield instance
    instance.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store in a file, for what only SQLite does."""
    instance = SqliteStore.initialise(tmp_path / 'profile', user_email='aiida@localhost')
    yield instance
    instance.close()


PROCESS = 'process.workflow.workchain.WorkChainNode.'


def make_record(**columns: Any) -> NodeRecord:
    """Return a node that is not stored."""
    now = timezone.now()
    values: dict[str, Any] = {
        'uuid': str(uuid4()),
        'node_type': 'data.core.int.Int.',
        'ctime': now,
        'mtime': now,
        'user_id': 1,
        **columns,
    }
    return NodeRecord(**values)


@pytest.fixture
def record() -> Callable[..., NodeRecord]:
    """Make a node that is not stored, with the columns given."""
    return make_record


@pytest.fixture
def node(store: Store) -> Callable[..., int]:
    """Store a node with the columns given and return its id."""
    return lambda **columns: store.insert_node(make_record(**columns))


@pytest.fixture
def process(store: Store) -> Callable[..., int]:
    """Store a process with the attributes given and return its id."""
    return lambda **attributes: store.insert_node(make_record(node_type=PROCESS, attributes=attributes))


@pytest.fixture
def run(store: Store, process: Callable[..., int]) -> Callable[..., int]:
    """Store a process that is to be run and return its id."""

    def make(**enlist: Any) -> int:
        with store.transaction():
            node_id = process()
            store.enlist(node_id, **enlist)
        return node_id

    return make

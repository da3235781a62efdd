"""What only the SQLite store does: its file, its schema, its connections, its query plans."""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from aiida.common.exceptions import (
    ConfigurationError,
    CorruptStorage,
    IncompatibleStorageSchema,
    StorageUnavailable,
    UnreachableStorage,
)
from aiida.storage.records import EntityKind, LogRecord, NodeRecord
from aiida.storage.sql import load_statements
from aiida.storage.sqlite.backend import SqliteDosStorage, SqliteTempBackend
from aiida.storage.sqlite.connection import Database
from aiida.storage.sqlite.store import SqliteStore

OURS = {'process_run', 'process_wait', 'process_checkpoint', 'worker', 'process_event', 'computer_hold'}


def raw(store):
    return sqlite3.connect(store.folder / 'database.sqlite')


def tables(connection):
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return {name: (kind, table, sql) for kind, name, table, sql in rows}


# the file


def test_the_tables_are_those_of_aiida_and_ours(sqlite_store):
    reference = sqlite3.connect(':memory:')
    reference.executescript(files('aiida.storage.sql').joinpath('schema_sqlite.sql').read_text())
    with raw(sqlite_store) as connection:
        made = tables(connection)
        assert connection.execute('SELECT version_num FROM alembic_version').fetchall() == [('main_0002',)]
        assert connection.execute('PRAGMA journal_mode').fetchone() == ('wal',)
        assert connection.execute('PRAGMA user_version').fetchone() == (3,)
        assert connection.execute('PRAGMA integrity_check').fetchone() == ('ok',)
    expected = tables(reference)
    assert {name: made.get(name) for name in expected} == expected
    added = {name: table for name, (_, table, _) in made.items() if name not in expected}
    assert set(added) >= OURS
    # of AiiDA's tables only one has something of ours on it, an index
    assert {name for name, table in added.items() if table not in OURS} == {'ix_nabucco_process_live'}


def test_values_are_written_as_aiida_writes_them(sqlite_store):
    when = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    uuid = '12345678-1234-4234-8234-123456789abc'
    node_id = sqlite_store.insert_node(
        NodeRecord(uuid=uuid, node_type='data.core.int.Int.', ctime=when, mtime=when, user_id=1, attributes={'a': 1})
    )
    sqlite_store.insert_logs([LogRecord(uuid, when, 'aiida', 'REPORT', node_id, 'm', {})])
    with raw(sqlite_store) as connection:
        row = connection.execute(
            'SELECT uuid, ctime, mtime, attributes, extras, repository_metadata, process_type, dbcomputer_id'
            ' FROM db_dbnode'
        ).fetchone()
        assert row == (
            uuid,
            '2024-02-03 04:05:06.000000',
            '2024-02-03 04:05:06.000000',
            '{"a":1}',
            '{}',
            '{}',
            None,
            None,
        )
        assert connection.execute('SELECT time FROM db_dblog').fetchone() == ('2024-02-03 04:05:06.000000',)
        setting = connection.execute('SELECT key, val, description FROM db_dbsetting').fetchone()
    container = sqlite_store.repository.uuid
    assert setting == ('repository|uuid', f'"{container}"', 'Repository UUID')
    assert sqlite_store.uuid == container


def test_opening_again_finds_everything(sqlite_store, record):
    node_id = sqlite_store.insert_node(record(label='kept'))
    sqlite_store.close()
    again = SqliteStore(sqlite_store.folder)
    assert again.read_node(node_id).label == 'kept'
    assert again.version == 'main_0002'
    assert again.default_user_id == 1
    again.close()


def test_a_database_without_our_tables_gets_them(sqlite_store, record):
    node_id = sqlite_store.insert_node(record())
    sqlite_store.close()
    with raw(sqlite_store) as connection:
        for table in ('process_wait', 'process_run', 'process_checkpoint', 'worker', 'process_event', 'computer_hold'):
            connection.execute(f'DROP TABLE {table}')
        connection.execute('DROP INDEX ix_nabucco_process_live')
        connection.execute('PRAGMA user_version = 0')
    again = SqliteStore(sqlite_store.folder)
    again.enlist(node_id)
    assert [row.node_id for row in again.claim('w', 1e12, 2e12)] == [node_id]
    again.close()


def test_a_database_with_our_tables_of_version_1_gets_the_rest(sqlite_store, record):
    node_id = sqlite_store.insert_node(record())
    sqlite_store.enlist(node_id)
    sqlite_store.close()
    with raw(sqlite_store) as connection:
        connection.execute('DROP TABLE computer_hold')
        connection.execute('ALTER TABLE process_run DROP COLUMN counted')
        connection.execute("UPDATE process_run SET last_error = 'no space left'")
        connection.execute('PRAGMA user_version = 1')
    again = SqliteStore(sqlite_store.folder)
    assert again.list_holds() == []
    assert again.resting() == [('no space left', 1)]
    assert [row.node_id for row in again.claim('w', 1e12, 2e12)] == [node_id]
    again.close()


def test_other_schemas_are_refused(sqlite_store):
    sqlite_store.close()
    with raw(sqlite_store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'main_0001'")
    with pytest.raises(IncompatibleStorageSchema, match=r'main_0001.*main_0002'):
        SqliteStore(sqlite_store.folder)
    with raw(sqlite_store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'main_0002'")
        connection.execute('PRAGMA user_version = 99')
    with pytest.raises(IncompatibleStorageSchema, match=r'99.*upgrade'):
        SqliteStore(sqlite_store.folder)


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(UnreachableStorage, match=r'database\.sqlite'):
        SqliteStore(tmp_path)
    (tmp_path / 'database.sqlite').touch()
    with pytest.raises(CorruptStorage, match='empty'):
        SqliteStore(tmp_path)
    with sqlite3.connect(tmp_path / 'database.sqlite') as connection:
        connection.execute('CREATE TABLE other (a)')
    with pytest.raises(CorruptStorage, match='not those of AiiDA'):
        SqliteStore(tmp_path)
    connection.close()
    for file in tmp_path.iterdir():
        file.unlink()
    (tmp_path / 'database.sqlite').write_bytes(b'no database at all' * 100)
    with pytest.raises(CorruptStorage, match='not a database'):
        SqliteStore(tmp_path)


def test_a_store_is_not_made_over_another_one(sqlite_store):
    with pytest.raises(ConfigurationError, match='already'):
        SqliteStore.initialise(sqlite_store.folder)


def test_the_names_profiles_use(tmp_path):
    store = SqliteDosStorage.initialise({'filepath': str(tmp_path / 'a'), 'synchronous': 'FULL'}, user_email='a@b')
    assert store.find_entities(EntityKind.USER)[0]['email'] == 'a@b'
    assert str(store) == f'SqliteDosStorage[{tmp_path / "a"}]: open'
    assert store._database.execute('PRAGMA synchronous') == [(2,)]
    store.close()
    assert str(store) == f'SqliteDosStorage[{tmp_path / "a"}]: closed'
    store = SqliteDosStorage.open({'filepath': str(tmp_path / 'a')})
    assert store._database.execute('PRAGMA synchronous') == [(1,)]
    assert store.version == store.version_head()
    store.close()
    with pytest.raises(ConfigurationError, match='filepath'):
        SqliteDosStorage.open({})
    with pytest.raises(ValueError, match='SOMETIMES'):
        SqliteDosStorage.open({'filepath': str(tmp_path / 'a'), 'synchronous': 'SOMETIMES'})
    temporary = SqliteTempBackend.open({})
    assert isinstance(temporary, SqliteTempBackend)
    assert temporary.uuid is None
    temporary.close()


# connections


def test_a_lock_of_another_program_is_waited_for(sqlite_store, record):
    other = sqlite3.connect(sqlite_store.folder / 'database.sqlite', isolation_level=None, check_same_thread=False)
    other.execute('BEGIN IMMEDIATE')
    timer = threading.Timer(0.3, other.execute, ('COMMIT',))
    timer.start()
    sqlite_store.insert_node(record())
    timer.join()
    other.close()


def test_a_lock_that_stays_is_trouble_of_the_infrastructure(sqlite_store, record):
    impatient = SqliteStore(sqlite_store.folder, busy_limit=0.2)
    other = sqlite3.connect(sqlite_store.folder / 'database.sqlite', isolation_level=None)
    other.execute('BEGIN IMMEDIATE')
    inserted = record()
    with pytest.raises(StorageUnavailable, match='locked'):
        impatient.insert_node(inserted)
    # reading goes on meanwhile
    assert impatient.find_nodes('uuid', inserted.uuid) == []
    other.execute('ROLLBACK')
    impatient.insert_node(inserted)
    other.close()
    impatient.close()


def test_a_store_that_cannot_be_converted_works_without(sqlite_store, record):
    sqlite_store.close()
    path = sqlite_store.folder / 'database.sqlite'
    other = sqlite3.connect(path, isolation_level=None)
    assert other.execute('PRAGMA journal_mode = DELETE').fetchone() == ('delete',)
    other.execute('BEGIN')
    other.execute('SELECT count(*) FROM db_dbnode').fetchall()
    store = SqliteStore(sqlite_store.folder, busy_limit=0.3)
    assert store.list_processes() == []
    before = store.change_counter()
    other.execute('COMMIT')
    assert other.execute('PRAGMA journal_mode').fetchone() == ('delete',)
    node_id = store.insert_node(record())
    assert store.read_node(node_id).id == node_id
    assert store.change_counter() != before
    other.close()
    store.close()
    again = SqliteStore(sqlite_store.folder)
    assert again._database.execute('PRAGMA journal_mode') == [('wal',)]
    again.close()


def test_a_file_that_was_deleted_is_not_made_anew(sqlite_store):
    for file in sqlite_store.folder.glob('database.sqlite*'):
        file.unlink()
    errors = []

    def use():
        try:
            sqlite_store.read_setting('x')
        except StorageUnavailable as error:
            errors.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert 'database.sqlite' in errors[0]
    assert not (sqlite_store.folder / 'database.sqlite').exists()


def test_a_full_disk_is_trouble_of_the_infrastructure(sqlite_store, record):
    execute = sqlite_store._database.execute
    ((pages,),) = execute('PRAGMA page_count')
    execute(f'PRAGMA max_page_count = {pages}')
    undone, large, small = [], record(attributes={'text': 'x' * 100_000}), record()
    with pytest.raises(StorageUnavailable, match='full'), sqlite_store.transaction():
        sqlite_store.on_rollback(lambda: undone.append(True))
        sqlite_store.insert_node(small)
        sqlite_store.insert_node(large)
    assert undone == [True]
    execute('PRAGMA max_page_count = 100000000')
    assert sqlite_store.find_nodes('uuid', small.uuid) == []
    sqlite_store.insert_node(large)


def test_a_transaction_that_an_interrupt_left_open_is_rolled_back(sqlite_store, record):
    lost, kept = record(), record()
    sqlite_store._database.execute('BEGIN IMMEDIATE')
    sqlite_store._database.execute("UPDATE db_dbuser SET institution = 'lost'")
    sqlite_store.insert_node(kept)
    assert sqlite_store.find_entities(EntityKind.USER)[0]['institution'] == ''
    assert sqlite_store.find_nodes('uuid', lost.uuid) == []
    assert sqlite_store.find_nodes('uuid', kept.uuid) == [kept.id]


def test_the_connection_of_a_thread_goes_with_the_thread(sqlite_store, record):
    def use():
        sqlite_store.insert_node(record())

    def open_files():
        gc.collect()
        paths = (os.path.realpath(f'/proc/self/fd/{name}') for name in os.listdir('/proc/self/fd'))
        # a closed connection may leave one file open for the next one, as long as others hold locks on it
        return sum(path.endswith('database.sqlite') for path in paths)

    if not os.path.isdir('/proc/self/fd'):
        pytest.skip('the open files of a process are listed on Linux only')
    before = open_files()
    for _ in range(20):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    assert open_files() <= before + 1
    sqlite_store.close()
    assert open_files() == 0


def test_close_closes_the_connections_of_threads_that_live_on(sqlite_store, record):
    used, go_on, errors = threading.Event(), threading.Event(), []

    def use():
        sqlite_store.insert_node(record())
        used.set()
        go_on.wait(5)
        try:
            sqlite_store.insert_node(record())
        except Exception as error:
            errors.append(type(error).__name__)

    thread = threading.Thread(target=use)
    thread.start()
    assert used.wait(5)
    sqlite_store.close()
    go_on.set()
    thread.join(5)
    assert errors == ['ClosedStorage']


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')
def test_a_forked_child_gets_connections_of_its_own(sqlite_store, record):
    first, second, third = record(), record(), record()
    sqlite_store.insert_node(first)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            sqlite_store.insert_node(second)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    sqlite_store.insert_node(third)
    for item in (first, second, third):
        assert len(sqlite_store.find_nodes('uuid', item.uuid)) == 1


def test_change_counter_sees_other_programs_and_threads(sqlite_store, record):
    other = SqliteStore(sqlite_store.folder)
    before = sqlite_store.change_counter()
    other.insert_node(record())
    after_other = sqlite_store.change_counter()
    assert after_other != before
    thread = threading.Thread(target=lambda: sqlite_store.insert_node(record()))
    thread.start()
    thread.join()
    assert sqlite_store.change_counter() != after_other
    other.close()


def test_reading_in_batches_keeps_to_one_moment(sqlite_store, record):
    ids = [sqlite_store.insert_node(record()) for _ in range(6)]
    other = SqliteStore(sqlite_store.folder)
    rows = sqlite_store.select('SELECT id FROM db_dbnode ORDER BY id', (), batch_size=2)
    seen = [next(rows)[0]]
    other.delete_nodes(ids[3:])
    # what others committed meanwhile does not keep this thread from writing
    sqlite_store.insert_node(record())
    seen.extend(row[0] for row in rows)
    assert seen == ids
    other.close()


def test_events_are_pruned(sqlite_store, monkeypatch):
    from aiida.storage.shared import chronicle

    monkeypatch.setattr(chronicle, 'KEPT_EVENTS', 10)
    with sqlite_store.transaction():
        for _ in range(1005):
            sqlite_store.record_event(1, 'state')
    numbers = [event[0] for event in sqlite_store.read_events(limit=5000)]
    assert numbers == list(range(991, 1006))


# plans: what is asked often must never read a whole table


def plan(store, sql, parameters):
    return ' | '.join(row[3] for row in store._database.execute(f'EXPLAIN QUERY PLAN {sql}', parameters))


CLAIM = {'owner': 'w', 'now': 1.0, 'lost': 1.0, 'lease_until': 2.0, 'limit': 1}
LINKS = {'node_id': 1, 'types': '[]', 'label': None}
PROCESSES, GRAPH = ('processes', 'processes_sqlite'), ('graph', 'graph_sqlite')
PLANS = [
    (
        PROCESSES,
        'claimable',
        {'now': 1.0, 'lost': 1.0},
        ['ix_process_run_free', 'ix_process_run_lease'],
        'process_run$',
    ),
    (
        PROCESSES,
        'claim',
        CLAIM,
        # what is free comes in the right order, only what was lost is sorted
        ['LEFT | SCAN process_run USING INDEX ix_process_run_free | RIGHT', 'ix_process_run_lease (lease_until<?)'],
        'process_run$',
    ),
    (PROCESSES, 'renew', {'owner': 'w', 'lease_until': 1.0}, ['ix_process_run_owner'], 'SCAN'),
    (PROCESSES, 'shorten_leases', {'lease_until': 1.0, 'lease_latest': 2.0}, ['ix_process_run_lease'], 'SCAN'),
    (PROCESSES, 'wake', {'parent_id': 1, 'now': 1.0}, ['ix_process_wait_parent'], 'SCAN'),
    (PROCESSES, 'parents_of', (1,), ['PRIMARY KEY (child_id=?)'], 'SCAN'),
    (PROCESSES, 'delete_run', (1,), ['INTEGER PRIMARY KEY'], 'SCAN'),
    (PROCESSES, 'waiting_for', (1,), ['ix_process_wait_parent'], 'SCAN'),
    (PROCESSES, 'load_checkpoint', (1, ''), ['(node_id=? AND tag=?)'], 'SCAN'),
    (PROCESSES, 'read_events', (1, 10), ['INTEGER PRIMARY KEY (rowid>?)'], 'SCAN process_event'),
    (GRAPH, 'read_links_incoming', LINKS, ['ix_db_dblink_db_dblink_output_id'], 'TEMP B-TREE'),
    (GRAPH, 'read_links_outgoing', LINKS, ['ix_db_dblink_db_dblink_input_id'], 'TEMP B-TREE'),
    (
        GRAPH,
        'is_ancestor',
        {**LINKS, 'ancestor_id': 2},
        ['SEARCH link USING INDEX ix_db_dblink_db_dblink_output_id'],
        'SCAN link',
    ),
    (GRAPH, 'read_nodes', ('[1]',), ['INTEGER PRIMARY KEY'], 'SCAN db_dbnode'),
    (GRAPH, 'find_nodes_uuid_prefix', ('a', 'b'), ['(uuid>? AND uuid<?)'], 'SCAN'),
    (GRAPH, 'find_nodes_label_prefix', ('a', 'b'), ['ix_db_dbnode_db_dbnode_label'], 'SCAN'),
    (GRAPH, 'group_members', (1,), ['dbgroup_id=?'], 'SCAN'),
    (GRAPH, 'delete_links_from', ('[1]',), ['ix_db_dblink_db_dblink_input_id'], 'SCAN db_dblink'),
]


@pytest.mark.parametrize(('file', 'name', 'parameters', 'expected', 'excluded'), PLANS, ids=[row[1] for row in PLANS])
def test_plan(sqlite_store, file, name, parameters, expected, excluded):
    text = plan(sqlite_store, load_statements(*file)[name], parameters)
    for part in expected:
        assert part in text, text
    assert not any(
        line.endswith(excluded[:-1]) if excluded.endswith('$') else excluded in line for line in text.split(' | ')
    ), text


@pytest.mark.parametrize(
    ('filters', 'expected', 'excluded'),
    [
        ({'states': ['running', 'waiting']}, 'USING INDEX ix_nabucco_process_live', 'TEMP B-TREE FOR ORDER BY'),
        ({'limit': 10, 'descending': True}, 'USING INDEX ix_db_dbnode_db_dbnode_ctime', 'USE TEMP B-TREE FOR ORDER BY'),
        ({'created_after': datetime(2024, 1, 1, tzinfo=UTC)}, 'ctime (ctime>?)', 'node_type (node_type'),
        ({}, 'node_type (node_type>? AND node_type<?)', 'SCAN node'),
        ({'node_ids': [1, 2]}, 'INTEGER PRIMARY KEY (rowid=?)', 'SCAN node'),
        ({'group_ids': [1]}, 'INTEGER PRIMARY KEY (rowid=?)', 'SCAN node'),
    ],
    ids=['active', 'latest', 'since', 'all', 'ids', 'groups'],
)
def test_plan_of_the_list(sqlite_store, monkeypatch, filters, expected, excluded):
    statements = []
    execute = Database.execute
    monkeypatch.setattr(Database, 'execute', lambda self, *args: statements.append(args) or execute(self, *args))
    sqlite_store.list_processes(**filters)
    monkeypatch.undo()
    ((sql, parameters),) = statements
    text = plan(sqlite_store, sql, parameters)
    assert expected in text, text
    assert excluded not in text, text
    assert 'run USING INTEGER PRIMARY KEY' in text, text

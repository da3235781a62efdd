"""What only the PostgreSQL store does: its server, its schema, its connections, its locks, its query plans."""

from __future__ import annotations

import os
import threading
import time

import pytest

from aiida.common.exceptions import (
    ConfigurationError,
    CorruptStorage,
    IncompatibleStorageSchema,
    IntegrityError,
    LostLease,
    StorageUnavailable,
    UnreachableStorage,
)
from aiida.storage.postgres import connection as connections
from aiida.storage.postgres.backend import PsqlDosBackend
from aiida.storage.postgres.connection import Database
from aiida.storage.postgres.store import PostgresStore
from aiida.storage.records import EntityKind, LinkRecord
from aiida.storage.sql import load_statements

OURS = ('process_wait', 'process_run', 'process_checkpoint', 'worker', 'process_event', 'computer_hold')
FAR = 1e12


def name_of(store):
    return store._database.options['dbname']


@pytest.fixture
def config(postgres_server, tmp_path):
    """What a profile says of a store whose database is empty yet."""
    return postgres_server.new_config(tmp_path / 'profile')


@pytest.fixture
def store(postgres_store):
    """What the fixtures that fill a store write to."""
    return postgres_store


@pytest.fixture
def second(postgres_store, postgres_config):
    """The same store, opened by another program."""
    instance = PostgresStore(postgres_config(postgres_store))
    yield instance
    instance.close()


def in_thread(function):
    """Call a function in a thread and return the thread, with what came of it in `outcome`."""

    def call():
        try:
            thread.outcome = function()
        except Exception as error:
            thread.outcome = error

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def eventually(condition, within=5.0):
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


# the database


def test_a_database_without_our_tables_gets_them(config, postgres_server, record):
    store = PostgresStore.initialise(config, user_email='a@b')
    node_id = store.insert_node(record())
    store.close()
    postgres_server.execute(f'DROP TABLE {", ".join(OURS)}', config['database_name'])
    postgres_server.execute('DROP INDEX ix_nabucco_process_live', config['database_name'])
    opened = [in_thread(lambda: PostgresStore(config)) for _ in range(6)]
    for thread in opened:
        thread.join(30)
    stores = [thread.outcome for thread in opened]
    assert not [outcome for outcome in stores if isinstance(outcome, Exception)]
    stores[0].enlist(node_id)
    assert [row.node_id for row in stores[5].claim('w', 1e12, 2e12)] == [node_id]
    for store in stores:
        store.close()


def test_a_database_with_our_tables_of_version_1_gets_the_rest(config, postgres_server, record):
    store = PostgresStore.initialise(config, user_email='a@b')
    node_id = store.insert_node(record())
    store.enlist(node_id)
    store.close()
    postgres_server.execute('DROP TABLE computer_hold', config['database_name'])
    postgres_server.execute('ALTER TABLE process_run DROP COLUMN counted', config['database_name'])
    postgres_server.execute("UPDATE process_run SET last_error = 'no space left'", config['database_name'])
    before = "COMMENT ON TABLE process_run IS 'runtime tables of Nabucco, version 1'"
    postgres_server.execute(before, config['database_name'])
    again = PostgresStore(config)
    assert again.list_holds() == []
    assert again.resting() == [('no space left', 1)]
    assert [row.node_id for row in again.claim('w', 1e12, 2e12)] == [node_id]
    again.close()


def test_a_database_that_aiida_core_emptied_is_opened(config, postgres_server, record):
    store = PostgresStore.initialise(config)
    store.close()
    tables = ', '.join([*OURS, 'db_dbnode', 'db_dblink', 'db_dblog', 'db_dbcomment', 'db_dbgroup_dbnodes', 'db_dbuser'])
    postgres_server.execute(f'TRUNCATE {tables} CASCADE', config['database_name'])
    again = PostgresStore(config)
    assert again.list_processes() == []
    again.close()


def test_other_schemas_are_refused(config, postgres_server):
    PostgresStore.initialise(config).close()
    postgres_server.execute("UPDATE alembic_version SET version_num = 'main_0001'", config['database_name'])
    with pytest.raises(IncompatibleStorageSchema, match=r'main_0001.*main_0002'):
        PostgresStore(config)
    postgres_server.execute("UPDATE alembic_version SET version_num = 'main_0002'", config['database_name'])
    postgres_server.execute(
        "COMMENT ON TABLE process_run IS 'runtime tables of Nabucco, version 99'", config['database_name']
    )
    with pytest.raises(IncompatibleStorageSchema, match=r'99.*upgrade'):
        PostgresStore(config)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'database_name': 'nowhere'}, r'nowhere.*does not exist.*create it, or correct its name'),
        ({'database_password': 'wrong'}, r'password authentication failed.*correct the user and the password'),
        ({'database_port': 1}, r'on 127.0.0.1:1 cannot be reached \(Connection refused\).*host and port'),
    ],
    ids=['database', 'password', 'server'],
)
def test_what_cannot_be_reached_is_said_in_a_line(config, changes, message):
    for make in (PostgresStore, PostgresStore.initialise):
        with pytest.raises(UnreachableStorage, match=message) as caught:
            make({**config, **changes})
        assert '\n' not in str(caught.value)
        assert 'secret' not in str(caught.value)


def test_what_is_no_store_is_refused(config, postgres_server):
    with pytest.raises(CorruptStorage, match='is empty: make the profile'):
        PostgresStore(config)
    postgres_server.execute('CREATE TABLE db_dbnode (id integer)', config['database_name'])
    with pytest.raises(CorruptStorage, match='does not say of which revision'):
        PostgresStore(config)
    for key in ('database_name', 'database_username', 'repository_uri'):
        with pytest.raises(ConfigurationError, match=f'storage.config.{key} is missing'):
            PostgresStore({**config, key: ''})
    with pytest.raises(ConfigurationError, match='file:///path'):
        PostgresStore({**config, 'repository_uri': 's3://bucket'})


def test_a_store_is_made_once_and_then_taken_over_with_its_files_only(config, tmp_path, record):
    first = PostgresStore.initialise(config, user_email='a@b')
    node_id = first.insert_node(record(label='kept'))
    again = PostgresStore.initialise(config)
    assert again.read_node(node_id).label == 'kept'
    again.close()
    with pytest.raises(ConfigurationError, match='not their files'):
        PostgresStore.initialise({**config, 'repository_uri': f'file://{tmp_path}/other'})
    first.close()


def test_files_of_another_store_are_refused(config, postgres_server, tmp_path):
    PostgresStore.initialise(config).close()
    other = postgres_server.new_config(tmp_path / 'other')
    with pytest.raises(ConfigurationError, match='files of a profile in'):
        PostgresStore.initialise({**other, 'repository_uri': config['repository_uri']})
    PostgresStore.initialise(other).close()
    mixed = PostgresStore({**config, 'repository_uri': other['repository_uri']})
    with pytest.raises(CorruptStorage, match='do not belong to'):
        _ = mixed.repository
    mixed.close()


def test_the_names_profiles_use(config, tmp_path):
    store = PsqlDosBackend.initialise(config, user_email='a@b')
    assert store.version == store.version_head() == 'main_0002'
    assert store.filepath_container == tmp_path / 'profile' / 'container'
    assert 'secret' not in str(store)
    assert str(store).endswith(': open')
    store.close()
    store = PsqlDosBackend.open(config)
    assert store.find_entities(EntityKind.USER)[0]['email'] == 'a@b'
    store.close()
    PsqlDosBackend.delete(config)
    assert not (tmp_path / 'profile').exists()
    with pytest.raises(CorruptStorage, match='is empty'):
        PsqlDosBackend.open(config)
    PsqlDosBackend.initialise(config).close()


def test_what_postgresql_cannot_hold_is_refused(postgres_store, record):
    for changes in ({'attributes': {'a': 'x\0y'}}, {'description': 'x\0y'}, {'label': 'x' * 256}):
        with pytest.raises(IntegrityError):
            postgres_store.insert_node(record(**changes))
    assert postgres_store.select('SELECT count(*) FROM db_dbnode', ()).__next__() == (0,)


def test_large_floats_stay_floats(postgres_store, record):
    value = {
        'a': [1e16, -1.5e300, 7.205759403792363e16, 1e-7, 0.1, 10**20, 2**53],
        '1e5': 'say \\"1e16\\" 2e3',
        'b': -1e22,
    }
    node_id = postgres_store.insert_node(record(attributes=value))
    postgres_store.patch_node(node_id, 'extras', value, (), record().mtime)
    for found in (postgres_store.read_attributes(node_id), postgres_store.read_extras(node_id)):
        assert found == value
        assert [type(item) for item in found['a']] == [type(item) for item in value['a']]


def test_uuids_are_found_by_any_beginning(postgres_store, record):
    uuid = '1234abcd-1234-4234-8234-123456789abc'
    node_id = postgres_store.insert_node(record(uuid=uuid))
    for start in ('1', '1234abcd', '1234abcd-', '1234abcd12', '1234abcd-1234-42', uuid, uuid.upper()):
        assert postgres_store.find_nodes('uuid', start, prefix=True) == [node_id], start
    for start in ('2', '1234-', 'zz', "';", uuid + '0'):
        assert postgres_store.find_nodes('uuid', start, prefix=True) == [], start
    assert postgres_store.find_nodes('uuid', 'no uuid') == []


# connections


def test_no_connection_is_left_idle_in_a_transaction(postgres_store, second, postgres_server, record):
    ids = [postgres_store.insert_node(record()) for _ in range(6)]
    rows = postgres_store.select('SELECT id FROM db_dbnode ORDER BY id', (), batch_size=2)
    seen = [next(rows)[0]]
    second.delete_nodes(ids[3:])
    states = "SELECT state FROM pg_stat_activity WHERE application_name = 'nabucco' AND state <> 'idle'"
    assert postgres_server.execute(states) == []
    # the rows are those of one moment, and the thread may write meanwhile
    postgres_store.insert_node(record())
    seen.extend(row[0] for row in rows)
    assert seen == ids


def test_rows_that_nobody_takes_are_given_up(postgres_store, record):
    for _ in range(3):
        postgres_store.insert_node(record())
    rows = postgres_store.select('SELECT id FROM db_dbnode', (), batch_size=1)
    next(rows)
    rows.close()
    assert list(postgres_store.select('SELECT name FROM pg_cursors', ())) == []


def test_a_server_that_restarts_is_connected_to_again(postgres_store, postgres_server, record):
    kept, undone = record(), []
    postgres_store.insert_node(kept)
    counter = postgres_store.change_counter()
    lost = record()
    with pytest.raises(StorageUnavailable, match='was lost'), postgres_store.transaction():
        postgres_store.on_rollback(lambda: undone.append(True))
        postgres_store.insert_node(lost)
        postgres_server.stop()
        postgres_store.insert_node(record())
    assert undone == [True]
    with pytest.raises(StorageUnavailable, match='cannot be reached'):
        postgres_store.read_node(kept.id)
    with pytest.raises(StorageUnavailable):
        postgres_store.change_counter()
    postgres_server.start()
    # nothing has to be opened again
    assert postgres_store.read_node(kept.id).uuid == kept.uuid
    assert postgres_store.change_counter() != counter
    assert postgres_store.find_nodes('uuid', lost.uuid) == []
    postgres_store.insert_node(lost)


@pytest.mark.parametrize('done', [True, False], ids=['done', 'not done'])
def test_a_commit_whose_answer_was_lost_is_asked_after(postgres_store, postgres_server, monkeypatch, record, done):
    node, calls = record(), []
    database = postgres_store._database
    simple = database._simple
    # the tests before this one may have restarted the server in this very second
    monkeypatch.setattr(connections, '_COARSE', 0.0)

    def lose_the_answer(session, sql):
        if sql != connections._COMMIT:
            return simple(session, sql)
        if done:
            simple(session, sql)
        session.pgconn.finish()
        raise StorageUnavailable('the connection was lost')

    monkeypatch.setattr(database, '_simple', lose_the_answer)
    try:
        with postgres_store.transaction():
            postgres_store.on_commit(lambda: calls.append('committed'))
            postgres_store.on_rollback(lambda: calls.append('rolled back'))
            postgres_store.insert_node(node)
    except StorageUnavailable:
        calls.append('raised')
    monkeypatch.undo()
    assert calls == (['committed'] if done else ['rolled back', 'raised'])
    assert postgres_store.find_nodes('uuid', node.uuid) == ([node.id] if done else [])


def test_what_was_said_to_be_committed_is_there_and_nothing_else_whenever_the_server_crashes(
    postgres_store, postgres_server, record
):
    stop, said, refused = threading.Event(), set(), set()

    def write():
        while not stop.is_set():
            first, last = record(), record()
            try:
                with postgres_store.transaction():
                    postgres_store.insert_node(first)
                    postgres_store.insert_node(last)
                    postgres_store.insert_links([LinkRecord(first.id, last.id, 'create', 'x')])
                said.update((first.uuid, last.uuid))
            except StorageUnavailable:
                refused.update((first.uuid, last.uuid))
                time.sleep(0.02)

    threads = [in_thread(write) for _ in range(4)]
    for _ in range(3):
        time.sleep(0.3)
        postgres_server.stop()
        postgres_server.start()
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(30)
        assert thread.outcome is None
    found = {uuid for (uuid,) in postgres_store.select('SELECT uuid FROM db_dbnode', ())}
    assert refused
    assert len(said) > 50
    assert found == said
    assert list(postgres_store.select('SELECT count(*) FROM db_dblink', ())) == [(len(said) // 2,)]


def test_a_number_that_a_crash_gave_to_another_transaction_proves_nothing(postgres_store, postgres_server, record):
    node = record()

    def lose():
        with postgres_store.transaction():
            postgres_store.insert_node(node)
            lost = int(postgres_store._database._session().transaction_id)
            postgres_server.stop()
            postgres_server.start()
            for _ in range(20):
                postgres_server.execute('SELECT txid_current()')
            assert postgres_server.execute(f'SELECT txid_status({lost})') == [('committed',)]

    with pytest.raises(StorageUnavailable):
        lose()
    assert postgres_store.find_nodes('uuid', node.uuid) == []


@pytest.mark.parametrize(('told', 'done'), [('off', 'on'), ('local', 'local'), ('remote_apply', 'remote_apply')])
def test_what_is_committed_is_on_the_disk_whatever_the_server_is_told(config, postgres_server, told, done):
    PostgresStore.initialise(config).close()
    name = config['database_name']
    postgres_server.execute(f'ALTER DATABASE {name} SET synchronous_commit = {told}')
    store = PostgresStore(config)
    assert list(store.select("SELECT current_setting('synchronous_commit')", ())) == [(done,)]
    store.close()


def test_a_backend_that_was_terminated_costs_nothing_between_transactions(postgres_store, postgres_server, record):
    postgres_store.insert_node(record())
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nabucco'"
    postgres_server.execute(kill)
    assert len(postgres_store.list_processes()) == 0
    postgres_server.execute(kill)
    postgres_store.insert_node(record())
    postgres_server.execute(kill)
    assert list(postgres_store.select('SELECT count(*) FROM db_dbnode', ())) == [(2,)]


def test_statements_the_server_has_forgotten_are_prepared_again(postgres_store, record):
    node_id = postgres_store.insert_node(record())
    assert postgres_store.read_node(node_id).id == node_id
    session = postgres_store._database._session()
    postgres_store._database._simple(session, b'DEALLOCATE ALL')
    assert postgres_store.read_node(node_id).id == node_id


def test_a_deadlock_is_trouble_of_the_infrastructure(postgres_store, record):
    first, other = (postgres_store.insert_node(record()) for _ in range(2))
    barrier = threading.Barrier(2)

    def patch(one, two):
        with postgres_store.transaction():
            postgres_store.patch_node(one, 'extras', {'a': 1}, (), record().mtime)
            barrier.wait(5)
            postgres_store.patch_node(two, 'extras', {'a': 1}, (), record().mtime)

    threads = [in_thread(lambda: patch(first, other)), in_thread(lambda: patch(other, first))]
    for thread in threads:
        thread.join(20)
    assert {type(thread.outcome) for thread in threads} == {StorageUnavailable, type(None)}


def test_a_transaction_that_an_interrupt_left_open_is_rolled_back(postgres_store, record):
    kept = record()
    session = postgres_store._database._session()
    postgres_store._database._simple(session, b"BEGIN; UPDATE db_dbuser SET institution = 'lost'")
    postgres_store.insert_node(kept)
    assert postgres_store.find_entities(EntityKind.USER)[0]['institution'] == ''
    assert postgres_store.find_nodes('uuid', kept.uuid) == [kept.id]


def test_the_connection_of_a_thread_goes_with_the_thread(postgres_store, postgres_server, record):
    number = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nabucco'"
    postgres_store.insert_node(record())
    before = postgres_server.execute(number)
    for _ in range(5):
        in_thread(lambda: postgres_store.insert_node(record())).join(10)
    assert eventually(lambda: postgres_server.execute(number) == before)
    postgres_store.close()
    assert eventually(lambda: postgres_server.execute(number) == [(0,)])


def test_closing_interrupts_no_statement_of_another_thread(postgres_store):
    thread = in_thread(lambda: postgres_store._database.execute('SELECT pg_sleep(0.5)'))
    time.sleep(0.2)
    postgres_store.close()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='there is no fork here')
def test_a_forked_child_gets_connections_of_its_own(postgres_store, record):
    first, second, third = record(), record(), record()
    postgres_store.insert_node(first)
    postgres_store.change_counter()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            postgres_store.insert_node(second)
            postgres_store.change_counter()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    postgres_store.insert_node(third)
    for item in (first, second, third):
        assert len(postgres_store.find_nodes('uuid', item.uuid)) == 1


def test_the_change_counter_sees_other_programs_at_once_and_strangers_soon(
    postgres_store, second, postgres_server, record
):
    before = postgres_store.change_counter()
    second.insert_node(record())
    assert eventually(lambda: postgres_store.change_counter() != before, within=0.5)
    time.sleep(1.1)
    quiet = postgres_store.change_counter()
    postgres_server.execute("UPDATE db_dbuser SET institution = 'x'", name_of(postgres_store))
    assert eventually(lambda: postgres_store.change_counter() != quiet, within=3)


def test_asking_for_the_change_counter_is_cheap(postgres_store):
    postgres_store.change_counter()
    started = time.process_time()
    for _ in range(1000):
        postgres_store.change_counter()
    # a loop that asks every 20 ms may not spend a hundredth of a core on it
    assert time.process_time() - started < 0.2


# locks


def test_the_last_of_two_children_that_end_at_once_wakes_the_parent(postgres_store, second, run):
    parent, one, two = run(), run(), run()
    for node_id in (parent, one, two):
        postgres_store.claim_one(node_id, 'w', time.time() + 1, FAR)
    postgres_store.wait_for(parent, [one, two])
    postgres_store.release(parent, 1, None)
    with postgres_store.transaction():
        assert postgres_store.finish(one, 1) == []
        thread = in_thread(lambda: second.finish(two, 1))
        thread.join(0.3)
        # it cannot know yet whether it is the last
        assert thread.is_alive()
    thread.join(5)
    assert thread.outcome == [parent]
    assert postgres_store.read_run(parent).ready_since is not None


def test_a_child_that_ends_while_its_parent_begins_to_wait_is_not_missed(postgres_store, second, run):
    parent, child = run(), run()
    for node_id in (parent, child):
        postgres_store.claim_one(node_id, 'w', time.time() + 1, FAR)
    with postgres_store.transaction():
        postgres_store.check_fence(parent, 1)
        postgres_store.wait_for(parent, [child])
        thread = in_thread(lambda: second.finish(child, 1))
        thread.join(0.3)
        assert thread.is_alive()
        postgres_store.release(parent, 1, None)
    thread.join(5)
    assert thread.outcome == [parent]
    assert [row.node_id for row in postgres_store.claim('w', time.time() + 1, FAR)] == [parent]


def test_a_parent_that_begins_to_wait_while_its_child_ends_does_not_wait(postgres_store, second, run):
    parent, child = run(), run()
    for node_id in (parent, child):
        postgres_store.claim_one(node_id, 'w', time.time() + 1, FAR)

    def begin_to_wait():
        with second.transaction():
            second.check_fence(parent, 1)
            second.wait_for(parent, [child])
            second.release(parent, 1, None)

    with postgres_store.transaction():
        postgres_store.finish(child, 1)
        thread = in_thread(begin_to_wait)
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(5)
    assert thread.outcome is None
    assert second.waiting_for(parent) == []
    assert [row.node_id for row in postgres_store.claim('w', time.time() + 1, FAR)] == [parent]


def test_nobody_claims_what_is_being_written_by_its_owner(postgres_store, second, run):
    node_id = run(owner='slow', lease_until=1.0)
    with postgres_store.transaction():
        postgres_store.check_fence(node_id, 1)
        assert second.claim('other', time.time() + 1, FAR) == []
        assert second.reclaim(time.time()) == []
        postgres_store.save_checkpoint(node_id, b'x', 1)
    assert [row.fence for row in second.claim('other', time.time() + 1, FAR)] == [2]
    with pytest.raises(LostLease):
        postgres_store.save_checkpoint(node_id, b'y', 1)


def test_two_who_claim_at_once_take_different_rows(postgres_store, second, run):
    ids = [run() for _ in range(4)]
    with postgres_store.transaction():
        mine = postgres_store.claim('one', time.time() + 1, FAR, limit=2)
        theirs = second.claim('two', time.time() + 1, FAR, limit=4)
    assert [row.node_id for row in mine] == ids[:2]
    assert [row.node_id for row in theirs] == ids[2:]


def test_trees_that_end_in_many_threads_wake_every_parent(postgres_store, process):
    parents, fan = 6, 5
    with postgres_store.transaction():
        trees = {process(): [process() for _ in range(fan)] for _ in range(parents)}
        for parent, children in trees.items():
            postgres_store.enlist(parent, owner='w', lease_until=FAR)
            for child in children:
                postgres_store.enlist(child, owner='w', lease_until=FAR)

    def wait(parent):
        with postgres_store.transaction():
            postgres_store.check_fence(parent, 1)
            postgres_store.wait_for(parent, trees[parent])
            postgres_store.release(parent, 1, None)

    def finish(number):
        for children in trees.values():
            with postgres_store.transaction():
                postgres_store.finish(children[number], 1)

    def beat():
        while not ended.is_set():
            postgres_store.renew('w', FAR)

    ended = threading.Event()
    heart = in_thread(beat)
    actions = [in_thread(lambda parent=parent: wait(parent)) for parent in trees]
    actions += [in_thread(lambda number=number: finish(number)) for number in range(fan)]
    for action in actions:
        action.join(60)
    ended.set()
    heart.join(10)
    assert heart.outcome is None
    assert [action.outcome for action in actions] == [None] * len(actions)
    rows = [postgres_store.read_run(parent) for parent in trees]
    assert all(row.owner is None and row.ready_since is not None for row in rows)


# plans: what is asked often must never read a whole table


@pytest.fixture(scope='module')
def filled(postgres_server, tmp_path_factory):
    """A store with enough in it for the planner to mind, and its statistics."""
    store = PostgresStore.initialise(
        postgres_server.new_config(tmp_path_factory.mktemp('filled') / 'x'), user_email='a'
    )
    name = name_of(store)
    for statement in (
        """INSERT INTO db_dbnode (uuid, node_type, label, description, ctime, mtime, attributes, extras,
               repository_metadata, user_id)
           SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN 'process.workflow.workchain.WorkChainNode.' ELSE
                  'data.core.int.Int.' END, 'label ' || n, '', now() - n * interval '1 minute', now(),
                  CASE WHEN n % 100 = 0 THEN '{"process_state": "running"}'::jsonb
                       ELSE '{"process_state": "finished", "sealed": true}'::jsonb END, '{}', '{}', 1
           FROM generate_series(1, 20000) AS n""",
        """INSERT INTO db_dblink (input_id, output_id, type, label)
           SELECT n, n + 1, CASE WHEN n % 2 = 0 THEN 'create' ELSE 'input_calc' END, 'x'
           FROM generate_series(1, 19999) AS n""",
        """INSERT INTO process_run (node_id, ready_since, owner, lease_until, fence)
           SELECT n, CASE WHEN n % 10 <> 0 THEN n END, NULL, NULL, 1 FROM generate_series(2, 20000, 2) AS n
           UNION ALL
           SELECT n, n, 'w' || n % 1000, 1e12, 1 FROM generate_series(1, 10001, 2) AS n""",
        """INSERT INTO db_dbgroup
           SELECT n, gen_random_uuid(), n::text, 'core', now(), '', '{}', 1 FROM generate_series(1, 999) AS n""",
        """INSERT INTO db_dbgroup_dbnodes (dbnode_id, dbgroup_id)
           SELECT n, 1 + n % 999 FROM generate_series(1, 20000) AS n""",
        'INSERT INTO process_wait (child_id, parent_id) SELECT n, n - 2 FROM generate_series(12, 19992, 10) AS n',
        "INSERT INTO process_checkpoint SELECT node_id, '', 1, 0, 'x' FROM process_run",
        """INSERT INTO process_event (node_id, kind, time, payload)
           SELECT n, 'x', n, '{}' FROM generate_series(1, 9000) AS n""",
        'ANALYZE',
    ):
        postgres_server.execute(statement, name)
    yield store
    store.close()


CLAIM = {'owner': 'w', 'now': 1e11, 'lost': 1e11, 'lease_until': 2e11, 'limit': 1}
LINKS = {'node_id': 1, 'types': ['create'], 'label': None}
PROCESSES, GRAPH = ('processes', 'processes_postgres'), ('graph', 'graph_postgres')
PLANS = [
    (PROCESSES, 'claimable', {'now': 1e11, 'lost': 1e11}, ['ix_process_run_free', 'ix_process_run_lease']),
    (PROCESSES, 'claim', CLAIM, ['Index Scan using ix_process_run_free', 'ix_process_run_lease']),
    (PROCESSES, 'claim_one', {**CLAIM, 'node_id': 4}, ['process_run_pkey']),
    (PROCESSES, 'renew', {'owner': 'w1', 'lease_until': 1.0}, ['ix_process_run_owner']),
    (PROCESSES, 'lost', {'lost': 1.0, 'gone': ['w1']}, ['ix_process_run_lease', 'ix_process_run_owner']),
    (
        PROCESSES,
        'shorten_leases',
        {'lease_until': 1.0, 'lease_latest': 1e13},
        ['Index Scan using ix_process_run_lease', 'process_run_pkey'],
    ),
    (PROCESSES, 'parents_of', (12,), ['process_wait_pkey', 'process_run_pkey']),
    (PROCESSES, 'wake', {'parent_id': 10, 'now': 1.0}, ['ix_process_wait_parent', 'process_run_pkey']),
    (PROCESSES, 'wait_for', {'parent_id': 4, 'child_ids': [6, 8]}, ['process_run_pkey']),
    (PROCESSES, 'waiting_for', (10,), ['ix_process_wait_parent']),
    (PROCESSES, 'lock_fence', (4,), ['process_run_pkey']),
    (PROCESSES, 'delete_run', (4,), ['process_run_pkey']),
    (PROCESSES, 'load_checkpoint', (4, ''), ['process_checkpoint_pkey']),
    (PROCESSES, 'read_events', (8990, 10), ['process_event_pkey']),
    (GRAPH, 'read_links_incoming', LINKS, ['ix_db_dblink_db_dblink_output_id']),
    (GRAPH, 'read_links_outgoing', LINKS, ['ix_db_dblink_db_dblink_input_id']),
    (GRAPH, 'is_ancestor', {'node_id': 1, 'types': ['create'], 'ancestor_id': 2}, ['ix_db_dblink_db_dblink_output_id']),
    (GRAPH, 'read_nodes', ([1, 2],), ['db_dbnode_pkey']),
    (GRAPH, 'patch_extras', {'node_id': 1, 'changes': '{}', 'removed': [], 'mtime': 'now'}, ['db_dbnode_pkey']),
    (GRAPH, 'find_nodes_label_prefix', ('label 10', 'label 11'), ['ix_pat_db_dbnode_label']),
    (GRAPH, 'delete_links_from', ([1, 2],), ['ix_db_dblink_db_dblink_input_id']),
]


@pytest.mark.parametrize(('files', 'name', 'parameters', 'expected'), PLANS, ids=[row[1] for row in PLANS])
def test_plan(filled, files, name, parameters, expected):
    rows = filled._database.execute(f'EXPLAIN {load_statements(*files)[name]}', parameters)
    plan = '\n'.join(row[0] for row in rows)
    for part in expected:
        assert part in plan, plan
    assert 'Seq Scan' not in plan, plan


@pytest.mark.parametrize(
    ('filters', 'expected'),
    [
        ({'states': ['running', 'waiting']}, 'ix_nabucco_process_live'),
        ({'limit': 10, 'descending': True}, 'Index Scan Backward using ix_db_dbnode_db_dbnode_ctime'),
        ({'node_ids': [1, 2]}, 'db_dbnode_pkey'),
        ({'group_ids': [1]}, 'ix_db_dbgroup_dbnodes'),
    ],
    ids=['active', 'latest', 'ids', 'groups'],
)
def test_plan_of_the_list(filled, monkeypatch, filters, expected):
    statements = []
    execute = Database.execute
    monkeypatch.setattr(Database, 'execute', lambda self, *args: statements.append(args) or execute(self, *args))
    filled.list_processes(**filters)
    monkeypatch.undo()
    ((sql, parameters),) = statements
    plan = '\n'.join(row[0] for row in filled._database.execute(f'EXPLAIN {sql}', parameters))
    assert expected in plan, plan
    assert 'Seq Scan on db_dbnode' not in plan, plan


def test_links_of_nodes_that_are_not_there_are_refused_at_the_commit(postgres_store, record):
    node = record()
    with pytest.raises(IntegrityError, match='db_dblink'), postgres_store.transaction():
        postgres_store.insert_node(node)
        postgres_store.insert_links(
            [LinkRecord(4711, node.id, 'create', 'x'), LinkRecord(node.id, 4711, 'create', 'x')]
        )
    assert postgres_store.find_nodes('uuid', node.uuid) == []

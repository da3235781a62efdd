"""Several programs of the operating system on one store: nothing fails, nothing is lost, nothing is half written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

PROGRAMS = 20
ROUNDS = 15

PRELUDE = """
import json, sys, time, uuid
from aiida.common import timezone
from aiida.storage.records import LinkRecord, NodeRecord

def node(kind, **attributes):
    now = timezone.now()
    return NodeRecord(uuid=str(uuid.uuid4()), node_type=kind, ctime=now, mtime=now, user_id=1, attributes=attributes)

where = json.loads(sys.argv[1])
if 'database_name' in where:
    from aiida.storage.postgres.store import PostgresStore
    store = PostgresStore(where)
else:
    from aiida.storage.sqlite.store import SqliteStore
    store = SqliteStore(where['filepath'])
"""


def start(where, code, *arguments):
    return subprocess.Popen(
        [sys.executable, '-c', PRELUDE + textwrap.dedent(code), json.dumps(where), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outputs(programs):
    texts = []
    for program in programs:
        out, err = program.communicate(timeout=60)
        assert program.returncode == 0, err
        texts.append(out)
    return texts


@pytest.fixture
def where(shared_store, postgres_config):
    """What a profile says of the store."""
    if shared_store.dialect == 'sqlite':
        return {'filepath': str(shared_store.folder)}
    return postgres_config(shared_store)


def is_whole(store):
    """Whether the file of a store is sound; a server looks after its own."""
    return store.dialect != 'sqlite' or store._database.execute('PRAGMA integrity_check') == [('ok',)]


def count(store, what):
    return store._database.execute(f'SELECT count(*) FROM {what}')[0][0]


@pytest.mark.skipif(os.name != 'posix', reason='signals and locks of POSIX')
class TestManyPrograms:
    """Programs that write at the same time, and one that is killed while it does."""

    def test_all_store_nodes_links_and_attributes(self, shared_store, where, record):
        shared = shared_store.insert_node(record(attributes={'kept': True}))
        code = """
            shared, rounds, me = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
            for number in range(rounds):
                with store.transaction():
                    data = node('data.core.int.Int.', value=number)
                    store.insert_node(data)
                    process = node('process.calculation.calcfunction.CalcFunctionNode.', by=me)
                    store.insert_node(process)
                    store.insert_links([LinkRecord(shared, process.id, 'input_calc', 'a'),
                                        LinkRecord(process.id, data.id, 'create', 'result')])
                store.patch_node(shared, 'attributes', {f'{me}-{number}': number}, (), timezone.now())
                with store.transaction():
                    store.write_setting('counter', (store.read_setting('counter') or 0) + 1)
            """
        started = time.monotonic()
        outputs([start(where, code, shared, ROUNDS, number) for number in range(PROGRAMS)])
        assert time.monotonic() - started < 30
        assert count(shared_store, 'db_dbnode') == 1 + 2 * PROGRAMS * ROUNDS
        assert count(shared_store, 'db_dblink') == 2 * PROGRAMS * ROUNDS
        assert shared_store.read_setting('counter') == PROGRAMS * ROUNDS
        attributes = shared_store.read_attributes(shared)
        assert attributes.pop('kept') is True
        assert attributes == {f'{me}-{n}': n for me in range(PROGRAMS) for n in range(ROUNDS)}
        assert is_whole(shared_store)

    def test_each_process_is_claimed_once(self, shared_store, where, record):
        with shared_store.transaction():
            for _ in range(120):
                shared_store.enlist(shared_store.insert_node(record(node_type='process.workflow.WorkflowNode.')))
        code = """
            while True:
                runs = store.claim(sys.argv[2], time.time(), time.time() + 600, limit=2)
                if not runs:
                    break
                for run in runs:
                    print(run.node_id)
                    store.patch_node(run.node_id, 'attributes', {'by': sys.argv[2]}, (), timezone.now())
                    store.finish(run.node_id, run.fence)
            """
        texts = outputs([start(where, code, f'worker-{number}') for number in range(6)])
        claimed = sorted(int(line) for text in texts for line in text.split())
        assert len(claimed) == 120
        assert len(set(claimed)) == 120
        assert count(shared_store, 'process_run') == 0

    @pytest.mark.parametrize('repetition', range(3))
    def test_a_program_killed_in_a_transaction_leaves_nothing_of_it(self, shared_store, where, record, repetition):
        code = """
            for number in range(100_000):
                with store.transaction():
                    first, second = node('data.core.int.Int.'), node('data.core.int.Int.')
                    store.insert_node(first)
                    print(number, flush=True)
                    store.insert_node(second)
                    store.insert_links([LinkRecord(first.id, second.id, 'create', 'x')])
                    store.enlist(second.id)
                    store.record_event(second.id, 'made')
                    if number == 20:
                        time.sleep(60)
            """
        program = start(where, code)
        for line in program.stdout:
            if int(line) == 20:
                break
        program.send_signal(signal.SIGKILL)
        program.wait(10)
        program.stdout.close()
        program.stderr.close()
        # the 20 before are whole, the one it died in is not there, and nothing is locked
        assert count(shared_store, 'db_dbnode') == 40
        for table in ('db_dblink', 'process_run', 'process_event'):
            assert count(shared_store, table) == 20
        shared_store.insert_node(record())
        assert is_whole(shared_store)

    def test_a_program_killed_anywhere_leaves_whole_transactions(self, shared_store, where):
        code = """
            print('ready', flush=True)
            while True:
                with store.transaction():
                    first, second = node('data.core.int.Int.'), node('data.core.int.Int.')
                    store.insert_node(first)
                    store.insert_node(second)
                    store.insert_links([LinkRecord(first.id, second.id, 'create', 'x')])
            """
        for number in range(4):
            program = start(where, code)
            program.stdout.readline()
            time.sleep(0.05 + 0.037 * number)
            program.kill()
            program.communicate(timeout=10)
            assert count(shared_store, 'db_dbnode') == 2 * count(shared_store, 'db_dblink') > 0
        assert is_whole(shared_store)

    def test_all_make_the_same_store_their_own(self, sqlite_store):
        """The first programs to open a store of aiida-core add our tables, at the same time."""
        where = {'filepath': str(sqlite_store.folder)}
        for table in ('process_wait', 'process_run', 'process_checkpoint', 'worker', 'process_event', 'computer_hold'):
            sqlite_store._database.execute(f'DROP TABLE {table}')
        sqlite_store._database.execute('DROP INDEX ix_nabucco_process_live')
        sqlite_store._database.execute('PRAGMA user_version = 0')
        sqlite_store.close()
        code = "print(len(store.claim('w', 1.0, 2.0)))"
        assert set(outputs([start(where, code) for _ in range(6)])) == {'0\n'}

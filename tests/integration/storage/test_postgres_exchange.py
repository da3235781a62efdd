"""A store in PostgreSQL made by aiida-core opens here, one made here opens there, in the same form.

The interpreter of an environment with aiida-core is named by the variable ``NABUCCO_PEER_PYTHON``; without it these
tests are skipped.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess

import pytest
from exchange import (
    FILL,
    READ,
    check_deleted,
    check_read,
    check_theirs,
    needs_peer,
    peer,
    use_and_delete,
    verdi,
    write_config,
    write_ours,
)

from aiida.manage.configuration import Profile, create_profile, get_config
from aiida.storage.postgres.store import PostgresStore
from postgres_server import PASSWORD, USER, find_program

pytestmark = needs_peer

SETUP = (
    'profile',
    'setup',
    'core.psql_dos',
    '-n',
    '--email',
    'aiida@localhost',
    '--institution',
    'I',
    '--broker',
    'none',
)
NAMES = ('--first-name', 'F', '--last-name', 'L', '-p', 'theirs')


def peer_setup(home, config):
    options = [word for key, value in config.items() for word in (f'--{key.replace("_", "-")}', str(value))]
    verdi(home, *SETUP, *NAMES, *options)


@pytest.fixture
def theirs(postgres_server, tmp_path):
    """A profile that aiida-core made; what it says of its store."""
    config = postgres_server.new_config(tmp_path / 'repository')
    peer_setup(tmp_path, config)
    return config


def dump(server, database):
    """Return the schema of a database as PostgreSQL tells it, statement by statement."""
    program = find_program('pg_dump')
    if program is None:
        pytest.skip('there is no pg_dump here')
    text = subprocess.run(
        [program, '--schema-only', '--no-owner', '-h', '127.0.0.1', '-p', str(server.port), '-U', USER, database],
        env={'PGPASSWORD': PASSWORD},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = [line for line in text.splitlines() if line and not line.startswith(('--', '\\restrict', '\\unrestrict'))]
    return {' '.join(statement.split()) for statement in '\n'.join(lines).split(';')}


def test_the_tables_are_those_aiida_core_makes(postgres_server, theirs, tmp_path):
    config = postgres_server.new_config(tmp_path / 'ours')
    PostgresStore.initialise(config).close()
    expected = dump(postgres_server, theirs['database_name'])
    made = dump(postgres_server, config['database_name'])
    assert expected - made == set()
    ours = re.compile(r'\b(process_(run|wait|checkpoint|event)|worker|computer_hold|ix_nabucco_process_live)')
    assert [statement for statement in made - expected if not ours.search(statement)] == []


def test_a_store_of_aiida_core_opens_here_and_goes_on_working_there(theirs, tmp_path, record):
    made = peer(tmp_path, FILL)
    config = json.loads((tmp_path / '.aiida' / 'config.json').read_text())['profiles']['theirs']
    assert config['storage'] == {'backend': 'core.psql_dos', 'config': theirs}

    store = PostgresStore(config['storage']['config'])
    check_theirs(store, made)
    before = store.change_counter()
    written = write_ours(store, record)

    # both have it open
    check_read(peer(tmp_path, READ, json.dumps(written)), written)
    assert store.read_run(written['process']).owner == 'me'
    # what it committed is seen, although it tells nobody
    assert store.change_counter() != before
    store.close()
    assert 'core.psql_dos' in verdi(tmp_path, 'profile', 'show')
    assert 'Storage for' in verdi(tmp_path, 'status')
    peer(tmp_path, FILL.replace("'theirs'", "'theirs again'"))
    again = PostgresStore(theirs)
    assert len(again.list_processes()) == 3
    again.close()


def test_a_store_made_here_opens_there(postgres_server, tmp_path, record):
    config = postgres_server.new_config(tmp_path / 'data')
    store = PostgresStore.initialise(config, user_email='aiida@localhost')
    written = write_ours(store, record)
    store.close()
    write_config(tmp_path, 'core.psql_dos', config)
    check_read(peer(tmp_path, READ, json.dumps(written)), written)
    use_and_delete(tmp_path, written)
    again = PostgresStore(config)
    check_deleted(again, written)
    key = again.repository.put_object_from_filelike(io.BytesIO(b'from here'))
    verdi(tmp_path, 'storage', 'maintain', '--force', '--full')
    assert again.repository.get_object_content(key) == b'from here'
    again.close()


def test_a_profile_made_here_has_the_form_of_theirs(postgres_server, theirs, config_folder, tmp_path):
    """And what aiida-core made is taken over by making a profile that names it."""
    from aiida.orm import load_group

    peer(tmp_path, FILL)
    written = json.loads((config_folder / 'config.json').read_text())['profiles']['theirs']
    shutil.move(config_folder / 'config.json', tmp_path / 'theirs.json')
    config = get_config(create=True)
    create_profile(config, name='ours', email='aiida@localhost', storage_backend='core.psql_dos', storage_config=theirs)
    ours = json.loads((config_folder / 'config.json').read_text())['profiles']['ours']
    assert ours['storage'] == written['storage']
    assert ours.keys() == written.keys()
    from aiida.manage import get_manager

    get_manager().load_profile(Profile('ours', ours))
    assert load_group('theirs').count() == 2

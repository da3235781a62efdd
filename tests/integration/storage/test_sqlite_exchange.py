"""A store made by aiida-core opens here, one made here opens there.

The interpreter of an environment with aiida-core is named by the variable ``NABUCCO_PEER_PYTHON``; without it these
tests are skipped.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

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

from aiida.storage.sqlite.store import SqliteStore

pytestmark = needs_peer


def test_a_store_of_aiida_core_opens_here_and_goes_on_working_there(tmp_path, record):
    verdi(tmp_path, 'presto', '--profile-name', 'theirs', '--email', 'aiida@localhost')
    made = peer(tmp_path, FILL)
    config = json.loads((tmp_path / '.aiida' / 'config.json').read_text())
    folder = Path(config['profiles']['theirs']['storage']['config']['filepath'])

    store = SqliteStore(folder)
    check_theirs(store, made)
    written = write_ours(store, record)

    # both have it open
    check_read(peer(tmp_path, READ, json.dumps(written)), written)
    assert store.read_run(written['process']).owner == 'me'
    store.close()
    assert 'SqliteDosStorage' in verdi(tmp_path, 'status')
    peer(tmp_path, FILL.replace("'theirs'", "'theirs again'"))
    again = SqliteStore(folder)
    assert len(again.list_processes()) == 3
    again.close()


def test_a_store_made_here_opens_there(tmp_path, record):
    folder = tmp_path / 'data'
    store = SqliteStore.initialise(folder, user_email='aiida@localhost')
    written = write_ours(store, record)
    store.close()
    write_config(tmp_path, 'core.sqlite_dos', {'filepath': str(folder)})
    check_read(peer(tmp_path, READ, json.dumps(written)), written)
    use_and_delete(tmp_path, written)
    again = SqliteStore(folder)
    check_deleted(again, written)
    again.close()


def test_what_is_packed_there_is_read_here(tmp_path, record):
    folder = tmp_path / 'data'
    store = SqliteStore.initialise(folder, user_email='aiida@localhost')
    write_ours(store, record)
    write_config(tmp_path, 'core.sqlite_dos', {'filepath': str(folder)})
    key = store.repository.put_object_from_filelike(io.BytesIO(b'from here'))
    verdi(tmp_path, 'storage', 'maintain', '--force', '--full')
    assert not list((folder / 'container' / 'loose').glob('*/*'))
    assert store.repository.get_object_content(key) == b'from here'
    # and is not written a second time
    assert store.repository.put_object_from_filelike(io.BytesIO(b'from here')) == key
    assert not list((folder / 'container' / 'loose').glob('*/*'))
    store.close()

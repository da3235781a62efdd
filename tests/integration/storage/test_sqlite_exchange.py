"""A store made by aiida-core opens here, one made here opens there.

The interpreter of an environment with aiida-core is named by the variable ``NABUCCO_PEER_PYTHON``; without it these
tests are skipped.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

from exchange import FILL, READ, check_read, needs_peer, peer, verdi, write_config, write_ours

from aiida.storage.records import EntityKind, LinkRecord
from aiida.storage.sqlite.store import SqliteStore

pytestmark = needs_peer


def test_a_store_of_aiida_core_opens_here_and_goes_on_working_there(tmp_path, record):
    verdi(tmp_path, 'presto', '--profile-name', 'theirs', '--email', 'aiida@localhost')
    made = peer(tmp_path, FILL)
    config = json.loads((tmp_path / '.aiida' / 'config.json').read_text())
    folder = Path(config['profiles']['theirs']['storage']['config']['filepath'])

    store = SqliteStore(folder)
    text = store.read_node(made['text'])
    assert (text.uuid, text.label, text.node_type) == (
        made['uuid'],
        'from there',
        'data.core.singlefile.SinglefileData.',
    )
    key = text.repository_metadata['o']['in.txt']['k']
    assert store.repository.get_object_content(key) == b'what is in it'
    assert store.uuid == store.repository.uuid
    (row,) = store.list_processes()
    assert (row.id, row.attributes['process_state'], row.attributes['exit_status']) == (made['process'], 'finished', 0)
    links = store.read_links(made['process'], 'outgoing')
    assert links == [LinkRecord(made['process'], made['total'], 'create', 'result')]
    assert store.is_ancestor(made['process'], made['total'], ['create'])
    (group,) = store.find_entities(EntityKind.GROUP, label='theirs')
    assert sorted(store.group_members(group['id'])) == sorted([made['text'], made['total']])
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
    assert '42' in verdi(tmp_path, 'node', 'attributes', str(written['data']))
    assert 'MultiplyAddWorkChain' in verdi(tmp_path, 'process', 'list')
    assert 'entities' in verdi(tmp_path, 'storage', 'info')
    # what it deletes there is gone here too, with what is alive of it
    verdi(tmp_path, 'node', 'delete', '--force', str(written['process']))
    again = SqliteStore(folder)
    assert again.read_run(written['process']) is None
    assert again.list_checkpoints() == []
    assert again.find_entities(EntityKind.LOG) == []
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

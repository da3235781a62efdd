"""What the tests of interchange with aiida-core share: running it, and what either program writes for the other.

The interpreter of an environment with aiida-core is named by the variable ``NABUCCO_PEER_PYTHON``; without it these
tests are skipped.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from aiida.storage.records import EntityKind, LinkRecord, NodeRecord

PEER = os.environ.get('NABUCCO_PEER_PYTHON')

needs_peer = pytest.mark.skipif(not PEER, reason='NABUCCO_PEER_PYTHON names no interpreter with aiida-core')

FILL = """
import io, json
from aiida import load_profile, orm
from aiida.engine import calcfunction
load_profile()

@calcfunction
def add(a, b):
    return orm.Int(a.value + b.value)

total, node = add.run_get_node(orm.Int(2), orm.Int(3))
text = orm.SinglefileData(io.BytesIO(b'what is in it'), filename='in.txt').store()
text.label = 'from there'
group = orm.Group('theirs').store()
group.add_nodes([text, total])
print(json.dumps({'total': total.pk, 'process': node.pk, 'text': text.pk, 'uuid': text.uuid}))
"""

READ = """
import json, sys
from aiida import load_profile, orm
load_profile()
asked = json.loads(sys.argv[1])
node = orm.load_node(asked['uuid'])
process = orm.load_node(asked['process'])
query = orm.QueryBuilder().append(orm.Node, filters={'attributes.value': 42}, project='id')
orm.Int(7).store()
print(json.dumps({
    'label': node.label, 'attributes': node.base.attributes.all, 'extras': node.base.extras.all,
    'content': node.base.repository.get_object_content('folder/file.txt'),
    'ctime': node.ctime.isoformat(), 'user': node.user.email, 'found': query.all(flat=True),
    'incoming': [(link.link_label, link.link_type.value, link.node.pk)
                 for link in process.base.links.get_incoming().all()],
    'state': process.process_state.value, 'logs': [log.message for log in orm.Log.collection.get_logs_for(process)],
    'members': sorted(member.pk for member in orm.load_group('ours').nodes),
}))
"""


def peer(home: Path, code: str, *arguments: str) -> dict:
    result = subprocess.run(
        [str(PEER), '-W', 'ignore', '-c', code, *arguments],
        env={**os.environ, 'AIIDA_PATH': str(home), 'PYTHONPATH': ''},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=home,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def verdi(home: Path, *arguments: str) -> str:
    result = subprocess.run(
        [str(Path(str(PEER)).parent / 'verdi'), *arguments],
        env={**os.environ, 'AIIDA_PATH': str(home), 'PYTHONPATH': ''},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=home,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def write_config(home: Path, backend: str, storage: dict[str, Any]) -> None:
    profile = {
        'PROFILE_UUID': uuid4().hex,
        'storage': {'backend': backend, 'config': storage},
        'process_control': {'backend': None, 'config': {}},
        'default_user_email': 'aiida@localhost',
        'test_profile': False,
        'options': {},
    }
    config = {
        'CONFIG_VERSION': {'CURRENT': 10, 'OLDEST_COMPATIBLE': 10},
        'default_profile': 'ours',
        'profiles': {'ours': profile},
    }
    (home / '.aiida').mkdir()
    (home / '.aiida' / 'config.json').write_text(json.dumps(config))


def write_ours(store: Any, record: Callable[..., NodeRecord]) -> dict:
    """Fill a store as our programs do; return what the other program is to look at."""
    key = store.repository.put_object_from_filelike(io.BytesIO(b'from here'))
    data = record(
        node_type='data.core.int.Int.',
        label='from here',
        attributes={'value': 42, 'source': None},
        extras={'nested': {'a': [1, 2.5, True]}},
        repository_metadata={'o': {'folder': {'o': {'file.txt': {'k': key}}}}},
        user_id=store.default_user_id,
    )
    process = record(
        node_type='process.workflow.workchain.WorkChainNode.',
        process_type='aiida.workflows:core.arithmetic.multiply_add',
        attributes={'process_state': 'running', 'process_label': 'MultiplyAddWorkChain'},
        user_id=store.default_user_id,
    )
    with store.transaction():
        store.insert_node(data)
        store.insert_node(process)
        store.insert_links([LinkRecord(data.id, process.id, 'input_work', 'x')])
        store.enlist(process.id, owner='me', lease_until=1e12)
        store.save_checkpoint(process.id, b'bundle', 1)
        log = {
            'uuid': str(uuid4()),
            'time': data.ctime,
            'loggername': 'aiida.orm.nodes',
            'levelname': 'REPORT',
            'dbnode_id': process.id,
            'message': 'said here',
            'metadata': {},
        }
        store.insert_entity(EntityKind.LOG, log)
        group = {
            'uuid': str(uuid4()),
            'label': 'ours',
            'type_string': 'core',
            'time': data.ctime,
            'description': '',
            'extras': {},
            'user_id': store.default_user_id,
        }
        store.add_to_group(store.insert_entity(EntityKind.GROUP, group), [process.id, data.id])
    return {'uuid': data.uuid, 'data': data.id, 'process': process.id, 'ctime': data.ctime.isoformat()}


def check_read(found: dict, written: dict) -> None:
    assert found == {
        'label': 'from here',
        'attributes': {'value': 42, 'source': None},
        'extras': {'nested': {'a': [1, 2.5, True]}},
        'content': 'from here',
        'ctime': written['ctime'],
        'user': 'aiida@localhost',
        'found': [written['data']],
        'incoming': [['x', 'input_work', written['data']]],
        'state': 'running',
        'logs': ['said here'],
        'members': sorted([written['process'], written['data']]),
    }


def check_theirs(store: Any, made: dict[str, Any]) -> None:
    """Check that what ``FILL`` made there is read here.

    :param made: what it printed.
    """
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


def use_and_delete(folder: Path, written: dict[str, Any]) -> None:
    """Let the commands there show what was written here, and delete the process of it."""
    assert '42' in verdi(folder, 'node', 'attributes', str(written['data']))
    assert 'MultiplyAddWorkChain' in verdi(folder, 'process', 'list')
    assert 'entities' in verdi(folder, 'storage', 'info')
    verdi(folder, 'node', 'delete', '--force', str(written['process']))


def check_deleted(store: Any, written: dict[str, Any]) -> None:
    """Check that what was deleted there is gone here too, with what is alive of it."""
    assert store.read_run(written['process']) is None
    assert store.list_checkpoints() == []
    assert store.find_entities(EntityKind.LOG) == []

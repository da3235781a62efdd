"""What one program put aside the other brings back, and both record the same.

Set ``NABUCCO_PEER_PYTHON`` to a Python that has aiida-core 2.9 to run these tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PEER = os.environ.get('NABUCCO_PEER_PYTHON')

pytestmark = pytest.mark.skipif(PEER is None, reason='NABUCCO_PEER_PYTHON does not name a Python with aiida-core')

#: Runs in either program: a job is run on a folder, and all there is to know of it printed.
COMMON = """
import json, os, pathlib, sys
from aiida import load_profile, orm
from aiida.engine import run_get_node
from aiida.plugins import CalculationFactory

load_profile()
computer = orm.load_computer('localhost')
here = pathlib.Path.cwd()

def tree(folder):
    paths = (path.relative_to(folder) for path in pathlib.Path(folder).rglob('*') if not path.is_dir())
    return sorted(str(path) for path in paths if 'aiida' not in str(path))

def record(node):
    attributes = {key: value for key, value in node.base.attributes.all.items() if key not in (
        'version', 'remote_workdir', 'job_id', 'scheduler_lastchecktime', 'last_job_info', 'detailed_job_info')}
    return {
        'type': node.process_type,
        'attributes': attributes,
        'in': sorted((e.link_type.value, e.link_label, e.node.node_type) for e in node.base.links.get_incoming()),
        'out': sorted((e.link_type.value, e.link_label, e.node.node_type) for e in node.base.links.get_outgoing()),
        'files': tree(node.outputs.remote_folder.get_remote_path()),
    }
"""

STASH = (
    COMMON
    + """
source = orm.RemoteData(computer=computer, remote_path=sys.argv[1]).store()
found = {'uuids': {}, 'records': []}
for mode in ('copy', 'tar', 'tar.gz', 'tar.bz2', 'tar.xz'):
    stash = {'target_base': str(here / 'kept'), 'source_list': ['a', 'd', 'link'], 'stash_mode': mode}
    if mode != 'copy':
        stash['dereference'] = False
    metadata = {'computer': computer, 'options': {'stash': stash}}
    node = run_get_node(CalculationFactory('core.stash'), source_node=source, metadata=metadata).node
    kept = node.outputs.remote_stash
    found['uuids'][mode] = kept.uuid
    found['records'].append([record(node), str(kept.base.attributes.all).replace(source.uuid, 'UUID').replace(
        '/'.join((source.uuid[:2], source.uuid[2:4], source.uuid[4:])), 'UUID')])
print(json.dumps(found))
"""
)

UNSTASH = (
    COMMON
    + """
found = []
for uuid in json.loads(sys.argv[1]).values():
    for mode in ('NewRemoteData', 'OriginalPlace'):
        kept = orm.load_node(uuid)
        place = pathlib.Path(kept.creator.inputs.source_node.get_remote_path())
        if mode == 'OriginalPlace':
            place.rename(here / f'away-{uuid}-{kept.stash_mode.value}')
        unstash = {'source_list': ['a', 'd', 'link'], 'unstash_target_mode': mode}
        metadata = {'computer': computer, 'options': {'unstash': unstash}}
        node = run_get_node(CalculationFactory('core.unstash'), source_node=kept, metadata=metadata).node
        found.append([record(node), tree(place) if mode == 'OriginalPlace' else None])
print(json.dumps(found))
"""
)


def test_what_one_put_aside_the_other_brings_back(environment, verdi, tmp_path):
    def python(interpreter, text, *words):
        script = tmp_path / 'script.py'
        script.write_text(text)
        done = subprocess.run(
            [interpreter, '-W', 'ignore', str(script), *words],
            env=environment | {'PATH': os.defpath},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    verdi('presto')
    # aiida-core packs only what is below the work directory of the computer.
    shown = verdi('computer', 'show', 'localhost').stdout
    base = next(line.split()[-1] for line in shown.splitlines() if line.startswith('Work directory'))
    folder = os.path.join(base, 'ab', 'cd', 'ef')
    os.makedirs(os.path.join(folder, 'd'))
    for name in ('a', 'd/c'):
        with open(os.path.join(folder, name), 'w') as handle:
            handle.write(name)
    os.symlink('a', os.path.join(folder, 'link'))
    ours, theirs = python(sys.executable, STASH, folder), python(PEER, STASH, folder)
    assert ours['records'] == theirs['records']
    back_here = python(sys.executable, UNSTASH, json.dumps(theirs['uuids']))
    back_there = python(PEER, UNSTASH, json.dumps(ours['uuids']))
    assert back_here == back_there
    assert [place for _, place in back_here if place is not None] == [['a', 'd/c', 'link']] * 5
    assert [found['files'] for found, place in back_here if place is None] == [['a', 'd/c', 'link']] * 5

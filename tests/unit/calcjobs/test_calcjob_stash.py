"""Files that are put aside on the computer."""

import os
import tarfile

import pytest
from scripted_job import ScriptedJob

from aiida.common.datastructures import StashMode
from aiida.engine import run_get_node
from aiida.engine.processes.calcjobs.validation import validate_stash_options
from aiida.orm import Dict, RemoteStashCompressedData, RemoteStashFolderData

MAKE_FILES = 'mkdir -p d/e; for f in a.txt d/c.txt d/e/f.txt; do echo $f > $f; done; ln -s a.txt link\n'


def stash(code, base, source_list, stash_mode='copy', **options):
    given = {'target_base': str(base), 'source_list': source_list, 'stash_mode': stash_mode, **options}
    return run_get_node(
        ScriptedJob,
        code=code,
        setup=Dict({'write': {'in.sh': MAKE_FILES}, 'retrieve_list': ['a.txt']}),
        metadata={'options': {'stash': given}},
    ).node


def tree(root):
    return sorted(
        os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names
    )


@pytest.mark.parametrize('source_list', [['a.txt', 'd/*'], ['a.txt', 'absent', 'd']])
def test_copies(bash, tmp_path, source_list):
    node = stash(bash, tmp_path / 'stash', source_list)
    assert node.is_finished_ok
    put_aside = node.outputs.remote_stash
    assert isinstance(put_aside, RemoteStashFolderData)
    folder = tmp_path / 'stash' / node.uuid[:2] / node.uuid[2:4] / node.uuid[4:]
    assert put_aside.base.attributes.all == {
        'stash_mode': 'copy',
        'target_basepath': str(folder),
        'source_list': source_list,
        'fail_on_missing': False,
    }
    assert put_aside.computer.uuid == node.computer.uuid
    assert tree(folder) == ['a.txt', 'd/c.txt', 'd/e/f.txt']
    assert 'a.txt' in node.outputs.retrieved.list_object_names()


@pytest.mark.parametrize(
    ('mode', 'dereference'), [('tar', True), ('tar.gz', False), ('tar.bz2', True), ('tar.xz', True)]
)
def test_archives(bash, tmp_path, mode, dereference):
    node = stash(bash, tmp_path / 'stash', ['d', 'link'], mode, dereference=dereference)
    put_aside = node.outputs.remote_stash
    assert isinstance(put_aside, RemoteStashCompressedData)
    assert put_aside.stash_mode is StashMode(mode)
    assert put_aside.target_basepath == str(tmp_path / 'stash' / f'{node.uuid}.{mode}')
    with tarfile.open(put_aside.target_basepath) as archive:
        members = {member.name: member for member in archive}
    assert {'d/c.txt', 'd/e/f.txt', 'link'} <= set(members)
    assert members['link'].issym() is not dereference


def test_something_is_missing(bash, tmp_path):
    node = stash(bash, tmp_path / 'stash', ['a.txt', 'absent'], fail_on_missing=True)
    assert node.exit_status == 160
    assert 'absent does not exist' in node.exit_message
    assert 'remote_stash' not in node.outputs
    assert 'a.txt' in node.outputs.retrieved.list_object_names()


def test_nothing_to_pack(bash, tmp_path):
    node = stash(bash, tmp_path / 'stash', ['absent*'], 'tar', dereference=False)
    assert node.exit_status == 160


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({}, None),
        ({'target_base': 'relative'}, 'absolute'),
        ({'target_base': None}, 'absolute'),
        ({'source_list': ['/absolute']}, 'relative'),
        ({'source_list': ['d/../../x']}, 'relative'),
        ({'source_list': 'a'}, 'is a list of paths'),
        ({'source_list': None}, 'is a list of paths'),
        ({'stash_mode': 'other'}, 'stash_mode'),
        ({'stash_mode': None}, 'stash_mode'),
        ({'stash_mode': 'tar'}, 'dereference'),
        ({'stash_mode': 'tar', 'dereference': True}, None),
        ({'stash_mode': 'tar', 'dereference': 3}, 'True or False'),
        ({'dereference': True}, 'packs nothing'),
        ({'fail_on_missing': True}, 'patterns'),
    ],
)
def test_options(changes, message):
    options = {'target_base': '/tmp/x', 'source_list': ['a.txt', 'd/*'], 'stash_mode': 'copy', **changes}
    problem = validate_stash_options(options, None)
    assert problem is None if message is None else message in problem


def test_options_are_checked_before_anything_is_stored(bash):
    with pytest.raises(ValueError, match='absolute'):
        stash(bash, 'relative', ['a.txt'])

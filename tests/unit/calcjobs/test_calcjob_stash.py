"""Files that are put aside on the computer."""

import os
import tarfile

import pytest
from scripted_job import ScriptedJob

from aiida.common.datastructures import StashMode
from aiida.engine import run_get_node
from aiida.engine.processes.calcjobs.stashing import validate_stash_options, validate_unstash_options
from aiida.orm import Dict, Log, RemoteStashCompressedData, RemoteStashFolderData

MAKE_FILES = 'mkdir -p d/e; for f in a.txt d/c.txt d/e/f.txt; do echo $f > $f; done; ln -s a.txt link\n'


def stash(code, base, source_list, stash_mode='copy', script=MAKE_FILES, **options):
    given = {'target_base': str(base), 'source_list': source_list, 'stash_mode': stash_mode, **options}
    return run_get_node(
        ScriptedJob,
        code=code,
        setup=Dict({'write': {'in.sh': script}, 'retrieve_list': ['a.txt']}),
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
    job = f'{node.uuid[:2]}/{node.uuid[2:4]}/{node.uuid[4:]}'
    assert {f'{job}/{name}' for name in ('d/c.txt', 'd/e/f.txt', 'link')} <= set(members)
    assert members[f'{job}/link'].issym() is not dereference


def test_something_is_missing(bash, tmp_path):
    node = stash(bash, tmp_path / 'stash', ['a.txt', 'absent'], fail_on_missing=True)
    assert node.exit_status == 160
    assert 'absent does not exist' in node.exit_message
    assert 'remote_stash' not in node.outputs
    assert 'a.txt' in node.outputs.retrieved.list_object_names()


@pytest.mark.usefixtures('kept_messages')
@pytest.mark.parametrize(('source_list', 'told'), [(['absent*'], 'nothing to pack'), ([], 'source_list` is empty')])
def test_nothing_to_pack(bash, tmp_path, source_list, told):
    node = stash(bash, tmp_path / 'stash', source_list, 'tar', dereference=False)
    assert node.exit_status == 0
    assert 'remote_stash' not in node.outputs
    assert any(told in log.message for log in Log.collection.get_logs_for(node))


def test_patterns_and_paths_together(bash, tmp_path):
    node = stash(bash, tmp_path / 'stash', ['a.txt', 'd/*', 'd'], 'tar', dereference=False)
    with tarfile.open(node.outputs.remote_stash.target_basepath) as archive:
        names = sorted(name.partition(node.uuid[4:])[2] for name in archive.getnames())
    assert names == ['/a.txt', '/d', '/d/c.txt', '/d/e', '/d/e/f.txt']


@pytest.mark.usefixtures('kept_messages')
@pytest.mark.parametrize(
    ('mode', 'options'), [('copy', {}), ('tar', {'dereference': False}), ('tar', {'dereference': True})]
)
def test_links_that_lead_nowhere(bash, tmp_path, mode, options):
    node = stash(bash, tmp_path / 'stash', ['*'], mode, script=MAKE_FILES + 'ln -s absent lost\n', **options)
    assert node.is_finished_ok
    target = node.outputs.remote_stash.target_basepath
    if mode == 'copy':
        names = tree(target)
    else:
        with tarfile.open(target) as archive:
            names = [name.rpartition('/')[2] for name in archive.getnames()]
    assert 'link' in names
    assert 'lost' not in names
    assert any('leads nowhere' in log.message for log in Log.collection.get_logs_for(node))


@pytest.mark.parametrize('mode', ['copy', 'tar'])
def test_names_that_look_like_patterns(bash, tmp_path, mode):
    options = {} if mode == 'copy' else {'dereference': False}
    script = 'echo one > a.txt; echo two > "b[1].txt"; echo three > b1.txt\n'
    node = stash(bash, tmp_path / 'stash', ['b[1].txt'], mode, script=script, **options)
    target = node.outputs.remote_stash.target_basepath
    if mode == 'copy':
        assert tree(target) == ['b[1].txt']
    else:
        with tarfile.open(target) as archive:
            assert [name.rpartition('/')[2] for name in archive.getnames()] == ['b[1].txt']


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
        ({'stash_mode': 'submit_custom_code'}, None),
        ({'stash_mode': 'submit_custom_code', 'dereference': True}, 'packs nothing'),
        ({'stash_mode': 'submit_custom_code', 'fail_on_missing': True}, 'fail_on_missing'),
        ({'fail_on_missing': 3}, 'True or False'),
        ({'fail_on_missing': True, 'source_list': ['a.txt']}, None),
        ({'source_list': ('a.txt',)}, None),
        ({'source_list': []}, None),
        ({'source_list': ['']}, 'relative'),
        ({'source_list': [1]}, 'relative'),
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


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({}, None),
        ({'unstash_target_mode': 'OriginalPlace'}, None),
        ({'unstash_target_mode': 'NewNode'}, 'unstash_target_mode` is one of OriginalPlace, NewRemoteData'),
        ({'unstash_target_mode': None}, 'unstash_target_mode'),
        ({'source_list': ['/absolute']}, 'source_list'),
        ({'source_list': ['d/../../x']}, 'source_list'),
        ({'source_list': 'abc'}, "not 'abc'"),
        ({'source_list': None}, 'not None'),
    ],
)
def test_options_for_bringing_back(changes, message):
    options = {'source_list': ['*'], 'unstash_target_mode': 'NewRemoteData', **changes}
    problem = validate_unstash_options(options, None)
    assert problem is None if message is None else message in problem


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            {'stash': {'target_base': '/tmp/x', 'source_list': ['a'], 'stash_mode': 'submit_custom_code'}},
            'run `core.stash` with that program',
        ),
        ({'unstash': {'source_list': ['*'], 'unstash_target_mode': 'OriginalPlace'}}, 'run `core.unstash`'),
    ],
)
def test_what_a_job_does_not_do_to_its_own_files(bash, options, message):
    with pytest.raises(ValueError, match=message):
        run_get_node(ScriptedJob, code=bash, setup=Dict({}), metadata={'options': options})

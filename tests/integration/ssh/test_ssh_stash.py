"""Files are put aside and brought back over SSH as they are without it."""

import os
import shutil

import pytest

from aiida.engine import run_get_node
from aiida.orm import RemoteData
from aiida.plugins import CalculationFactory


def tree(root):
    return sorted(
        os.path.relpath(os.path.join(place, name), root)
        for place, _, names in os.walk(root)
        for name in names
        if 'aiida' not in f'{place[len(root) :]}/{name}'
    )


@pytest.mark.parametrize('mode', ['copy', 'tar', 'tar.gz'])
def test_there_and_back(computer, tmp_path, mode):
    folder = tmp_path / 'made' / 'by' / 'hand'
    (folder / 'd').mkdir(parents=True)
    for name in ('a', 'b[1]', 'b1', 'd/c'):
        (folder / name).write_text(name)
    (folder / 'link').symlink_to('a')
    (folder / 'lost').symlink_to('nowhere')
    source = RemoteData(computer=computer, remote_path=str(folder)).store()
    stash = {
        'target_base': str(tmp_path / 'kept'),
        'source_list': ['a', 'b[1]', 'd/*', 'l*', 'absent'],
        'stash_mode': mode,
    }
    if mode != 'copy':
        stash['dereference'] = False
    metadata = {'computer': computer, 'options': {'stash': stash}}
    node = run_get_node(CalculationFactory('core.stash'), source_node=source, metadata=metadata).node
    assert node.is_finished_ok
    kept = node.outputs.remote_stash
    shutil.rmtree(folder)
    (folder / 'd').mkdir(parents=True)
    (folder / 'd' / 'newer').write_text('newer')
    expected = {
        'NewRemoteData': ['a', 'b[1]', 'd/c', 'link'],
        'OriginalPlace': ['a', 'b[1]', 'd/c', 'd/newer', 'link'],
    }
    for target, names in expected.items():
        unstash = {'source_list': ['*'], 'unstash_target_mode': target}
        metadata = {'computer': computer, 'options': {'unstash': unstash}}
        node = run_get_node(CalculationFactory('core.unstash'), source_node=kept, metadata=metadata).node
        assert node.is_finished_ok, node.exit_message
        place = str(folder) if target == 'OriginalPlace' else node.outputs.remote_folder.get_remote_path()
        assert tree(place) == names
        assert os.path.islink(os.path.join(place, 'link')) is (mode != 'copy')
        assert [name for name in os.listdir(os.path.dirname(place)) if 'unstash' in name] == []

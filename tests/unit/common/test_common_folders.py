"""Folders with a limit."""

from __future__ import annotations

import io
import os

import pytest

from aiida.common.folders import Folder, SandboxFolder, SubmitTestFolder


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / 'here')
    made.create()
    return made


def test_paths_stay_below_the_limit(folder):
    with pytest.raises(ValueError, match='relative'):
        folder.get_abs_path('/etc/passwd')
    with pytest.raises(ValueError, match='leaves'):
        folder.get_abs_path('../there')
    with pytest.raises(ValueError, match='leaves'), folder.open('a/../../there', 'w'):
        pass
    assert folder.get_abs_path('a/../b') == os.path.join(folder.abspath, 'b')


def test_a_sibling_with_the_same_beginning_is_beyond_the_limit(tmp_path):
    with pytest.raises(ValueError, match='not below'):
        Folder(tmp_path / 'here-too', folder_limit=tmp_path / 'here')


def test_a_subfolder_may_go_up_to_the_limit(folder):
    below = folder.get_subfolder('a', create=True)
    assert below.get_subfolder('..').abspath == folder.abspath
    with pytest.raises(ValueError, match='not below'):
        below.get_subfolder('../..')
    alone = folder.get_subfolder('a', reset_limit=True)
    with pytest.raises(ValueError, match='leaves'):
        alone.get_abs_path('../b')


def test_files_are_written_copied_and_removed(folder, tmp_path):
    with folder.open('one', 'w') as handle:
        handle.write('ä')
    with folder.open('one', 'rb') as handle:
        assert handle.read() == 'ä'.encode()
    folder.create_file_from_filelike(io.BytesIO(b'two'), 'sub/two')
    folder.create_file_from_filelike(io.StringIO('three'), 'three', mode='w', encoding='utf8')
    assert sorted(folder.get_content_list()) == ['one', 'sub', 'three']
    assert sorted(folder.get_content_list(pattern='t*', only_paths=False)) == [('three', True)]
    source = tmp_path / 'source'
    source.mkdir()
    (source / 'file').write_text('x')
    assert folder.insert_path(str(source)) == os.path.join(folder.abspath, 'source')
    assert folder.isdir('source')
    assert folder.isfile('source/file')
    with pytest.raises(OSError, match='exists already'):
        folder.insert_path(str(source), overwrite=False)
    folder.remove_path('source')
    folder.remove_path('one')
    with pytest.raises(OSError, match='does not exist'):
        folder.remove_path('one')


def test_a_link_is_removed_not_its_target(folder, tmp_path):
    (tmp_path / 'target').mkdir()
    folder.create_symlink(tmp_path / 'target', 'link')
    folder.remove_path('link')
    assert (tmp_path / 'target').is_dir()


def test_a_folder_is_replaced(folder, tmp_path):
    source = tmp_path / 'source'
    source.mkdir()
    (source / 'file').write_text('x')
    with pytest.raises(OSError, match='exists already'):
        folder.replace_with_folder(str(source))
    folder.replace_with_folder(str(source), overwrite=True)
    assert folder.get_content_list() == ['file']
    assert source.exists()


def test_a_sandbox_is_gone_afterwards():
    with SandboxFolder() as sandbox:
        with sandbox.open('file', 'w') as handle:
            handle.write('x')
        assert sandbox.exists()
    assert not sandbox.exists()


def test_submissions_are_numbered(tmp_path):
    with SubmitTestFolder(tmp_path) as one, SubmitTestFolder(tmp_path) as two:
        assert one.abspath.endswith('-00001')
        assert two.abspath.endswith('-00002')
    assert one.exists()

"""Nodes that hold files, and nodes that stand for files elsewhere."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from aiida import orm
from aiida.common.datastructures import StashMode
from aiida.common.exceptions import ModificationNotAllowed, NotExistent, StoringNotAllowed, ValidationError
from aiida.orm import FolderData, RemoteData, SinglefileData

pytestmark = pytest.mark.usefixtures('store')


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / 'tree'
    (folder / 'sub').mkdir(parents=True)
    (folder / 'a.txt').write_text('A')
    (folder / 'sub' / 'b.txt').write_text('B\n')
    return folder


# one file


def test_singlefile_of_a_path(tree: Path) -> None:
    for path in (tree / 'a.txt', str(tree / 'a.txt')):
        node = SinglefileData(path).store()
        loaded = orm.load_node(node.pk)
        assert (loaded.filename, loaded.content, loaded.get_content()) == ('a.txt', b'A', 'A')
        assert loaded.base.attributes.all == {'filename': 'a.txt'}
        assert loaded.base.repository.list_object_names() == ['a.txt']
    assert SinglefileData(tree / 'a.txt', filename='other').filename == 'other'


def test_singlefile_of_handles_and_contents(tree: Path) -> None:
    assert SinglefileData(io.BytesIO(b'x')).filename == SinglefileData.DEFAULT_FILENAME
    assert SinglefileData(io.StringIO('é'), 'f').get_content() == 'é'
    assert SinglefileData(content='text', filename=PurePosixPath('f')).get_content() == 'text'
    assert SinglefileData.from_string('é', 'f').content == 'é'.encode()
    assert SinglefileData.from_bytes(b'\xff\xfe', label='l').get_content('rb') == b'\xff\xfe'
    with open(tree / 'a.txt', 'rb') as handle:
        assert SinglefileData(handle).filename == 'a.txt'
    with open(tree / 'a.txt') as handle, pytest.raises(TypeError, match='bytes'):
        SinglefileData(handle)
    for wrong, error in (('a.txt', ValueError), ('/no/such/file', ValueError), (str(tree), ValueError), (5, TypeError)):
        with pytest.raises(error):
            SinglefileData(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='both'):
        SinglefileData(tree / 'a.txt', content='a')


def test_singlefile_is_read() -> None:
    node = SinglefileData.from_string('line\n', 'f.txt').store()
    with node.open() as handle:
        assert handle.read() == 'line\n'
    with node.open(mode='rb') as handle:
        assert handle.read() == b'line\n'
    with node.as_path() as path:
        assert (path.name, path.read_text()) == ('f.txt', 'line\n')
        path.write_text('changed')
    assert not path.exists()
    assert node.get_content() == 'line\n'
    with pytest.raises(FileNotFoundError), node.open('other') as handle:
        pass
    with pytest.raises(ValueError), node.open(mode='w') as handle:  # type: ignore[arg-type]
        pass


def test_singlefile_has_one_file() -> None:
    node = SinglefileData.from_string('a')
    node.set_file(io.BytesIO(b'b'), 'second')
    assert (node.base.repository.list_object_names(), node.filename) == (['second'], 'second')
    node.attach_file('third', io.BytesIO(b'c'))
    assert (node.base.repository.list_object_names(), node.content) == (['third'], b'c')
    node.base.repository.put_object_from_bytes(b'', 'fourth')
    with pytest.raises(ValidationError, match='fourth'):
        node.store()
    with pytest.raises(ValidationError):
        SinglefileData().store()
    renamed = SinglefileData.from_string('a')
    renamed.filename = 'other'
    with pytest.raises(ValidationError, match='other'):
        renamed.store()


def test_stored_singlefile_does_not_change() -> None:
    node = SinglefileData.from_string('a').store()
    with pytest.raises(ModificationNotAllowed):
        node.set_file(io.BytesIO(b'b'))
    with pytest.raises(ModificationNotAllowed):
        node.filename = 'b'
    assert orm.load_node(node.pk).get_content() == 'a'


# folders


def test_folder_of_a_tree(tree: Path, tmp_path: Path) -> None:
    node = FolderData(tree=tree).store()
    loaded = orm.load_node(node.pk)
    assert loaded.list_object_names() == ['a.txt', 'sub']
    assert loaded.list_object_names('sub') == ['b.txt']
    assert [item.name for item in loaded.list_objects()] == ['a.txt', 'sub']
    assert loaded.get_object('sub').is_dir()
    assert (loaded.get_object_content('a.txt'), loaded.get_object_content('sub/b.txt', 'rb')) == ('A', b'B\n')
    assert {str(path) for path in loaded.glob()} == {'a.txt', 'sub', 'sub/b.txt'}
    assert {str(root): sorted(files) for root, _, files in loaded.walk()} == {'.': ['a.txt'], 'sub': ['b.txt']}
    with loaded.open('a.txt') as handle:
        assert handle.read() == 'A'
    with loaded.as_path() as path:
        assert (path / 'sub' / 'b.txt').read_text() == 'B\n'
    loaded.copy_tree(tmp_path / 'copy')
    assert (tmp_path / 'copy' / 'sub' / 'b.txt').read_text() == 'B\n'
    with pytest.raises(FileNotFoundError):
        loaded.get_object_content('none')
    assert loaded.base.attributes.all == {}


def test_folder_changes_until_stored(tree: Path) -> None:
    node = FolderData()
    node.put_object_from_bytes(b'1', 'n/o')
    node.put_object_from_filelike(io.BytesIO(b'2'), 'p')
    node.put_object_from_file(str(tree / 'a.txt'), 'q')
    node.put_object_from_tree(str(tree), 'r')
    assert {str(path) for path in node.glob()} == {'n', 'n/o', 'p', 'q', 'r', 'r/a.txt', 'r/sub', 'r/sub/b.txt'}
    node.delete_object('p')
    assert node.list_object_names() == ['n', 'q', 'r']
    node.erase()
    assert node.list_object_names() == []
    node.put_object_from_bytes(b'1', 'n/o')
    node.store()
    for change in (lambda: node.put_object_from_bytes(b'', 'z'), lambda: node.delete_object('n/o'), node.erase):
        with pytest.raises(ModificationNotAllowed):
            change()
    assert orm.load_node(node.pk).get_object_content('n/o') == '1'


# folders on computers


@pytest.fixture
def remote(tree: Path, computer: Any) -> RemoteData:
    return RemoteData(remote_path=str(tree), computer=computer)


def test_remote_is_read(remote: RemoteData, tree: Path, tmp_path: Path) -> None:
    remote.store()
    loaded = orm.load_node(remote.pk)
    assert loaded.base.attributes.all == {'remote_path': str(tree)}
    assert loaded.get_remote_path() == str(tree)
    assert loaded.computer.label == 'here'
    assert (loaded.is_empty, loaded.is_cleaned) == (False, False)
    assert sorted(loaded.listdir()) == ['a.txt', 'sub']
    assert loaded.listdir('sub') == ['b.txt']
    entries = {entry['name']: entry for entry in loaded.listdir_withattributes()}
    assert (entries['sub']['isdir'], entries['a.txt']['isdir']) == (True, False)
    assert entries['a.txt']['attributes'].st_size == 1
    loaded.getfile('sub/b.txt', str(tmp_path / 'got'))
    assert (tmp_path / 'got').read_text() == 'B\n'
    with pytest.raises(OSError, match='none'):
        loaded.getfile('none', str(tmp_path / 'got'))
    for name in ('listdir', 'listdir_withattributes'):
        with pytest.raises(OSError, match='none'):
            getattr(loaded, name)('none')


def test_remote_size(remote: RemoteData, tree: Path) -> None:
    size, method = remote.get_size_on_disk(Path('a.txt'), method='stat', return_bytes=True)
    assert (size, method) == (1, 'stat')
    size, method = remote.get_size_on_disk(method='stat', return_bytes=True)
    assert size == 3 + (tree / 'sub').stat().st_size
    size, method = remote.get_size_on_disk(return_bytes=True)
    assert method == 'du'
    assert isinstance(size, int)
    assert size % 1024 == 0
    assert str(remote.get_size_on_disk()[0]).endswith('B')
    with pytest.raises(ValueError, match='guess'):
        remote.get_size_on_disk(method='guess')
    with pytest.raises(FileNotFoundError):
        remote.get_size_on_disk(Path('none'))


def test_remote_is_cleaned(remote: RemoteData, tree: Path) -> None:
    remote.store()
    remote._clean()
    assert not tree.exists()
    assert (remote.is_empty, remote.is_cleaned) == (True, True)
    assert orm.load_node(remote.pk).base.extras.get('cleaned') is True
    remote._clean()


def test_remote_needs_path_and_computer(computer: Any) -> None:
    with pytest.raises(ValidationError, match='remote_path'):
        RemoteData(computer=computer).store()
    with pytest.raises(ValidationError, match='computer'):
        RemoteData(remote_path='/a').store()
    with pytest.raises(NotExistent):
        RemoteData(remote_path='/a').get_authinfo()
    node = RemoteData(remote_path='/a', computer=computer).store()
    with pytest.raises(ModificationNotAllowed):
        node.set_remote_path('/b')


# stashes


def _registered(node_class: Any) -> Any:
    """Return the class, unless this distribution was installed before the class was registered."""
    if node_class.entry_point is None:
        pytest.skip(f'{node_class.__name__} is registered in pyproject.toml, but not in the installed distribution')
    return node_class


STASHES = [
    (
        'RemoteStashFolderData',
        StashMode.COPY,
        {},
        {'stash_mode': 'copy', 'target_basepath': '/t', 'source_list': ['a', 'b*'], 'fail_on_missing': False},
    ),
    (
        'RemoteStashCompressedData',
        StashMode.COMPRESS_TARGZ,
        {'dereference': True, 'fail_on_missing': True},
        {
            'stash_mode': 'tar.gz',
            'target_basepath': '/t',
            'source_list': ['a', 'b*'],
            'dereference': True,
            'fail_on_missing': True,
        },
    ),
    (
        'RemoteStashCustomData',
        StashMode.SUBMIT_CUSTOM_CODE,
        {},
        {'stash_mode': 'submit_custom_code', 'target_basepath': '/t', 'source_list': ['a', 'b*']},
    ),
]


@pytest.mark.parametrize(('name', 'mode', 'more', 'attributes'), STASHES)
def test_stash(name: str, mode: StashMode, more: dict[str, Any], attributes: dict[str, Any], computer: Any) -> None:
    node_class = getattr(orm, name)
    node = node_class(mode, '/t', ['a', 'b*'], **more, computer=computer)
    assert node.base.attributes.all == attributes
    assert (node.stash_mode, node.target_basepath, node.source_list) == (mode, '/t', ['a', 'b*'])
    for key, value in more.items():
        assert getattr(node, key) is value
        with pytest.raises(TypeError):
            setattr(node, key, 'text')
    with pytest.raises(TypeError):
        node_class('copy', '/t', ['a'], **more)
    with pytest.raises(TypeError):
        node_class(mode, 5, ['a'], **more)
    with pytest.raises(TypeError):
        node_class(mode, '/t', 'a', **more)
    other = StashMode.COPY if mode is not StashMode.COPY else StashMode.COMPRESS_TAR
    with pytest.raises(ValueError, match=mode.name):
        node_class(other, '/t', ['a'], **more)


@pytest.mark.parametrize(('name', 'mode', 'more', 'attributes'), STASHES)
def test_stash_is_stored(
    name: str, mode: StashMode, more: dict[str, Any], attributes: dict[str, Any], computer: Any
) -> None:
    node = _registered(getattr(orm, name))(mode, '/t', ['a', 'b*'], **more, computer=computer).store()
    loaded = orm.load_node(node.pk)
    assert (loaded.base.attributes.all, loaded.stash_mode) == (attributes, mode)
    with pytest.raises(ModificationNotAllowed):
        loaded.target_basepath = '/u'


def test_plain_stash_cannot_be_stored() -> None:
    with pytest.raises(StoringNotAllowed):
        orm.RemoteStashData(StashMode.COPY).store()

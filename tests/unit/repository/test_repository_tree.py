"""The tree of names."""

from __future__ import annotations

import io
from pathlib import Path, PurePosixPath

import pytest

from aiida.repository import DiskObjectStoreRepositoryBackend, File, FileType, Repository, SandboxRepositoryBackend


@pytest.fixture
def repository():
    made = Repository()
    made.initialise()
    return made


@pytest.fixture
def filled(repository):
    """``a/b/c.txt``, ``a/d`` and ``e`` with their names as content, and an empty folder ``f/g``."""
    for path in ('a/b/c.txt', 'a/d', 'e'):
        repository.put_object_from_filelike(io.BytesIO(path.encode()), path)
    repository.create_directory('f/g')
    return repository


def key(content):
    import hashlib

    return hashlib.sha256(content).hexdigest()


def test_the_form_in_which_it_is_stored(repository, filled):
    serialized = {
        'o': {
            'a': {'o': {'b': {'o': {'c.txt': {'k': key(b'a/b/c.txt')}}}, 'd': {'k': key(b'a/d')}}},
            'e': {'k': key(b'e')},
            'f': {'o': {'g': {}}},
        }
    }
    assert filled.serialize() == serialized
    again = Repository.from_serialized(filled.backend, serialized)
    assert again.serialize() == serialized
    assert again.get_object_content('a/d') == b'a/d'
    assert Repository.from_serialized(filled.backend, {}).is_empty()
    assert Repository.flatten(serialized) == {
        'a/': None,
        'a/b/': None,
        'a/b/c.txt': key(b'a/b/c.txt'),
        'a/d': key(b'a/d'),
        'e': key(b'e'),
        'f/': None,
        'f/g/': None,
    }
    assert Repository.flatten(None) == {}


def test_an_empty_tree(repository):
    assert repository.is_empty()
    assert repository.serialize() == {}
    assert list(repository.walk()) == [(PurePosixPath('.'), [], [])]
    assert repository.list_object_names() == []


def test_reading_names(filled):
    assert filled.list_object_names() == ['a', 'e', 'f']
    assert filled.list_object_names('a') == ['b', 'd']
    assert [item.file_type for item in filled.list_objects(Path('a'))] == [FileType.DIRECTORY, FileType.FILE]
    assert filled.has_object('a/b')
    assert not filled.has_object('a/x')
    assert not filled.has_object('e/x')
    assert filled.get_object().is_dir()
    assert filled.get_file('e').key == key(b'e')
    assert filled.get_directory('a/b').name == 'b'
    assert list(filled.walk()) == [
        (PurePosixPath('a/b'), [], ['c.txt']),
        (PurePosixPath('a'), ['b'], ['d']),
        (PurePosixPath('f/g'), [], []),
        (PurePosixPath('f'), ['g'], []),
        (PurePosixPath('.'), ['a', 'f'], ['e']),
    ]
    assert filled.get_file_keys() == [key(b'a/b/c.txt'), key(b'a/d'), key(b'e')]


def test_reading_content(filled):
    with filled.open('a/b/c.txt') as handle:
        assert handle.read() == b'a/b/c.txt'
    assert filled.get_object_content(PurePosixPath('e')) == b'e'


@pytest.mark.parametrize(
    ('use', 'error', 'message'),
    [
        (lambda r: r.get_object('x/y'), FileNotFoundError, '`x/y` does not exist'),
        (lambda r: r.list_objects('e'), NotADirectoryError, '`e` is not a directory'),
        (lambda r: r.get_directory('e'), NotADirectoryError, '`e`'),
        (lambda r: r.get_file('a'), IsADirectoryError, '`a` is not a file'),
        (lambda r: r.get_object_content('a'), IsADirectoryError, '`a`'),
        (lambda r: r.open('x').__enter__(), FileNotFoundError, '`x`'),
        (lambda r: r.get_file(None), TypeError, 'None'),
        (lambda r: r.create_directory(None), TypeError, 'None'),
        (lambda r: r.get_object(5), TypeError, 'not of type'),
        (lambda r: r.get_object('/a'), TypeError, 'not a relative path'),
        (lambda r: r.get_object('a/../e'), ValueError, 'upwards'),
        (lambda r: r.create_directory('e/f'), NotADirectoryError, '`e`'),
        (lambda r: r.put_object_from_filelike(io.BytesIO(), 'a'), IsADirectoryError, '`a` is a directory'),
        (lambda r: r.put_object_from_filelike(io.BytesIO(), 'e/x'), NotADirectoryError, '`e`'),
        (lambda r: r.put_object_from_filelike(io.BytesIO(), ''), ValueError, 'empty'),
        (lambda r: r.put_object_from_filelike(io.StringIO(), 'x'), TypeError, 'byte stream'),
        (lambda r: r.put_object_from_filelike(io.BytesIO(), '../x'), ValueError, 'upwards'),
        (lambda r: r.delete_object('x'), FileNotFoundError, '`x`'),
        (lambda r: r.delete_object('a'), IsADirectoryError, '`a` is a directory'),
        (lambda r: r.put_object_from_tree('relative'), TypeError, 'absolute'),
        (lambda r: r.put_object_from_tree(5), TypeError, 'not of type'),
        (lambda r: r.copy_tree('relative'), TypeError, 'absolute'),
        (lambda r: r.copy_tree(5), TypeError, 'not of type'),
        (lambda r: r.clone('x'), TypeError, 'Repository'),
        (lambda r: r.set_backend('x'), TypeError, 'AbstractRepositoryBackend'),
    ],
)
def test_what_cannot_be(filled, use, error, message):
    before = filled.serialize()
    with pytest.raises(error, match=message):
        use(filled)
    assert filled.serialize() == before


def test_a_file_is_replaced(filled):
    filled.put_object_from_filelike(io.BytesIO(b'new'), 'e')
    assert filled.get_object_content('e') == b'new'
    assert filled.list_object_names() == ['a', 'e', 'f']


def test_delete(filled):
    filled.delete_object('a/b/c.txt')
    assert filled.list_object_names('a/b') == []
    assert filled.backend.has_object(key(b'a/b/c.txt'))
    filled.delete_object('e', hard_delete=True)
    assert not filled.backend.has_object(key(b'e'))


def test_trees_on_disk(filled, tmp_path):
    filled.copy_tree(tmp_path / 'out')
    on_disk = sorted(str(path.relative_to(tmp_path / 'out')) for path in (tmp_path / 'out').rglob('*'))
    assert on_disk == ['a', 'a/b', 'a/b/c.txt', 'a/d', 'e', 'f', 'f/g']
    assert (tmp_path / 'out' / 'a' / 'b' / 'c.txt').read_bytes() == b'a/b/c.txt'
    filled.copy_tree(tmp_path / 'part', 'a')
    assert sorted(path.name for path in (tmp_path / 'part').iterdir()) == ['b', 'd']
    back = Repository()
    back.put_object_from_tree(str(tmp_path / 'out'))
    assert back.serialize() == filled.serialize()
    back.put_object_from_tree(tmp_path / 'part', 'below/it')
    assert back.get_object_content('below/it/b/c.txt') == b'a/b/c.txt'
    (tmp_path / 'file').write_bytes(b'file')
    back.put_object_from_file(tmp_path / 'file', 'name')
    assert back.get_object_content('name') == b'file'
    with pytest.raises(NotADirectoryError, match='no folder'):
        back.put_object_from_tree(tmp_path / 'file')


def test_clone_copies_content_to_another_backend(filled, tmp_path):
    backend = DiskObjectStoreRepositoryBackend.from_folder(tmp_path / 'container')
    backend.initialise()
    target = Repository(backend)
    target.clone(filled)
    assert target.serialize() == filled.serialize()
    assert target.get_object_content('a/b/c.txt') == b'a/b/c.txt'
    assert target.hash() == filled.hash()
    beside = Repository(backend)
    beside.put_object_from_filelike(io.BytesIO(b'mine'), 'mine')
    beside.clone(target)
    assert beside.list_object_names() == ['a', 'e', 'f', 'mine']
    assert target.list_object_names() == ['a', 'e', 'f']
    backend.close()


def test_hash_tells_names_and_contents_apart(filled):
    other = Repository(SandboxRepositoryBackend())
    other.clone(filled)
    assert other.hash() == filled.hash()
    other.put_object_from_filelike(io.BytesIO(b'other'), 'e')
    assert other.hash() != filled.hash()
    other.put_object_from_filelike(io.BytesIO(b'e'), 'e')
    assert other.hash() == filled.hash()
    other.create_directory('new')
    assert other.hash() != filled.hash()


def test_reset_erase_delete(filled):
    tree = filled.serialize()
    filled.reset()
    assert filled.is_empty()
    assert filled.backend.has_object(key(b'e'))
    other = Repository.from_serialized(filled.backend, tree)
    filled.put_object_from_filelike(io.BytesIO(b'not of the other'), 'x')
    other.erase()
    assert other.is_empty()
    assert list(filled.backend.list_objects()) == [key(b'not of the other')]
    filled.delete()
    assert not filled.is_initialised
    assert filled.is_empty()


# the nodes of the tree


def test_file():
    file = File('a', FileType.FILE, key='k')
    assert (file.name, file.key, file.objects, file.is_file(), file.is_dir()) == ('a', 'k', {}, True, False)
    assert file == File.from_serialized({'k': 'k'}, 'a')
    assert file != File('b', FileType.FILE, key='k')
    assert file != 'a'
    assert File('x', objects={'a': file}).serialize() == {'o': {'a': {'k': 'k'}}}
    assert repr(file) == 'File<name=a, file_type=1, key=k, objects=dict_items([])>'


@pytest.mark.parametrize(
    ('arguments', 'error'),
    [
        ({'name': 1}, TypeError),
        ({'file_type': 'x'}, TypeError),
        ({'key': 1}, TypeError),
        ({'objects': [1]}, TypeError),
        ({'objects': {'x': 1}}, TypeError),
        ({'file_type': FileType.DIRECTORY, 'key': 'k'}, ValueError),
        ({'file_type': FileType.FILE, 'objects': {}}, ValueError),
    ],
)
def test_file_refuses(arguments, error):
    with pytest.raises(error):
        File(**arguments)

"""Backends for the content of files: one suite over both, then what only one of them does."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from disk_objectstore import Container

from aiida.common.exceptions import StorageUnavailable
from aiida.repository import AbstractRepositoryBackend, DiskObjectStoreRepositoryBackend, SandboxRepositoryBackend
from aiida.repository.backend import loose

LARGE = b'0123456789abcdef' * 200_000


@pytest.fixture
def container(tmp_path):
    made = DiskObjectStoreRepositoryBackend.from_folder(tmp_path / 'container')
    made.initialise()
    yield made
    made.close()


@pytest.fixture(params=['container', 'sandbox'])
def backend(request):
    if request.param == 'container':
        return request.getfixturevalue('container')
    made = SandboxRepositoryBackend()
    made.initialise()
    return made


def put(backend, content):
    return backend.put_object_from_filelike(io.BytesIO(content))


@pytest.mark.parametrize('content', [b'', b'small', b'\x00\xff' * 10, LARGE], ids=['empty', 'small', 'binary', 'large'])
def test_what_comes_back_is_what_went(backend, content):
    key = put(backend, content)
    assert key == hashlib.sha256(content).hexdigest()
    assert backend.get_object_content(key) == content
    with backend.open(key) as handle:
        assert handle.read(3) == content[:3]
        handle.seek(0)
        assert handle.read() == content
    assert backend.get_object_hash(key) == key
    assert put(backend, content) == key
    assert list(backend.list_objects()) == [key]


def test_files_on_disk(backend, tmp_path):
    (tmp_path / 'file').write_bytes(b'on disk')
    key = backend.put_object_from_file(tmp_path / 'file')
    assert backend.get_object_content(key) == b'on disk'
    with pytest.raises(FileNotFoundError):
        backend.put_object_from_file(tmp_path / 'absent')


def test_text_is_refused(backend, tmp_path):
    with pytest.raises(TypeError, match=r'byte stream.*StringIO'):
        backend.put_object_from_filelike(io.StringIO('text'))
    (tmp_path / 'file').touch()
    with (tmp_path / 'file').open() as handle, pytest.raises(TypeError, match='byte stream'):
        backend.put_object_from_filelike(handle)
    assert not AbstractRepositoryBackend.is_readable_byte_stream('text')
    assert AbstractRepositoryBackend.is_readable_byte_stream(io.BytesIO())


def test_what_is_absent_is_named(backend):
    key = put(backend, b'x')
    assert backend.has_objects([key, 'absent']) == [True, False]
    assert not backend.has_object('absent')
    for use in (
        lambda: backend.get_object_content('absent'),
        lambda: backend.open('absent').__enter__(),
        lambda: backend.get_object_hash('absent'),
        lambda: backend.delete_object('absent'),
        lambda: backend.delete_objects([key, 'absent']),
    ):
        with pytest.raises(FileNotFoundError, match='absent'):
            use()
    # all or none
    assert backend.has_object(key)


def test_delete(backend):
    first, second, large = put(backend, b'1'), put(backend, b'2'), put(backend, LARGE)
    backend.delete_objects([first, large])
    assert list(backend.list_objects()) == [second]
    assert put(backend, b'1') == first
    assert backend.get_object_content(first) == b'1'
    assert put(backend, LARGE) == large
    assert backend.get_object_content(large) == LARGE


def test_streams(backend):
    keys = {put(backend, content): content for content in (b'1', b'2', LARGE)}
    assert {key: handle.read() for key, handle in backend.iter_object_streams(list(keys))} == keys


def test_info_counts(backend):
    put(backend, b'1')
    assert backend.get_info()['SHA-hash algorithm'] == 'sha256'
    assert sum(backend.get_info()['Objects'].values()) == 1
    assert 'Size (MB)' in backend.get_info(detailed=True)


def test_erase(backend):
    key = put(backend, b'1')
    backend.erase()
    assert not backend.is_initialised
    assert 'uninitialised' in str(backend)
    backend.initialise()
    assert backend.is_initialised
    assert not backend.has_object(key)


# the container


def test_the_library_reads_what_was_written_directly(container, tmp_path):
    key, large = put(container, b'content'), put(container, LARGE)
    library = Container(tmp_path / 'container')
    assert library.get_object_content(key) == b'content'
    assert library.get_object_content(large) == LARGE
    assert library.count_objects().loose == 2
    assert not any(library.validate().__dict__.values())
    assert container.uuid == library.container_id
    assert str(container) == f'DiskObjectStoreRepository: {library.container_id} | {tmp_path / "container"}'
    assert os.listdir(tmp_path / 'container' / 'sandbox') == []
    library.close()


def test_what_the_library_wrote_is_read(container, tmp_path):
    library = Container(tmp_path / 'container')
    loose_key, packed_key = library.add_object(b'loose'), library.add_objects_to_pack([b'packed'])[0]
    assert container.get_object_content(loose_key) == b'loose'
    assert container.get_object_content(packed_key) == b'packed'
    assert container.has_objects([loose_key, packed_key]) == [True, True]
    assert container.has_object(packed_key)
    library.close()


@pytest.mark.parametrize('compress', [True, False])
def test_what_is_packed_is_found_and_not_written_again(container, tmp_path, compress):
    keys = {put(container, content): content for content in (b'1', b'22' * 1000, LARGE)}
    container.maintain(live=False, compress=compress)
    assert container.get_info()['Objects'] == {'packed': 3, 'loose': 0, 'pack_files': 1}
    for key, content in keys.items():
        assert container.get_object_content(key) == content
        with container.open(key) as handle:
            assert handle.read(2) == content[:2]
        assert put(container, content) == key
    assert container.get_info()['Objects']['loose'] == 0
    container.delete_objects(list(keys))
    for key, content in keys.items():
        assert put(container, content) == key
        assert container.get_object_content(key) == content


def test_what_another_program_deleted_is_written_again(container, tmp_path):
    key = put(container, b'content')
    library = Container(tmp_path / 'container')
    library.delete_objects([key])
    assert put(container, b'content') == key
    assert container.get_object_content(key) == b'content'
    library.close()


def test_the_same_content_again_costs_no_write(container, monkeypatch):
    key = put(container, b'content')
    monkeypatch.setattr(loose, 'uuid4', lambda: pytest.fail('a file was written'))
    assert put(container, b'content') == key


def test_a_key_never_leads_out_of_the_container(container, tmp_path):
    (tmp_path / 'secret').write_bytes(b'secret')
    put(container, b'x')
    for key in ('../../secret', f'..{tmp_path}/secret', '', '.' * 64, '../../../' + 'a' * 55):
        assert not container.has_object(key)
        assert container.has_objects([key, key]) == [False, False]
        assert list(container.iter_object_streams([key])) == []
        for use in (container.get_object_content, container.delete_object, container.get_object_hash):
            with pytest.raises(FileNotFoundError, match='does not exist'):
                use(key)
    assert (tmp_path / 'secret').exists()


def test_a_write_that_fails_leaves_nothing(container, tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(loose, '_sync', full)
    for content in (b'small', LARGE):
        with pytest.raises(StorageUnavailable, match=f'no space left on {tmp_path}/container'):
            put(container, content)
        assert not container.has_object(hashlib.sha256(content).hexdigest())
    assert os.listdir(tmp_path / 'container' / 'sandbox') == []


def test_what_cannot_be_read_to_be_stored_is_no_trouble_of_the_container(container, tmp_path):
    class Torn(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(5, 'Input/output error')
            return super().read(size)

    with pytest.raises(OSError, match='Input/output error'):
        container.put_object_from_filelike(Torn(LARGE))
    assert os.listdir(tmp_path / 'container' / 'sandbox') == []


def test_a_container_whose_disk_is_not_mounted_has_not_lost_its_content(container, tmp_path):
    key = put(container, b'1')
    (tmp_path / 'container').rename(tmp_path / 'elsewhere')
    with pytest.raises(StorageUnavailable, match='is not there: is its disk mounted'):
        container.get_object_content(key)
    with pytest.raises(StorageUnavailable, match='is not there: is its disk mounted'):
        put(container, b'2')
    (tmp_path / 'elsewhere').rename(tmp_path / 'container')
    assert container.get_object_content(key) == b'1'
    with pytest.raises(FileNotFoundError, match='does not exist'):
        container.get_object_content('0' * 64)


def test_maintain_refuses_what_is_not_safe_while_live(container):
    key = put(container, b'1')
    with pytest.raises(ValueError, match='do_repack'):
        container.maintain(live=True, do_repack=True)
    container.maintain(dry_run=True, live=False)
    assert container.get_info()['Objects']['packed'] == 0
    container.maintain(live=True)
    assert container.get_info()['Objects'] == {'packed': 1, 'loose': 1, 'pack_files': 1}
    container.maintain(live=False, pack_loose=False)
    assert container.get_info()['Objects'] == {'packed': 1, 'loose': 0, 'pack_files': 1}
    assert container.get_object_content(key) == b'1'


def test_a_container_that_is_not_there_is_named(tmp_path):
    backend = DiskObjectStoreRepositoryBackend(Container(tmp_path / 'c'))
    assert (backend.is_initialised, backend.uuid) == (False, None)
    assert str(backend) == 'DiskObjectStoreRepository: <uninitialised>'
    with pytest.raises(StorageUnavailable, match='initialise'):
        put(backend, b'x')
    with pytest.raises(TypeError, match='container'):
        DiskObjectStoreRepositoryBackend()
    backend.initialise(clear=False)
    assert backend.is_initialised
    backend.close()


def test_a_container_of_another_kind_is_refused(tmp_path):
    made = Container(tmp_path / 'c')
    made.init_container(hash_type='sha1')
    made.close()
    backend = DiskObjectStoreRepositoryBackend.from_folder(tmp_path / 'c')
    with pytest.raises(ValueError, match='sha1'):
        put(backend, b'x')


def test_loose_objects_need_no_library(container):
    key = put(container, b'content')
    code = f"""
import sys, io
from pathlib import Path
from aiida.repository import DiskObjectStoreRepositoryBackend
backend = DiskObjectStoreRepositoryBackend.from_folder(Path({str(container.container.get_folder())!r}))
assert backend.get_object_content({key!r}) == b'content'
backend.put_object_from_filelike(io.BytesIO(b'new'))
assert not [name for name in ('disk_objectstore', 'sqlalchemy') if name in sys.modules]
"""
    subprocess.run([sys.executable, '-c', code], check=True, timeout=30)


def test_many_programs_put_the_same(container):
    code = f"""
import io
from pathlib import Path
from aiida.repository import DiskObjectStoreRepositoryBackend
backend = DiskObjectStoreRepositoryBackend.from_folder(Path({str(container.container.get_folder())!r}))
for number in range(40):
    backend.put_object_from_filelike(io.BytesIO(b'%d' % number))
"""
    programs = [subprocess.Popen([sys.executable, '-c', code]) for _ in range(5)]
    assert [program.wait(30) for program in programs] == [0] * 5
    assert sorted(container.get_object_content(key) for key in container.list_objects()) == sorted(
        b'%d' % number for number in range(40)
    )


# the sandbox


def test_the_folder_of_a_sandbox_goes_with_it(tmp_path):
    backend = SandboxRepositoryBackend(str(tmp_path))
    assert str(backend) == 'SandboxRepository: <uninitialised>'
    put(backend, b'small')
    assert str(backend) == 'SandboxRepository: in memory'
    assert list(tmp_path.iterdir()) == []
    put(backend, LARGE)
    folder = Path(backend.sandbox)
    assert folder.parent == tmp_path
    assert [path.stat().st_size for path in folder.iterdir()] == [len(LARGE)]
    del backend
    gc.collect()
    assert not folder.exists()

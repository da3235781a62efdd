"""The content of files in a container of ``disk_objectstore``."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from aiida.common.disks import unavailable
from aiida.common.exceptions import StorageUnavailable
from aiida.repository.backend.abstract import AbstractRepositoryBackend, no_object
from aiida.repository.backend.loose import LooseObjects

if TYPE_CHECKING:
    from disk_objectstore import Container

__all__ = ('DiskObjectStoreRepositoryBackend',)

_MEGABYTE = 1024**2


class DiskObjectStoreRepositoryBackend(AbstractRepositoryBackend):
    """Contents under their SHA-256 in a container on disk, each a file of its own until it is packed.

    Loose objects are read and written directly; the library is imported for packs and for maintenance.
    """

    def __init__(self, container: Container | None = None, *, folder: Path | None = None) -> None:
        """
        :param container: the container, or
        :param folder: where it is or will be.
        """
        if container is None and folder is None:
            raise TypeError('either `container` or `folder` is needed')
        self._container = container
        self._folder = Path(container.get_folder() if container is not None else cast('Path', folder))
        self._loose_objects: LooseObjects | None = None
        self._config: dict[str, Any] | None = None

    @classmethod
    def from_folder(cls, folder: Path) -> DiskObjectStoreRepositoryBackend:
        """Return the backend for the container in a folder, which need not exist yet."""
        return cls(folder=folder)

    def __str__(self) -> str:
        if not self.is_initialised:
            return 'DiskObjectStoreRepository: <uninitialised>'
        return f'DiskObjectStoreRepository: {self.uuid} | {self._folder}'

    @property
    def container(self) -> Container:
        """The container as its library sees it."""
        if self._container is None:
            from disk_objectstore import Container

            self._container = Container(self._folder)
        return self._container

    def close(self) -> None:
        """Give back what is held open; the backend may be used again."""
        if self._container is not None:
            self._container.close()

    def _read_config(self) -> dict[str, Any] | None:
        if self._config is None:
            self._config = LooseObjects.read_config(self._folder)
        return self._config

    @property
    def _loose(self) -> LooseObjects:
        if self._loose_objects is None:
            config = self._read_config()
            if config is None:
                raise StorageUnavailable(
                    f'there is no container at {self._folder}: initialise the repository first, or mount its disk'
                )
            self._loose_objects = LooseObjects(self._folder, config)
        return self._loose_objects

    @property
    def uuid(self) -> str | None:
        """The identifier of the container, ``None`` if there is none yet."""
        config = self._read_config()
        return None if config is None else str(config['container_id'])

    @property
    def key_format(self) -> str | None:
        """Keys are made by the hash algorithm of the container, SHA-256."""
        config = self._read_config()
        return 'sha256' if config is None else str(config['hash_type'])

    def initialise(self, **kwargs: Any) -> None:
        """Make the container; no-op if there is one.

        :param kwargs: passed on to ``Container.init_container``.
        """
        self.container.init_container(**kwargs)
        self._config = self._loose_objects = None

    @property
    def is_initialised(self) -> bool:
        """Whether contents can be put and read."""
        return self._read_config() is not None

    def erase(self) -> None:
        """Delete the container with all its contents."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._container = self._config = self._loose_objects = None

    def _put_object_from_filelike(self, handle: BinaryIO) -> str:
        return self._loose.put(handle)

    def has_objects(self, keys: list[str]) -> list[bool]:
        """Return for each key whether there is content under it."""
        if len(keys) == 1:
            return [self._loose.has(keys[0])]
        present = set(self._list_present([key for key in keys if LooseObjects.is_key(key)]))
        return [key in present for key in keys]

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Tell that the container cannot be read from what is not in it.

        :raises StorageUnavailable: if it cannot be read.
        """
        from sqlalchemy.exc import OperationalError

        try:
            yield
        except OperationalError as error:
            raise StorageUnavailable(f'{self._folder} cannot be used at the moment: {error.orig}') from error
        except OSError as error:
            self._loose.require()
            raise unavailable(error, self._folder) from error

    def _list_present(self, keys: list[str]) -> list[str]:
        with self._reached():
            return self._find_present(keys)

    def _find_present(self, keys: list[str]) -> list[str]:
        return [key for key, exists in zip(keys, self.container.has_objects(keys), strict=True) if exists]

    @contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        """Open the content under a key for reading.

        :raises FileNotFoundError: if there is none.
        :raises StorageUnavailable: if that cannot be told, or it cannot be read.
        """
        handle = self._loose.open(key)
        if handle is not None:
            with handle:
                yield handle
            return
        if not LooseObjects.is_key(key):
            raise no_object(key)
        from disk_objectstore.exceptions import NotExistent

        try:
            with self._reached():
                stream = self.container.get_object_stream(key)
                packed = stream.__enter__()
        except NotExistent as error:
            self._loose.require()
            raise no_object(key) from error
        try:
            yield cast('BinaryIO', packed)
        finally:
            stream.__exit__(None, None, None)

    def iter_object_streams(self, keys: Iterable[str]) -> Iterator[tuple[str, BinaryIO]]:
        """Yield each key with its content, in the order that is fastest to read; absent ones are left out."""
        valid = [key for key in keys if LooseObjects.is_key(key)]
        with self.container.get_objects_stream_and_meta(valid) as triplets:
            for key, stream, _ in triplets:
                if stream is not None:
                    yield key, cast('BinaryIO', stream)

    def get_object_hash(self, key: str) -> str:
        """Return the SHA-256 of the content under a key, which is the key.

        :raises FileNotFoundError: if there is none.
        """
        self._require([key])
        return key

    def list_objects(self) -> Iterable[str]:
        """Return the keys of all contents."""
        return cast('Iterable[str]', self.container.list_all_objects())

    def delete_objects(self, keys: list[str]) -> None:
        """Delete the contents under these keys, all or none.

        :raises FileNotFoundError: if there is nothing under one of the keys.
        """
        self._require(keys)
        self.container.delete_objects(keys)

    def get_info(self, detailed: bool = False) -> dict[str, int | str | dict[str, int] | dict[str, float]]:
        """Return the algorithms and the numbers of contents, and their sizes when detailed."""
        count = self.container.count_objects()
        info: dict[str, int | str | dict[str, int] | dict[str, float]] = {
            'SHA-hash algorithm': self.container.hash_type,
            'Compression algorithm': self.container.compression_algorithm,
            'Objects': {'packed': count.packed, 'loose': count.loose, 'pack_files': count.pack_files},
        }
        if detailed:
            size = self.container.get_total_size()
            info['Size (MB)'] = {
                name: round(getattr(size, name) / _MEGABYTE, 2)
                for name in (
                    'total_size_packed',
                    'total_size_packed_on_disk',
                    'total_size_packfiles_on_disk',
                    'total_size_packindexes_on_disk',
                    'total_size_loose',
                )
            }
        return info

    def maintain(
        self,
        dry_run: bool = False,
        live: bool = True,
        pack_loose: bool | None = None,
        do_repack: bool | None = None,
        clean_storage: bool | None = None,
        do_vacuum: bool | None = None,
        compress: bool = False,
        incremental_cleanup: bool = True,
    ) -> None:
        """Make the container smaller and faster.

        :param dry_run: do nothing.
        :param live: other programs may be using the container: only what is safe then is done.
        :param pack_loose: gather loose objects in packs (by default always).
        :param do_repack: rewrite the packs without what was deleted (by default unless live).
        :param clean_storage: delete loose objects that are in a pack (by default unless live).
        :param do_vacuum: compact the index of the packs (by default unless live).
        :param compress: compress what is packed.
        :param incremental_cleanup: delete loose objects after each pack, and not at the end only.
        :raises ValueError: if something is asked for that is not safe while live.
        """
        unsafe = {'do_repack': do_repack, 'clean_storage': clean_storage, 'do_vacuum': do_vacuum}
        if live:
            refused = [name for name, value in unsafe.items() if value]
            if refused:
                raise ValueError(
                    f'these cannot be done with `live=True`, because other programs may use the container: {refused}'
                )
        chosen = {name: (not live if value is None else value) for name, value in unsafe.items()}
        if dry_run:
            return
        if pack_loose is not False:
            self.container.pack_all_loose(
                compress=compress, clean_loose_per_pack=incremental_cleanup and chosen['clean_storage']
            )
        if chosen['do_repack']:
            self.container.repack()
        if chosen['clean_storage']:
            self.container.clean_storage(vacuum=chosen['do_vacuum'])

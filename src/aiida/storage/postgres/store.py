"""The store for PostgreSQL, put together from its rooms."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self

from aiida.common.exceptions import (
    ConfigurationError,
    CorruptStorage,
    IncompatibleStorageSchema,
    StorageUnavailable,
    UnreachableStorage,
)
from aiida.repository.backend import AbstractRepositoryBackend, DiskObjectStoreRepositoryBackend
from aiida.storage.postgres.connection import Database
from aiida.storage.postgres.graph import EntityVerbs, GraphVerbs
from aiida.storage.postgres.listing import ProcessListVerbs
from aiida.storage.postgres.place import connection_options, describe, repository_folder
from aiida.storage.postgres.runtime import RuntimeVerbs
from aiida.storage.postgres.schema import add_runtime_tables, create_tables, drop_tables, read_revision
from aiida.storage.shared.store import CONTAINER_FOLDER, REPOSITORY_UUID, REVISION, WholeStore

__all__ = ('PostgresStore',)


class PostgresStore(RuntimeVerbs, ProcessListVerbs, GraphVerbs, EntityVerbs, WholeStore):
    """A profile's graph and what is alive of it in a database of a server, the content of files in a container."""

    _database: Database

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Open a store that exists, made by this program or by aiida-core.

        :param config: the profile's ``storage.config``: ``database_hostname``, ``database_port``,
            ``database_username``, ``database_password``, ``database_name`` and ``repository_uri``.
        :raises ConfigurationError: if something is missing, or the driver is not installed.
        :raises UnreachableStorage: if the server or the database is not there, or refuses us.
        :raises IncompatibleStorageSchema: if its schema is of another revision.
        """
        super().__init__(Database(connection_options(config), describe(config)))
        self.folder = repository_folder(config)
        try:
            self._check_schema()
        except StorageUnavailable as error:
            self._database.close()
            raise UnreachableStorage(str(error)) from error
        except BaseException:
            self._database.close()
            raise

    def _check_schema(self) -> None:
        revision = read_revision(self._database)
        if revision is None:
            raise CorruptStorage(
                f'{self._database.place} is empty: make the profile with `verdi profile setup core.psql_dos`'
            )
        if revision != REVISION:
            raise IncompatibleStorageSchema(
                f'{self._database.place} has a schema of revision {revision}, this release reads {REVISION}: '
                'migrate it with the aiida-core that made it'
            )
        add_runtime_tables(self._database)

    @classmethod
    def initialise(cls, config: Mapping[str, Any], *, user_email: str | None = None) -> Self:
        """Create a store in an empty database: tables, container and, if an address is given, its first user.

        A database that is a store already, with its files in the folder, is opened as it is.

        :raises ConfigurationError: if there are tables in the database, or a container in the folder, of another store.
        :raises UnreachableStorage: if the server or the database is not there, or refuses us.
        """
        folder = repository_folder(config)
        database = Database(connection_options(config), describe(config))
        try:
            has_files = DiskObjectStoreRepositoryBackend.from_folder(folder / CONTAINER_FOLDER).is_initialised
            if read_revision(database) is not None:
                if has_files:
                    return cls._open_whole(config)
                raise ConfigurationError(
                    f'there are tables of AiiDA in {database.place} already, but not their files in {folder}: '
                    'choose an empty database, or say where the files are'
                )
            if has_files:
                raise ConfigurationError(f'there are files of a profile in {folder} already: choose another folder')
            folder.mkdir(parents=True, exist_ok=True)
            create_tables(database)
        except StorageUnavailable as error:
            raise UnreachableStorage(str(error)) from error
        finally:
            database.close()
        store = cls(config)
        store._welcome(user_email)
        return store

    @classmethod
    def _open_whole(cls, config: Mapping[str, Any]) -> Self:
        """Open a store, and make sure that the files in the folder are those of the database."""
        store = cls(config)
        try:
            assert store.repository.is_initialised
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def delete(cls, config: Mapping[str, Any]) -> None:
        """Delete all tables of a store, and its files; the database itself is left, empty of it.

        :raises UnreachableStorage: if the server or the database is not there, or refuses us.
        """
        database = Database(connection_options(config), describe(config))
        try:
            drop_tables(database)
        except StorageUnavailable as error:
            raise UnreachableStorage(str(error)) from error
        finally:
            database.close()
        folder = repository_folder(config)
        shutil.rmtree(folder / CONTAINER_FOLDER, ignore_errors=True)
        with suppress(OSError):
            folder.rmdir()

    def _open_repository(self) -> AbstractRepositoryBackend:
        repository = DiskObjectStoreRepositoryBackend.from_folder(self.folder / CONTAINER_FOLDER)
        if repository.is_initialised:
            known = self.read_setting(REPOSITORY_UUID)
            if known is not None and repository.uuid != known:
                raise CorruptStorage(
                    f'the files in {self.folder} (container {repository.uuid}) do not belong to '
                    f'{self._database.place} (container {known}): correct `repository_uri` in the profile'
                )
        return repository

    # queries

    @property
    def dialect(self) -> Literal['postgresql']:
        """The name of the SQL dialect."""
        return 'postgresql'

    def select(self, sql: str, parameters: Sequence[Any], batch_size: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time (all at once for ``None``)."""
        if batch_size is None:
            return iter(self._database.query(sql, parameters))
        return self._database.stream(sql, parameters, batch_size)

    # the whole

    @property
    def version(self) -> str:
        """The revision of AiiDA's schema this database is at."""
        return read_revision(self._database) or ''

    @property
    def container_folder(self) -> Path:
        """The container with the content of files."""
        return self.folder / CONTAINER_FOLDER

    def __str__(self) -> str:
        state = 'closed' if self.is_closed else 'open'
        return f'{type(self).__name__}[{self._database.place}, files in {self.folder}]: {state}'

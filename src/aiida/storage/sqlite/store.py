"""The store for SQLite, put together from its rooms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from aiida.common.exceptions import (
    ConfigurationError,
    CorruptStorage,
    IncompatibleStorageSchema,
    UnreachableStorage,
)
from aiida.repository.backend import (
    AbstractRepositoryBackend,
    DiskObjectStoreRepositoryBackend,
    SandboxRepositoryBackend,
)
from aiida.storage.records import EntityKind
from aiida.storage.sql import load_statements
from aiida.storage.sqlite.connection import BUSY_LIMIT, Database
from aiida.storage.sqlite.entities import EntityVerbs
from aiida.storage.sqlite.graph import GraphVerbs
from aiida.storage.sqlite.listing import ProcessListVerbs
from aiida.storage.sqlite.runtime import RuntimeVerbs
from aiida.storage.sqlite.schema import REVISION, add_runtime_tables, create_tables, read_revision

__all__ = ('CONTAINER_FOLDER', 'DATABASE_FILE', 'SqliteStore')

DATABASE_FILE = 'database.sqlite'
CONTAINER_FOLDER = 'container'
_REPOSITORY_UUID = 'repository|uuid'

# in an order in which no row is deleted before those that refer to it
_EMPTIED_TABLES = (
    'process_event',
    'process_wait',
    'process_run',
    'process_checkpoint',
    'worker',
    'db_dbgroup_dbnodes',
    'db_dbgroup',
    'db_dblink',
    'db_dblog',
    'db_dbcomment',
    'db_dbnode',
    'db_dbauthinfo',
    'db_dbcomputer',
)


class SqliteStore(RuntimeVerbs, ProcessListVerbs, GraphVerbs, EntityVerbs):
    """A profile's graph and what is alive of it in one SQLite file, the content of files in a container beside it."""

    def __init__(self, folder: str | Path, *, synchronous: str = 'NORMAL', busy_limit: float = BUSY_LIMIT) -> None:
        """Open a store that exists, made by this program or by aiida-core.

        :param folder: where ``database.sqlite`` and ``container/`` are.
        :param synchronous: ``NORMAL`` survives any crash of a program, ``FULL`` also keeps the last commits in
            a power cut.
        :param busy_limit: how long a lock of another program is waited for, in seconds.
        :raises UnreachableStorage: if there is no database.
        :raises IncompatibleStorageSchema: if its schema is of another revision.
        """
        self.folder = Path(folder)
        path = self.folder / DATABASE_FILE
        if not path.is_file():
            raise UnreachableStorage(f'there is no database at {path}: create the profile, or correct its `filepath`')
        self._start(Database(path, synchronous, busy_limit), None)
        try:
            self._check_schema()
        except BaseException:
            self._database.close()
            raise

    def _start(self, database: Database, repository: AbstractRepositoryBackend | None) -> None:
        super().__init__(database)
        self._repository = repository
        self._default_user_id: int | None = None

    def _check_schema(self) -> None:
        revision = read_revision(self._database)
        if revision is None:
            raise CorruptStorage(f'{self._database.place} is empty')
        if revision != REVISION:
            raise IncompatibleStorageSchema(
                f'{self._database.place} has a schema of revision {revision}, this release reads {REVISION}: '
                'migrate it with the aiida-core that made it'
            )
        add_runtime_tables(self._database)

    @classmethod
    def initialise(cls, folder: str | Path, *, user_email: str | None = None, synchronous: str = 'NORMAL') -> Self:
        """Create a store: database, container and, if an address is given, its first user.

        :raises ConfigurationError: if there is a database in the folder already.
        """
        folder = Path(folder)
        path = folder / DATABASE_FILE
        if path.exists():
            raise ConfigurationError(f'there is a database at {path} already')
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(path, synchronous, create=True)
        try:
            create_tables(database)
        finally:
            database.close()
        store = cls(folder, synchronous=synchronous)
        store._welcome(user_email)
        return store

    @classmethod
    def in_memory(cls, *, user_email: str | None = 'aiida@localhost') -> Self:
        """Create a store that lives as long as this object; several threads may share it."""
        store = cls.__new__(cls)
        store.folder = Path()
        database = Database(None)
        create_tables(database)
        store._start(database, SandboxRepositoryBackend())
        store._welcome(user_email)
        return store

    def _welcome(self, user_email: str | None) -> None:
        if not self.repository.is_initialised:
            self.repository.initialise()
        with self.transaction():
            if self.repository.uuid is not None:
                self.write_setting(_REPOSITORY_UUID, self.repository.uuid, 'Repository UUID')
            if user_email is not None:
                user = {'email': user_email, 'first_name': '', 'last_name': '', 'institution': ''}
                self._default_user_id = self.insert_entity(EntityKind.USER, user)

    # queries

    @property
    def dialect(self) -> Literal['sqlite']:
        """The name of the SQL dialect."""
        return 'sqlite'

    def select(self, sql: str, parameters: Sequence[Any], batch_size: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement, fetched ``batch_size`` at a time (all at once for ``None``)."""
        if batch_size is None:
            return iter(self._database.execute(sql, parameters))
        return self._database.stream(sql, parameters, batch_size)

    # the whole

    @property
    def version(self) -> str:
        """The revision of AiiDA's schema this database is at."""
        return read_revision(self._database) or ''

    @property
    def is_closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._database.is_closed

    def close(self) -> None:
        """Close the connections of all threads; using the store afterwards raises ``ClosedStorage``."""
        self._database.close()
        if self._repository is not None:
            self._repository.close()

    def clear(self) -> None:
        """Delete all data but the schema, the settings and the default user, and all files."""
        with self.transaction():
            for table in _EMPTIED_TABLES:
                self._database.change(f'DELETE FROM {table}', ())
            self._database.change('DELETE FROM db_dbuser WHERE id IS NOT ?', (self._default_user_id,))
        keys = list(self.repository.list_objects())
        if keys:
            self.repository.delete_objects(keys)

    @property
    def repository(self) -> AbstractRepositoryBackend:
        """What holds the content of files."""
        if self._repository is None:
            self._repository = DiskObjectStoreRepositoryBackend.from_folder(self.folder / CONTAINER_FOLDER)
        return self._repository

    @property
    def uuid(self) -> str | None:
        """The identifier of the container, stored in the database as a setting too."""
        value: str | None = self.read_setting(_REPOSITORY_UUID)
        return value

    @property
    def default_user_id(self) -> int | None:
        """The id of the user new entities belong to: the one that was set, or the first there is."""
        if self._default_user_id is None:
            self._default_user_id = self._database.execute(load_statements('graph_sqlite')['first_user'])[0][0]
        return self._default_user_id

    @default_user_id.setter
    def default_user_id(self, user_id: int | None) -> None:
        self._default_user_id = user_id

    def __str__(self) -> str:
        place = self.folder if self._database.path else 'in memory'
        return f'{type(self).__name__}[{place}]: {"closed" if self.is_closed else "open"}'

    def __repr__(self) -> str:
        return f'<{self}>'

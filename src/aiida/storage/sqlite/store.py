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
from aiida.storage.shared.store import CONTAINER_FOLDER, REVISION, WholeStore
from aiida.storage.sql import load_statements
from aiida.storage.sqlite.connection import BUSY_LIMIT, Database
from aiida.storage.sqlite.formats import FORMATS
from aiida.storage.sqlite.graph import GraphVerbs
from aiida.storage.sqlite.listing import ProcessListVerbs
from aiida.storage.sqlite.runtime import RuntimeVerbs
from aiida.storage.sqlite.schema import add_runtime_tables, create_tables, read_revision

__all__ = ('CONTAINER_FOLDER', 'DATABASE_FILE', 'SqliteStore')

DATABASE_FILE = 'database.sqlite'


class SqliteStore(RuntimeVerbs, ProcessListVerbs, GraphVerbs, WholeStore):
    """A profile's graph and what is alive of it in one SQLite file, the content of files in a container beside it."""

    _database: Database
    _formats = FORMATS
    _graph_sql = load_statements('graph', 'graph_sqlite')

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
        super().__init__(Database(path, synchronous, busy_limit))
        try:
            self._check_schema()
        except BaseException:
            self._database.close()
            raise

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
        WholeStore.__init__(store, database, SandboxRepositoryBackend())
        store._welcome(user_email)
        return store

    def _open_repository(self) -> AbstractRepositoryBackend:
        return DiskObjectStoreRepositoryBackend.from_folder(self.folder / CONTAINER_FOLDER)

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

    def __str__(self) -> str:
        place = self.folder if self._database.path else 'in memory'
        return f'{type(self).__name__}[{place}]: {"closed" if self.is_closed else "open"}'

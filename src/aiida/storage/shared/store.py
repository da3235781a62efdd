"""A whole store, as far as it is the same for every database: its files, its users, its end."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

from aiida.repository.backend import AbstractRepositoryBackend
from aiida.storage.records import EntityKind
from aiida.storage.shared.base import Database
from aiida.storage.shared.entities import EntityVerbs

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('CONTAINER_FOLDER', 'EMPTIED_TABLES', 'REPOSITORY_UUID', 'REVISION', 'WholeStore')

#: The revision of AiiDA's schema that the stores read and write.
REVISION = 'main_0002'
#: The setting that says which container belongs to a database.
REPOSITORY_UUID = 'repository|uuid'
CONTAINER_FOLDER = 'container'
#: In an order in which no row is deleted before those that refer to it.
EMPTIED_TABLES = (
    'computer_hold',
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


class WholeStore(EntityVerbs):
    """What makes a store of the verbs over a database: the content of files beside it, and whose it is."""

    def __init__(self, database: Database, repository: AbstractRepositoryBackend | None = None) -> None:
        """
        :param database: where the statements run.
        :param repository: what holds the content of files; by default it is opened when it is first needed.
        """
        super().__init__(database)
        self._repository = repository
        self._default_user_id: int | None = None

    @abstractmethod
    def _open_repository(self) -> AbstractRepositoryBackend:
        """Return what holds the content of files."""

    def _welcome(self, user_email: str | None) -> None:
        """Complete a store whose tables were just made."""
        if not self.repository.is_initialised:
            self.repository.initialise()
        with self.transaction():
            if self.repository.uuid is not None:
                self.write_setting(REPOSITORY_UUID, self.repository.uuid, 'Repository UUID')
            if user_email is not None:
                user = {'email': user_email, 'first_name': '', 'last_name': '', 'institution': ''}
                self._default_user_id = self.insert_entity(EntityKind.USER, user)

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
            for table in EMPTIED_TABLES:
                self._database.change(f'DELETE FROM {table}', ())
            if self._default_user_id is None:
                self._database.change('DELETE FROM db_dbuser', ())
            else:
                self._database.change('DELETE FROM db_dbuser WHERE id <> ?', (self._default_user_id,))
        keys = list(self.repository.list_objects())
        if keys:
            self.repository.delete_objects(keys)

    def get_info(self, detailed: bool = False, **kwargs: Any) -> dict[str, Any]:
        """Return how many entities of each kind there are, and how large the repository is; see
        :func:`~aiida.storage.shared.info.information`.

        :param detailed: whether to tell also who and what they are, and the sizes in MB.
        """
        from aiida.storage.shared.info import information

        return information(cast('Store', self), detailed)

    @property
    def repository(self) -> AbstractRepositoryBackend:
        """What holds the content of files."""
        if self._repository is None:
            self._repository = self._open_repository()
        return self._repository

    @property
    def uuid(self) -> str | None:
        """The identifier of the container, stored in the database as a setting too."""
        value: str | None = self.read_setting(REPOSITORY_UUID)
        return value

    @property
    def default_user_id(self) -> int | None:
        """The id of the user new entities belong to: the one that was set, or the first there is."""
        if self._default_user_id is None:
            self._default_user_id = self._database.execute(self._graph_sql['first_user'])[0][0]
        return self._default_user_id

    @default_user_id.setter
    def default_user_id(self, user_id: int | None) -> None:
        self._default_user_id = user_id

    def __repr__(self) -> str:
        return f'<{self}>'

"""Making, opening and deleting the store that a profile describes."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ConfigurationError, MissingEntryPointError

if TYPE_CHECKING:
    from aiida.manage.configuration.profile import Profile

__all__ = ('delete_store', 'describe_store', 'initialise_store', 'open_store')

_SQLITE = 'core.sqlite_dos'
_POSTGRES = 'core.psql_dos'
#: Kept in memory: there is nothing to be made before, or deleted after.
_TEMPORARY = 'core.sqlite_temp'


def _folder(profile: Profile) -> pathlib.Path:
    """Return the folder of a store.

    :raises ConfigurationError: if the profile says none.
    """
    filepath = profile.storage_config.get('filepath')
    if not filepath:
        raise ConfigurationError(
            f'the profile `{profile.name}` does not say where its data are: storage.config.filepath is missing'
        )
    return pathlib.Path(filepath)


def _sqlite_class(profile: Profile) -> Any:
    """Return the class of the SQLite store.

    :raises ConfigurationError: if the profile is kept in another kind of store.
    """
    if profile.storage_backend != _SQLITE:
        try:
            return profile.storage_cls
        except MissingEntryPointError as exception:
            raise ConfigurationError(
                f'the profile `{profile.name}` is kept in a store `{profile.storage_backend}`, which this installation '
                f'does not have; it has: `{_SQLITE}`, `{_POSTGRES}`, `{_TEMPORARY}`'
            ) from exception
    from aiida.storage.sqlite.backend import SqliteDosStorage

    return SqliteDosStorage


def _postgres_class() -> Any:
    """Return the class of the PostgreSQL store."""
    from aiida.storage.postgres.backend import PsqlDosBackend

    return PsqlDosBackend


def initialise_store(profile: Profile) -> None:
    """Make the empty store of a profile; in PostgreSQL, one that is there with its files is taken as it is.

    :raises ConfigurationError: if it is not described, is of an unknown kind, or its folder is not empty.
    """
    if profile.storage_backend == _TEMPORARY:
        return
    if profile.storage_backend == _POSTGRES:
        _postgres_class().initialise(profile.storage_config).close()
        return
    store_class = _sqlite_class(profile)
    folder = _folder(profile)
    if (folder / 'database.sqlite').exists():
        raise ConfigurationError(f'there is a database in {folder} already: choose another folder')
    store_class.initialise(folder).close()


def describe_store(profile: Profile) -> str:
    """Return where the data of a profile are, for people to read, without passwords."""
    config = profile.storage_config
    if profile.storage_backend != _POSTGRES:
        return str(config.get('filepath', profile.storage_backend))
    from aiida.storage.postgres.place import describe

    return f'{describe(config)}, files in {config.get("repository_uri")}'


def open_store(profile: Profile) -> Any:
    """Return the store of a profile, opened; new nodes in it belong to the profile's user.

    :raises ConfigurationError: if it is not described or of an unknown kind.
    :raises UnreachableStorage: if it is not there.
    :raises IncompatibleStorageSchema: if its schema is of another revision.
    """
    email = profile.default_user_email
    if profile.storage_backend == _TEMPORARY:
        from aiida.storage.sqlite.backend import SqliteTempBackend

        return SqliteTempBackend.in_memory(user_email=email or 'aiida@localhost')
    if profile.storage_backend == _POSTGRES:
        store = _postgres_class()(profile.storage_config)
    else:
        store = _sqlite_class(profile)(_folder(profile))
    if email is not None:
        from aiida.storage.records import EntityKind

        users = store.find_entities(EntityKind.USER, email=email)
        store.default_user_id = users[0]['id'] if users else None
    return store


def delete_store(profile: Profile) -> None:
    """Delete the store of a profile with all that is in it; nothing happens if it is gone.

    :raises ConfigurationError: if it is not described, is of an unknown kind, or its folder holds something else.
    """
    import shutil

    if profile.storage_backend == _TEMPORARY:
        return
    if profile.storage_backend == _POSTGRES:
        _postgres_class().delete(profile.storage_config)
        return
    _sqlite_class(profile)
    folder = _folder(profile)
    if not folder.exists():
        return
    if not (folder / 'database.sqlite').exists():
        raise ConfigurationError(f'{folder} holds no database, so it is left alone: delete it yourself')
    shutil.rmtree(folder)

"""How a user reaches a computer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiida.common.cleaning import clean_value
from aiida.common.exceptions import ConfigurationError, EntryPointError
from aiida.orm.entities import RowCollection, RowEntity, entity_class
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from aiida.orm.computers import Computer
    from aiida.orm.users import User
    from aiida.transports import Transport

__all__ = ('AuthInfo', 'AuthInfoCollection')


class AuthInfoCollection(RowCollection['AuthInfo']):
    """The settings by which users reach computers."""

    collection_type = 'authinfos'
    _COLUMNS = {
        'pk': 'id',
        'user': 'aiidauser_id',
        'computer': 'dbcomputer_id',
        'user_id': 'aiidauser_id',
        'computer_id': 'dbcomputer_id',
    }


class AuthInfo(RowEntity):
    """The settings by which one user reaches one computer; there is at most one of each pair."""

    _KIND = EntityKind.AUTHINFO
    _DEFAULTS = {'aiidauser_id': None, 'dbcomputer_id': None, 'metadata': {}, 'auth_params': {}, 'enabled': True}
    _FIXED = frozenset({'aiidauser_id', 'dbcomputer_id'})
    _CLS_COLLECTION = AuthInfoCollection
    identity_field = 'pk'

    PROPERTY_WORKDIR = 'workdir'

    def __init__(
        self,
        computer: Computer,
        user: User,
        enabled: bool = True,
        auth_params: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        backend: Store | None = None,
    ) -> None:
        """Make settings that are not stored yet.

        :param enabled: whether the user may use the computer.
        :param auth_params: what the transport needs to connect.
        :param metadata: what else is to be known, such as a working directory of the user's own.
        :raises ValueError: if computer or user are not stored.
        """
        if computer.pk is None or user.pk is None:
            raise ValueError('the settings of a computer for a user can be made once both are stored')
        self._begin(
            backend if backend is not None else computer.backend,
            {
                'aiidauser_id': user.pk,
                'dbcomputer_id': computer.pk,
                'metadata': clean_value(metadata or {}),
                'auth_params': clean_value(auth_params or {}),
                'enabled': bool(enabled),
            },
        )

    def __str__(self) -> str:
        state = '' if self.enabled else ' [DISABLED]'
        return f'AuthInfo for {self.user.email} on {self.computer.label}{state}'

    @property
    def enabled(self) -> bool:
        """Whether the user may use the computer."""
        return bool(self._get('enabled'))

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        self._set('enabled', bool(enabled))

    @property
    def computer(self) -> Computer:
        """The computer."""
        return cast('Computer', entity_class(EntityKind.COMPUTER).from_pk(self._store, self._row['dbcomputer_id']))

    @property
    def user(self) -> User:
        """The user."""
        from aiida.orm.users import User

        return User.from_pk(self._store, self._row['aiidauser_id'])

    @property
    def auth_params(self) -> dict[str, Any]:
        """What the transport needs to connect."""
        return dict(self._get('auth_params'))

    @auth_params.setter
    def auth_params(self, auth_params: dict[str, Any]) -> None:
        self._set('auth_params', clean_value(auth_params))

    def get_auth_params(self) -> dict[str, Any]:
        """Return what the transport needs to connect."""
        return self.auth_params

    def set_auth_params(self, auth_params: dict[str, Any]) -> None:
        """Set what the transport needs to connect."""
        self.auth_params = auth_params

    @property
    def metadata(self) -> dict[str, Any]:
        """What else is known."""
        return dict(self._get('metadata'))

    @metadata.setter
    def metadata(self, metadata: dict[str, Any]) -> None:
        self._set('metadata', clean_value(metadata))

    def get_metadata(self) -> dict[str, Any]:
        """Return what else is known."""
        return self.metadata

    def set_metadata(self, metadata: dict[str, Any]) -> None:
        """Set what else is known."""
        self.metadata = metadata

    def get_workdir(self) -> str:
        """Return the working directory of the user, that of the computer if the user has none of their own."""
        own = self.metadata.get(self.PROPERTY_WORKDIR)
        return str(own) if own is not None else self.computer._as_read().get_workdir()

    def get_transport(self) -> Transport:
        """Return a transport to the computer, closed.

        :raises ConfigurationError: if the plugin of the transport is not installed.
        """
        from aiida.plugins.entry_point import load_entry_point

        computer = self.computer._as_read()
        try:
            transport_class = load_entry_point('aiida.transports', computer.transport_type)
        except EntryPointError as exception:
            raise ConfigurationError(
                f"the transport '{computer.transport_type}' of '{computer.label}' cannot be loaded: {exception}"
            ) from exception
        transport: Transport = transport_class(machine=computer.hostname, **self.auth_params)
        return transport

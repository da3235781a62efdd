"""The people that nodes and groups belong to."""

from __future__ import annotations

from typing import Any

from aiida.orm.entities import RowCollection, RowEntity
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

__all__ = ('User', 'UserCollection')


class UserCollection(RowCollection['User']):
    """The users of a store."""

    collection_type = 'users'

    def get_or_create(self, email: str, **kwargs: Any) -> tuple[bool, User]:
        """Return whether a user had to be made, and the user of this address; a new one is not stored.

        :param kwargs: further properties of a new user.
        """
        found = self.find({'email': User.normalize_email(email)})
        if found:
            return False, found[0]
        return True, User(email, backend=self.backend, **kwargs)

    def get_default(self) -> User | None:
        """Return the user that new entities belong to, ``None`` if there is none."""
        pk = self.backend.default_user_id
        return None if pk is None else User.from_pk(self.backend, pk)


class User(RowEntity):
    """Somebody to whom nodes, groups and settings of computers belong; known by an email address."""

    _KIND = EntityKind.USER
    _DEFAULTS = {'email': '', 'first_name': '', 'last_name': '', 'institution': ''}
    _CLS_COLLECTION = UserCollection
    identity_field = 'pk'

    def __init__(
        self,
        email: str,
        first_name: str = '',
        last_name: str = '',
        institution: str = '',
        backend: Store | None = None,
    ) -> None:
        """Make a user that is not stored yet."""
        self._begin(
            backend,
            {
                'email': self.normalize_email(email),
                'first_name': first_name,
                'last_name': last_name,
                'institution': institution,
            },
        )

    def __str__(self) -> str:
        return str(self.email)

    def __repr__(self) -> str:
        return f'<User: {self.email}, pk: {self.pk}>'

    @staticmethod
    def normalize_email(email: str) -> str:
        """Return the address with its domain in lower case, which is where case says nothing."""
        name, at, domain = (email or '').strip().rpartition('@')
        return f'{name}@{domain.lower()}' if at else domain

    @property
    def uuid(self) -> None:
        """Always ``None``: a user is known by the address."""
        return None

    @property
    def is_default(self) -> bool:
        """Whether new entities belong to this user."""
        return self.pk is not None and self.pk == self._store.default_user_id

    @property
    def email(self) -> str:
        """The email address."""
        return str(self._get('email'))

    @email.setter
    def email(self, value: str) -> None:
        self._set('email', self.normalize_email(value))

    @property
    def first_name(self) -> str:
        """The first name."""
        return str(self._get('first_name'))

    @first_name.setter
    def first_name(self, value: str) -> None:
        self._set('first_name', value)

    @property
    def last_name(self) -> str:
        """The last name."""
        return str(self._get('last_name'))

    @last_name.setter
    def last_name(self, value: str) -> None:
        self._set('last_name', value)

    @property
    def institution(self) -> str:
        """The institution."""
        return str(self._get('institution'))

    @institution.setter
    def institution(self, value: str) -> None:
        self._set('institution', value)

    def get_full_name(self) -> str:
        """Return the name with the address, as far as they are known."""
        name = ' '.join(part for part in (self.first_name, self.last_name) if part)
        return f'{name} ({self.email})' if name else self.email

    def get_short_name(self) -> str:
        """Return the address."""
        return self.email

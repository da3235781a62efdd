"""What people say about nodes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ModificationNotAllowed
from aiida.common.timezone import now
from aiida.orm.entities import RowCollection, RowEntity
from aiida.orm.utils.identifiers import new_uuid
from aiida.storage.ports import Store
from aiida.storage.records import EntityKind

if TYPE_CHECKING:
    from typing import Self

    from aiida.orm.nodes.node import Node
    from aiida.orm.users import User

__all__ = ('Comment', 'CommentCollection')


class CommentCollection(RowCollection['Comment']):
    """The comments of a store."""

    collection_type = 'comments'

    def delete_all(self) -> None:
        """Delete all comments."""
        with self.backend.transaction():
            for comment in self.all():
                self.backend.delete_entity(EntityKind.COMMENT, comment._row['id'])

    def delete_many(self, filters: Mapping[str, Any]) -> list[int]:
        """Delete the comments that fit and return their numbers.

        :raises ValueError: if there are no filters.
        """
        if not filters:
            raise ValueError('without filters all comments would be deleted: use `delete_all` for that')
        with self.backend.transaction():
            pks = [int(comment._row['id']) for comment in self.find(filters)]
            for pk in pks:
                self.backend.delete_entity(EntityKind.COMMENT, pk)
        return pks


class Comment(RowEntity):
    """A text somebody wrote about a node."""

    _KIND = EntityKind.COMMENT
    _DEFAULTS = {'uuid': '', 'dbnode_id': None, 'ctime': None, 'mtime': None, 'user_id': None, 'content': ''}
    _FIXED = frozenset({'uuid', 'dbnode_id', 'ctime'})
    _CLS_COLLECTION = CommentCollection
    identity_field = 'uuid'

    def __init__(self, node: Node, user: User, content: str | None = None, backend: Store | None = None) -> None:
        """Make a comment that is not stored yet.

        :param node: what it is about.
        :param user: who says it.
        :param content: what.
        """
        moment = now()
        self._node, self._user = node, user
        self._begin(
            backend if backend is not None else node.backend,
            {
                'uuid': new_uuid(),
                'dbnode_id': node.pk,
                'ctime': moment,
                'mtime': moment,
                'user_id': user.pk,
                'content': content or '',
            },
        )

    def __str__(self) -> str:
        return f'Comment<{self.pk}> for node<{self._row["dbnode_id"]}> by {self.user}: {self.content}'

    def store(self) -> Self:
        """Write the comment and return it.

        :raises ModificationNotAllowed: if node or user are not stored.
        """
        if not self.is_stored:
            self._row.update(dbnode_id=self._node.pk, user_id=self._user.pk)
            if self._row['dbnode_id'] is None or self._row['user_id'] is None:
                raise ModificationNotAllowed('a comment can be stored once its node and its user are')
        return super().store()

    @property
    def uuid(self) -> str:
        """The identifier that is the same in every store."""
        return str(self._row['uuid'])

    @property
    def ctime(self) -> datetime:
        """When it was written."""
        ctime: datetime = self._row['ctime']
        return ctime

    @property
    def mtime(self) -> datetime:
        """When it was last changed."""
        mtime: datetime = self._get('mtime')
        return mtime

    def set_mtime(self, value: datetime) -> None:
        """Set when it was last changed."""
        self._set('mtime', value)

    @property
    def node(self) -> Node:
        """What it is about."""
        from aiida.orm.convert import node_from_pk

        pk = self._row['dbnode_id']
        return self._node if pk is None else node_from_pk(self._store, pk)

    @property
    def user(self) -> User:
        """Who said it."""
        from aiida.orm.users import User

        pk = self._get('user_id')
        return self._user if pk is None else User.from_pk(self._store, pk)

    def set_user(self, value: User) -> None:
        """Set who said it."""
        self._user = value
        self._set('user_id', value.pk)

    @property
    def content(self) -> str:
        """What was said."""
        return str(self._get('content'))

    def set_content(self, value: str) -> None:
        """Replace what was said."""
        self._set('content', value)
        self._set('mtime', now())

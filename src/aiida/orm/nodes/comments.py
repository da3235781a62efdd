"""The comments on one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.exceptions import NotExistent

if TYPE_CHECKING:
    from aiida.orm.comments import Comment
    from aiida.orm.nodes.node import Node
    from aiida.orm.users import User

__all__ = ('NodeComments',)


class NodeComments:
    """Adding, reading, changing and removing comments on a node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def add(self, content: str, user: User | None = None) -> Comment:
        """Add a comment.

        :param user: who says it, the default user by default.
        :raises ModificationNotAllowed: if the node is not stored.
        """
        from aiida.orm.comments import Comment
        from aiida.orm.users import User

        who = user if user is not None else User.get_collection(self._node.backend).get_default()  # type: ignore[attr-defined]
        return Comment(self._node, who, content).store()

    def get(self, identifier: int) -> Comment:
        """Return a comment by its number.

        :raises NotExistent: if this node has none of that number.
        """
        from aiida.orm.comments import Comment

        comment = Comment.from_pk(self._node.backend, identifier)
        if comment._row['dbnode_id'] != self._node.pk:
            raise NotExistent(f'{self._node} has no comment with number {identifier}')
        return comment

    def all(self) -> list[Comment]:
        """Return the comments, oldest first."""
        from aiida.orm.comments import Comment

        if not self._node.is_stored:
            return []
        return list(Comment.get_collection(self._node.backend).find({'dbnode_id': self._node.pk}))

    def update(self, identifier: int, content: str) -> None:
        """Replace the text of a comment.

        :raises NotExistent: if this node has none of that number.
        """
        self.get(identifier).set_content(content)

    def remove(self, identifier: int) -> None:
        """Delete a comment.

        :raises NotExistent: if this node has none of that number.
        """
        from aiida.orm.comments import Comment

        self.get(identifier)
        Comment.get_collection(self._node.backend).delete(identifier)  # type: ignore[attr-defined]

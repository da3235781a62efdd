"""The tables a query can speak of: their columns, the names these go by, and which joins lead from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

__all__ = ('EDGES', 'ENTITIES', 'JOINS', 'ColumnKind', 'EntityTable', 'default_keyword', 'join_target')


class ColumnKind(Enum):
    """What a column holds, as far as it changes how values are bound and read."""

    NUMBER = 'number'
    TEXT = 'text'
    UUID = 'uuid'
    BOOLEAN = 'boolean'
    TIME = 'time'
    JSON = 'json'


_KINDS = {kind.value: kind for kind in ColumnKind}


@dataclass(frozen=True, slots=True)
class EntityTable:
    """A table with the columns a query may name, in the order of the table."""

    name: str
    table: str
    columns: Mapping[str, ColumnKind]
    aliases: Mapping[str, str] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    def resolve(self, name: str) -> str:
        """Return the column that a name, or the first segment of a path, stands for.

        :raises ValueError: if there is none; the message lists what there is.
        """
        column = self.aliases.get(name, name)
        if column not in self.columns:
            known = sorted({*self.columns, *self.aliases})
            raise ValueError(f"'{name}' is not a column of a {self.name}; its columns are {', '.join(known)}")
        return column


def _table(
    name: str, table: str, columns: str, aliases: Mapping[str, str] | None = None, nullable: str = ''
) -> EntityTable:
    """Make a table of ``column:kind`` words; every table has a number ``id``, which goes by ``pk`` too."""
    kinds = {'id': ColumnKind.NUMBER}
    for word in columns.split():
        column, _, kind = word.partition(':')
        kinds[column] = _KINDS[kind or 'text']
    return EntityTable(name, table, kinds, {'pk': 'id', **(aliases or {})}, frozenset(nullable.split()))


ENTITIES: dict[str, EntityTable] = {
    entity.name: entity
    for entity in (
        _table(
            'node',
            'db_dbnode',
            'uuid:uuid node_type process_type label description ctime:time mtime:time attributes:json extras:json '
            'repository_metadata:json dbcomputer_id:number user_id:number',
            {'user': 'user_id', 'computer': 'dbcomputer_id', 'computer_id': 'dbcomputer_id'},
            'process_type dbcomputer_id attributes extras',
        ),
        _table(
            'group',
            'db_dbgroup',
            'uuid:uuid label type_string time:time description extras:json user_id:number',
            {'user': 'user_id'},
        ),
        _table(
            'computer',
            'db_dbcomputer',
            'uuid:uuid label hostname description scheduler_type transport_type metadata:json',
            {'_metadata': 'metadata'},
        ),
        _table('user', 'db_dbuser', 'email first_name last_name institution'),
        _table(
            'authinfo',
            'db_dbauthinfo',
            'aiidauser_id:number dbcomputer_id:number metadata:json auth_params:json enabled:boolean',
            {
                'user': 'aiidauser_id',
                'user_id': 'aiidauser_id',
                'computer': 'dbcomputer_id',
                'computer_id': 'dbcomputer_id',
                '_metadata': 'metadata',
            },
        ),
        _table(
            'comment',
            'db_dbcomment',
            'uuid:uuid dbnode_id:number ctime:time mtime:time user_id:number content',
            {'node': 'dbnode_id', 'node_id': 'dbnode_id', 'user': 'user_id'},
        ),
        _table(
            'log',
            'db_dblog',
            'uuid:uuid time:time loggername levelname dbnode_id:number message metadata:json',
            {'node': 'dbnode_id', 'node_id': 'dbnode_id', '_metadata': 'metadata'},
        ),
    )
}

LINK = _table('link', 'db_dblink', 'input_id:number output_id:number label type')
MEMBERSHIP = _table('membership of a group', 'db_dbgroup_dbnodes', 'dbnode_id:number dbgroup_id:number')
ANCESTRY = EntityTable(
    'line of descent',
    'ancestry',
    {'ancestor_id': ColumnKind.NUMBER, 'descendant_id': ColumnKind.NUMBER, 'depth': ColumnKind.NUMBER},
)

JOINS: dict[str, dict[str, str]] = {
    'node': {
        'with_incoming': 'node',
        'with_outgoing': 'node',
        'with_ancestors': 'node',
        'with_descendants': 'node',
        'with_group': 'group',
        'with_user': 'user',
        'with_computer': 'computer',
        'with_comment': 'comment',
        'with_log': 'log',
    },
    'group': {'with_node': 'node', 'with_user': 'user'},
    'computer': {'with_node': 'node', 'with_authinfo': 'authinfo'},
    'user': {'with_node': 'node', 'with_group': 'group', 'with_comment': 'comment', 'with_authinfo': 'authinfo'},
    'authinfo': {'with_user': 'user', 'with_computer': 'computer'},
    'comment': {'with_node': 'node', 'with_user': 'user'},
    'log': {'with_node': 'node'},
}
"""For each entity the keywords by which it is joined, and to what."""

EDGES: dict[tuple[str, str], EntityTable] = {
    ('node', 'with_incoming'): LINK,
    ('node', 'with_outgoing'): LINK,
    ('node', 'with_ancestors'): ANCESTRY,
    ('node', 'with_descendants'): ANCESTRY,
    ('node', 'with_group'): MEMBERSHIP,
    ('group', 'with_node'): MEMBERSHIP,
}
"""What stands between two entities and can be filtered and projected itself."""


def default_keyword(entity: str, other: str) -> str:
    """Return the keyword by which ``entity`` is joined to ``other`` when none is given.

    :raises ValueError: if they cannot be joined.
    """
    fitting = [keyword for keyword, target in JOINS[entity].items() if target == other]
    if not fitting:
        joinable = ', '.join(f'{keyword} (to a {target})' for keyword, target in JOINS[entity].items())
        raise ValueError(f'a {entity} cannot be joined to a {other}; a {entity} is joined by {joinable}')
    return fitting[0]


def join_target(entity: str, keyword: str) -> str:
    """Return what ``keyword`` joins ``entity`` to.

    :raises ValueError: if ``entity`` has no such keyword; the message lists those it has.
    """
    try:
        return JOINS[entity][keyword]
    except KeyError:
        raise ValueError(
            f"'{keyword}' is not a valid keyword for joining a {entity}; use one of {', '.join(sorted(JOINS[entity]))}"
        ) from None

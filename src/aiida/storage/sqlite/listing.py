"""The list of processes, in SQLite."""

from __future__ import annotations

from aiida.storage.shared import listing
from aiida.storage.sqlite.formats import FORMATS

__all__ = ('ProcessListVerbs',)

_PATHS = ', '.join(f"'$.{name}'" for name in listing.LISTED_ATTRIBUTES)
# one call of `json_extract` reads all attributes
_SELECT = f"""
SELECT node.id, node.uuid, node.node_type, node.process_type, node.label, node.description, node.ctime, node.mtime,
       json_extract(node.attributes, {_PATHS}), json_extract(node.extras, '$.{listing.CACHED_FROM}'),
       run.desired_state, run.attempts, run.last_error, run.ready_since, run.owner, run.lease_until,
       run.desired_message, node.dbcomputer_id, run.counted
FROM db_dbnode AS node {{index}} LEFT JOIN process_run AS run ON run.node_id = node.id
"""


class _ListQuery(listing.ListQuery):
    """The statement for one list, with the index that fits its conditions."""

    def member_of(self, expression: str) -> str:
        return f'{expression} IN (SELECT value FROM json_each(?))'

    def compare(self, name: str, operator: str, number: str) -> str:
        return f'{self.text_attribute(name)} {operator} {number}'

    def text_attribute(self, name: str) -> str:
        return f"json_extract(node.attributes, '$.{name}')"

    def is_true(self, name: str) -> str:
        return f'{self.text_attribute(name)} IS TRUE'

    def frame(self, limited: bool) -> tuple[str, str]:
        # a range, and not LIKE, so that the index on the column serves; `/` is what follows `.`
        kind = "node.node_type >= 'process.' AND node.node_type < 'process/'"
        index = ''
        if not self.names_nodes:
            if self.only_live:
                index = 'INDEXED BY ix_nabucco_process_live'
                kind += " AND json_extract(node.attributes, '$.sealed') IS NULL"
            elif limited or self.has_start:
                # along the index that has the order, to stop early, instead of gathering all and sorting them
                kind = kind.replace('node.', '+node.')
        return _SELECT.format(index=index), kind


class ProcessListVerbs(listing.ProcessListVerbs):
    """The verbs that read processes for a list."""

    _formats = FORMATS
    _list_query = _ListQuery

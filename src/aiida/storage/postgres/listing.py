"""The list of processes, in PostgreSQL."""

from __future__ import annotations

from aiida.storage.postgres.formats import FORMATS
from aiida.storage.shared import listing

__all__ = ('ProcessListVerbs',)

_VALUES = ', '.join(f"node.attributes -> '{name}'" for name in listing.LISTED_ATTRIBUTES)
_SELECT = f"""
SELECT node.id, node.uuid, node.node_type, node.process_type, node.label, node.description, node.ctime, node.mtime,
       jsonb_build_array({_VALUES}), node.extras ->> '{listing.CACHED_FROM}',
       run.desired_state, run.attempts, run.last_error, run.ready_since, run.owner, run.lease_until,
       run.desired_message, node.dbcomputer_id, run.counted
FROM db_dbnode AS node LEFT JOIN process_run AS run ON run.node_id = node.id
"""
# by bytes, in which `/` follows `.`, so that the index for patterns serves whatever the collation of the database
_IS_PROCESS = "node.node_type ~>=~ 'process.' AND node.node_type ~<~ 'process/'"


class _ListQuery(listing.ListQuery):
    """The statement for one list."""

    def member_of(self, expression: str) -> str:
        return f'{expression} = ANY(?)'

    def compare(self, name: str, operator: str, number: str) -> str:
        return f"node.attributes -> '{name}' {operator} to_jsonb({number}::numeric)"

    def text_attribute(self, name: str) -> str:
        return f"node.attributes ->> '{name}'"

    def is_true(self, name: str) -> str:
        return f"node.attributes -> '{name}' = 'true'"

    def frame(self, limited: bool) -> tuple[str, str]:
        live = " AND node.attributes ->> 'sealed' IS NULL" if self.only_live and not self.names_nodes else ''
        return _SELECT, _IS_PROCESS + live


class ProcessListVerbs(listing.ProcessListVerbs):
    """The verbs that read processes for a list."""

    _formats = FORMATS
    _list_query = _ListQuery

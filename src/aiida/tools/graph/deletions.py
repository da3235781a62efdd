"""Deleting nodes, with all that would be left without its origin."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aiida.common.log import LOG_LEVEL_REPORT
from aiida.tools.graph.graph_traversers import get_nodes_delete

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('DELETE_LOGGER', 'delete_group_nodes', 'delete_nodes')

DELETE_LOGGER = logging.getLogger('aiida.delete')


def delete_nodes(
    pks: Iterable[int],
    dry_run: bool | Callable[[set[int]], bool] = True,
    backend: Store | None = None,
    **traversal_rules: bool,
) -> tuple[set[int], bool]:
    """Delete nodes and what depends on them; return the numbers of all of these, and whether they were deleted.

    :param pks: the nodes to delete; numbers for which there is none are left out with a warning.
    :param dry_run: whether only to say what would be deleted, or what decides that: it is called with the numbers of
        all nodes that would go, and nothing is deleted if it returns true.
    :param backend: the store, that of the loaded profile by default.
    :param traversal_rules: changes of what depends on what, such as ``create_forward=False`` to keep results.
    """
    from aiida.orm.backend import get_store

    store = backend if backend is not None else get_store()
    found = get_nodes_delete(pks, missing_callback=_warn_of_missing, backend=store, **traversal_rules)['nodes']
    DELETE_LOGGER.log(LOG_LEVEL_REPORT, '%s Node(s) marked for deletion', len(found))
    for record in store.read_nodes(sorted(found)) if DELETE_LOGGER.isEnabledFor(logging.DEBUG) else ():
        DELETE_LOGGER.debug('%s  %s  %s  %s', record.uuid, record.id, record.node_type, record.label)
    if dry_run is True:
        DELETE_LOGGER.log(LOG_LEVEL_REPORT, 'This was a dry run, nothing has been deleted')
        return found, False
    if callable(dry_run) and dry_run(found):
        DELETE_LOGGER.log(LOG_LEVEL_REPORT, 'Nothing has been deleted')
        return found, False
    if found:
        store.delete_nodes(sorted(found))
        DELETE_LOGGER.log(LOG_LEVEL_REPORT, 'Deletion of nodes completed')
    return found, True


def _warn_of_missing(pks: Iterable[int]) -> None:
    for pk in pks:
        DELETE_LOGGER.warning('there is no node with the pk %s, it is left out', pk)


def delete_group_nodes(
    pks: Iterable[int],
    dry_run: bool | Callable[[set[int]], bool] = True,
    backend: Store | None = None,
    **traversal_rules: bool,
) -> tuple[set[int], bool]:
    """Delete the nodes of groups and what depends on them; the groups stay.

    :param pks: the groups.
    :param dry_run: as in :func:`delete_nodes`.
    :param backend: the store, that of the loaded profile by default.
    :param traversal_rules: as in :func:`delete_nodes`.
    """
    from aiida.orm.backend import get_store

    store = backend if backend is not None else get_store()
    members = {member for pk in pks for member in store.group_members(pk)}
    return delete_nodes(members, dry_run=dry_run, backend=store, **traversal_rules)

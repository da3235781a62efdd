"""Sets of nodes completed by following links, as the rules for deleting and exporting demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypedDict

from aiida.common.exceptions import NotExistent, ValidationError
from aiida.common.links import GraphTraversalRules, LinkType
from aiida.orm.utils.links import LinkQuadruple

if TYPE_CHECKING:
    from typing import NotRequired

    from aiida.storage.ports import Store

__all__ = ('TraverseGraphOutput', 'get_nodes_delete', 'get_nodes_export', 'traverse_graph', 'validate_traversal_rules')

MissingCallback = Callable[[Iterable[int]], None]


class TraverseGraphOutput(TypedDict):
    """What was reached: ``links`` is ``None`` when not asked for, ``rules`` are those that were followed."""

    nodes: set[int]
    links: set[LinkQuadruple] | None
    rules: NotRequired[dict[str, bool]]


def get_nodes_delete(
    starting_pks: Iterable[int],
    get_links: bool = False,
    missing_callback: MissingCallback | None = None,
    backend: Store | None = None,
    **traversal_rules: bool,
) -> TraverseGraphOutput:
    """Return the nodes that have to go when some are deleted.

    :param starting_pks: the nodes that are to be deleted.
    :param get_links: whether the links that were followed are returned too.
    :param missing_callback: called with the numbers for which there is no node, in place of an error.
    :param backend: the store, that of the loaded profile by default.
    :param traversal_rules: changes of the rules of ``GraphTraversalRules.DELETE``, such as ``create_forward=False``.
    :raises NotExistent: if there is no node of one of the numbers.
    """
    return _complete(GraphTraversalRules.DELETE, starting_pks, get_links, missing_callback, backend, traversal_rules)


def get_nodes_export(
    starting_pks: Iterable[int], get_links: bool = False, backend: Store | None = None, **traversal_rules: bool
) -> TraverseGraphOutput:
    """Return the nodes that have to come along when some are exported.

    :param starting_pks: the nodes that are to be exported.
    :param get_links: whether the links that were followed are returned too.
    :param backend: the store, that of the loaded profile by default.
    :param traversal_rules: changes of the rules of ``GraphTraversalRules.EXPORT``, such as ``return_backward=True``.
    :raises NotExistent: if there is no node of one of the numbers.
    """
    return _complete(GraphTraversalRules.EXPORT, starting_pks, get_links, None, backend, traversal_rules)


def _complete(
    ruleset: GraphTraversalRules,
    starting_pks: Iterable[int],
    get_links: bool,
    missing_callback: MissingCallback | None,
    backend: Store | None,
    changes: dict[str, bool],
) -> TraverseGraphOutput:
    rules = validate_traversal_rules(ruleset, **changes)
    followed: dict[str, list[LinkType]] = {'forward': [], 'backward': []}
    for name, rule in ruleset.value.items():
        if rules[name]:
            followed[rule.direction].append(rule.link_type)
    reached = traverse_graph(
        starting_pks,
        get_links=get_links,
        links_forward=followed['forward'],
        links_backward=followed['backward'],
        missing_callback=missing_callback,
        backend=backend,
    )
    reached['rules'] = rules
    return reached


def validate_traversal_rules(
    ruleset: GraphTraversalRules = GraphTraversalRules.DEFAULT, **traversal_rules: bool
) -> dict[str, bool]:
    """Return for each rule whether it is followed.

    :param traversal_rules: changes of those that may be changed.
    :raises ValidationError: if there is no such rule.
    :raises ValueError: if a rule may not be changed.
    """
    followed = {name: rule.default for name, rule in ruleset.value.items()}
    for name, value in traversal_rules.items():
        if name not in followed:
            raise ValidationError(f"there is no rule '{name}'; there are {', '.join(followed)}")
        if not isinstance(value, bool):
            raise ValueError(f"the rule '{name}' is followed or not (True or False), not {value!r}")
        if not ruleset.value[name].toggleable and value is not followed[name]:
            changeable = [name for name, rule in ruleset.value.items() if rule.toggleable]
            raise ValueError(f"the rule '{name}' of {ruleset.name} cannot be changed, only {', '.join(changeable)}")
        followed[name] = value
    return followed


def traverse_graph(
    starting_pks: Iterable[int],
    max_iterations: int | None = None,
    get_links: bool = False,
    links_forward: Iterable[LinkType] = (),
    links_backward: Iterable[LinkType] = (),
    missing_callback: MissingCallback | None = None,
    backend: Store | None = None,
) -> TraverseGraphOutput:
    """Return the nodes that can be reached along links of some kinds.

    :param starting_pks: the nodes to begin with.
    :param max_iterations: how many links to follow one after the other, any number by default.
    :param get_links: whether the links that were followed are returned too.
    :param links_forward: the kinds that are followed from source to target.
    :param links_backward: the kinds that are followed from target to source.
    :param missing_callback: called with the numbers for which there is no node, in place of an error.
    :param backend: the store, that of the loaded profile by default.
    :raises NotExistent: if there is no node of one of the numbers.
    """
    from aiida.orm.backend import get_store

    store = backend if backend is not None else get_store()
    nodes = _existing(store, starting_pks, missing_callback)
    forward, backward = _values('links_forward', links_forward), _values('links_backward', links_backward)
    links: set[LinkQuadruple] = set()
    level, rounds = set(nodes), 0
    while level and (max_iterations is None or rounds < max_iterations):
        found = [link for pk in level for link in store.read_links(pk, 'outgoing', forward)] if forward else []
        reached = {link.target_id for link in found}
        if backward:
            back = [link for pk in level for link in store.read_links(pk, 'incoming', backward)]
            reached.update(link.source_id for link in back)
            found.extend(back)
        if get_links:
            links.update(LinkQuadruple._make(link) for link in found)
        level = reached - nodes
        nodes |= level
        rounds += 1
    return {'nodes': nodes, 'links': links if get_links else None}


def _existing(store: Store, pks: Iterable[int], missing_callback: MissingCallback | None) -> set[int]:
    """Return those of the numbers for which there is a node."""
    asked = list(dict.fromkeys(pks))
    for pk in asked:
        if not isinstance(pk, int):
            raise TypeError(f'nodes are given by their numbers, not by {pk!r} of type {type(pk).__name__}')
    there = {record.id for record in store.read_nodes(asked) if record.id is not None}
    missing = [pk for pk in asked if pk not in there]
    if missing and missing_callback is None:
        raise NotExistent(f'there are no nodes with the pks {missing}: leave them out')
    if missing and missing_callback is not None:
        missing_callback(missing)
    return there


def _values(name: str, link_types: Iterable[LinkType]) -> list[str]:
    """Return kinds of links as the store names them.

    :raises TypeError: if something is not a kind of link.
    """
    values = []
    for link_type in link_types:
        if not isinstance(link_type, LinkType):
            raise TypeError(f'`{name}` are members of LinkType, not {link_type!r}')
        values.append(link_type.value)
    return values

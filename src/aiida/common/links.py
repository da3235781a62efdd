"""The kinds of arrow of the provenance graph, and which of them deletion and export follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import NamedTuple

__all__ = ('GraphTraversalRule', 'GraphTraversalRules', 'LinkType', 'also_valid', 'validate_link_label')


class LinkType(Enum):
    """What an arrow of the graph says; the value is what the database stores."""

    CREATE = 'create'
    RETURN = 'return'
    INPUT_CALC = 'input_calc'
    INPUT_WORK = 'input_work'
    CALL_CALC = 'call_calc'
    CALL_WORK = 'call_work'


class GraphTraversalRule(NamedTuple):
    """Whether a traversal follows a kind of link in one direction.

    ``direction`` is ``forward`` or ``backward``; ``toggleable`` says whether the user may change ``default``.
    """

    link_type: LinkType
    direction: str
    toggleable: bool
    default: bool


def _rules(toggleable: str, followed: str) -> dict[str, GraphTraversalRule]:
    """Return a rule for each link type and direction, from two lists (space separated) of names of rules."""
    can_toggle, follow = set(toggleable.split()), set(followed.split())
    rules = {}
    for link in ('input_calc', 'create', 'return', 'input_work', 'call_calc', 'call_work'):
        for direction in ('forward', 'backward'):
            name = f'{link}_{direction}'
            rules[name] = GraphTraversalRule(LinkType(link), direction, name in can_toggle, name in follow)
    return rules


_ALL = ' '.join(
    f'{link}_{direction}'
    for link in ('input_calc', 'create', 'return', 'input_work', 'call_calc', 'call_work')
    for direction in ('forward', 'backward')
)


class GraphTraversalRules(Enum):
    """The rules by which a set of nodes is completed: by default, before deleting, before exporting."""

    DEFAULT = _rules(_ALL, '')
    DELETE = _rules(
        'create_forward call_calc_forward call_work_forward',
        'input_calc_forward create_forward create_backward return_backward input_work_forward '
        'call_calc_forward call_calc_backward call_work_forward call_work_backward',
    )
    EXPORT = _rules(
        'input_calc_forward create_backward return_backward input_work_forward call_calc_backward call_work_backward',
        'input_calc_backward create_forward create_backward return_forward input_work_backward '
        'call_calc_forward call_calc_backward call_work_forward call_work_backward',
    )


_LINK_LABEL = re.compile(r'(?!_)(?!.*___)[0-9A-Za-z_]+(?<!_)')


_ALSO_VALID: ContextVar[frozenset[str]] = ContextVar('labels of links that are valid all the same', default=frozenset())


@contextmanager
def also_valid(*link_labels: str) -> Iterator[None]:
    """Let links have labels that are not valid, as some of older days are not."""
    token = _ALSO_VALID.set(_ALSO_VALID.get().union(link_labels))
    try:
        yield
    finally:
        _ALSO_VALID.reset(token)


def validate_link_label(link_label: str) -> None:
    """Check a link label: letters, digits and underscores; a valid identifier; none of the underscores at an end.

    Two underscores in a row separate nested namespaces; more are refused.

    :raises TypeError: if it is not a string.
    :raises ValueError: if it is not a valid label.
    """
    if not isinstance(link_label, str):
        raise TypeError(f'a link label is a string, not {link_label!r} of type {type(link_label).__name__}')
    if not _LINK_LABEL.fullmatch(link_label) or not link_label.isidentifier():
        if link_label in _ALSO_VALID.get():
            return
        raise ValueError(
            f"invalid link label '{link_label}': use letters, digits and underscores, begin with a letter, and put no "
            'underscore at an end nor more than two in a row'
        )

"""Trees of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from aiida.cmdline.utils.processes import format_node_state

if TYPE_CHECKING:
    from aiida.cmdline.utils.reasons import Reasons
    from aiida.orm import ProcessNode

__all__ = ('build_call_graph', 'calc_info', 'format_call_graph', 'format_tree_descending', 'info_with_reasons')

_TAB = '    '
#: Columns that the branches, and the parentheses of a reason, take at least; and what is shown of a reason at least.
_ROOM_FOR_TREE = 12
_LEAST_REASON = 24
_AWAITS_OTHERS = re.compile(r'Waiting for (\d+ of \d+ )?child processes')


def calc_info(node: ProcessNode, call_link_label: bool = False) -> str:
    """Return a process in one line: its name, its pk, its state, and where in its outline it is.

    :param call_link_label: add the label of the link its caller called it with, unless that is the default.
    """
    state = format_node_state(node)
    identifier = str(node.pk)
    if call_link_label and (label := _call_label(node)):
        identifier = f'{identifier} | {label}'
    text = f'{node.process_label or type(node).__name__}<{identifier}> {state}'
    step = getattr(node, 'stepper_state_info', None)
    return f'{text} [{step}]' if step else text


def info_with_reasons(reasons: Reasons, width: int | None = None) -> Callable[[ProcessNode, bool], str]:
    """Return an ``info_fn`` for :func:`format_call_graph` that also says what keeps a process from going on.

    That it waits for those that it called is not said: they stand below it.

    :param width: of the terminal, for which what is said is cut; ``None`` for any length.
    """

    def info(node: ProcessNode, call_link_label: bool = False) -> str:
        text = calc_info(node, call_link_label)
        if node.is_terminated:
            return text
        (row,) = node.backend.list_processes(node_ids=[cast('int', node.pk)])
        reason = ' '.join(reasons.of(row).split())
        if not reason or _AWAITS_OTHERS.match(reason):
            return text
        if width is not None and len(reason) > (room := max(width - len(text) - _ROOM_FOR_TREE, _LEAST_REASON)):
            reason = reason[: room - 1] + '…'
        return f'{text} ({reason})'

    return info


def _call_label(node: ProcessNode) -> str | None:
    from aiida.common.links import LinkType

    for link in node.base.links.get_incoming(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK)).all():
        return None if link.link_label == 'CALL' else str(link.link_label)
    return None


def format_call_graph(
    calc_node: ProcessNode,
    max_depth: int | None = None,
    call_link_label: bool = False,
    info_fn: Callable[[ProcessNode, bool], str] = calc_info,
) -> str:
    """Return the tree of the processes that a process called.

    :param max_depth: the number of levels, ``None`` for all of them.
    :param info_fn: makes the text of a process, from its node and ``call_link_label``.
    """
    return format_tree_descending(build_call_graph(calc_node, max_depth, call_link_label, info_fn))


def build_call_graph(
    calc_node: ProcessNode,
    max_depth: int | None = None,
    call_link_label: bool = False,
    info_fn: Callable[[ProcessNode, bool], str] = calc_info,
) -> str | tuple[str, list[Any]]:
    """Return the tree as text, or as ``(text, branches)`` if there are branches."""
    if max_depth is not None and max_depth <= 0:
        return ''
    text = info_fn(calc_node, call_link_label)
    depth = None if max_depth is None else max_depth - 1
    if depth == 0:
        return text
    called = sorted(calc_node.called, key=lambda node: (node.ctime, node.pk))
    if not called:
        return text
    return text, [build_call_graph(child, depth, call_link_label, info_fn) for child in called]


def format_tree_descending(tree: str | Sequence[Any], prefix: str = '', pos: int = -1) -> str:
    """Return a tree as lines.

    :param tree: the text of a leaf, or ``(text, branches)``.
    :param prefix: what stands before the branches of the tree this one belongs to.
    :param pos: -1 for the root, 0 for a branch with others below it, 1 for the last branch.
    """
    text, branches = (tree, ()) if isinstance(tree, str) else (tree[0], tree[1])
    own, below = {-1: ('', ''), 0: ('├── ', '│   '), 1: ('└── ', '    ')}[pos]
    lines = [f'{prefix}{own}{text}']
    inner = prefix + (_TAB if pos == -1 else below)
    for index, branch in enumerate(branches):
        lines.append(format_tree_descending(branch, inner, 1 if index == len(branches) - 1 else 0))
    return '\n'.join(lines)

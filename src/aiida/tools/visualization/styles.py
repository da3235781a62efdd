"""How nodes and links look: attributes as graphviz names them, which both ways of drawing understand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida import orm
from aiida.common.links import LinkType

if TYPE_CHECKING:
    from aiida.orm.utils.links import LinkPair

__all__ = (
    'default_link_styles',
    'default_node_styles',
    'default_node_sublabels',
    'node_tooltip',
    'pstate_node_styles',
)

_INK = '#22303c'
_LONGEST_SUBLABEL = 26

# fill and border by what a node holds; the first class that fits counts
_DATA_COLOURS: tuple[tuple[str, tuple[str, str]], ...] = (
    ('AbstractCode', ('#fdf1c7', '#c9a227')),
    ('StructureData', ('#e7e0f7', '#8e73c9')),
    ('TrajectoryData', ('#e7e0f7', '#8e73c9')),
    ('ArrayData', ('#d8eef1', '#4f9fb0')),
    ('RemoteData', ('#eceff1', '#90a0aa')),
    ('RemoteStashData', ('#eceff1', '#90a0aa')),
    ('SinglefileData', ('#f5ead9', '#bd9a5f')),
    ('FolderData', ('#f5ead9', '#bd9a5f')),
    ('Data', ('#e3f1df', '#74a868')),
)
_STATE_COLOURS = {
    'finished': ('#cfe9d6', '#2f8f54'),
    'failed': ('#f9d3d0', '#cc4238'),
    'excepted': ('#eccbe0', '#a8327a'),
    'killed': ('#d9d3de', '#6c5a7d'),
    'alive': ('#fde8bd', '#d9971e'),
    'unknown': ('#e4e8eb', '#7b8791'),
}
_LINK_STYLES: dict[LinkType, dict[str, str]] = {
    LinkType.CREATE: {'style': 'solid', 'color': '#3d4f5c'},
    LinkType.INPUT_CALC: {'style': 'solid', 'color': '#3d4f5c'},
    LinkType.RETURN: {'style': 'dashed', 'color': '#8a6d3b', 'weight': '0'},
    LinkType.INPUT_WORK: {'style': 'dashed', 'color': '#8a6d3b'},
    LinkType.CALL_CALC: {'style': 'dotted', 'color': '#5b6fb5'},
    LinkType.CALL_WORK: {'style': 'dotted', 'color': '#5b6fb5'},
}


def default_link_styles(link_pair: LinkPair, add_label: bool, add_type: bool) -> dict[str, Any]:
    """Return the look of a link: data flows along solid lines, workflows touch data by dashed and call by dotted ones.

    :param add_label: whether to write its label.
    :param add_type: whether to write its kind.
    """
    style: dict[str, Any] = dict(_LINK_STYLES[link_pair.link_type])
    words = []
    if add_type:
        words.append(link_pair.link_type.name)
    if add_label:
        words.append(link_pair.link_label)
    if words:
        style['label'] = '\n'.join(words)
    return style


def default_node_styles(node: orm.Node) -> dict[str, Any]:
    """Return the look of a node: data are ellipses coloured by class, codes diamonds, processes boxes coloured by how
    they ended, with a thick border for workflows.
    """
    if isinstance(node, orm.ProcessNode):
        fill, border = _STATE_COLOURS[_state(node)]
        workflow = isinstance(node, orm.WorkflowNode)
        return _style('rectangle', fill, border, 'filled,rounded' if workflow else 'filled', 2.4 if workflow else 1.2)
    classes = {base.__name__ for base in type(node).__mro__}
    for name, (fill, border) in _DATA_COLOURS:
        if name in classes:
            return _style('diamond' if name == 'AbstractCode' else 'ellipse', fill, border, 'filled', 1.2)
    return _style('ellipse', *_STATE_COLOURS['unknown'], 'filled', 1.2)


def pstate_node_styles(node: orm.Node) -> dict[str, Any]:
    """Return a look that stresses how processes ended: data are outlines, processes full colour."""
    if not isinstance(node, orm.ProcessNode):
        return _style('ellipse', '#ffffff', '#90a0aa', 'filled', 1.0)
    shape = 'polygon' if isinstance(node, orm.WorkflowNode) else 'rectangle'
    _, border = _STATE_COLOURS[_state(node)]
    style = {**_style(shape, border, border, 'filled', 1.0), 'fontcolor': '#ffffff'}
    if shape == 'polygon':
        style['sides'] = '6'
    return style


def _style(shape: str, fill: str, border: str, style: str, penwidth: float) -> dict[str, Any]:
    return {
        'shape': shape,
        'style': style,
        'fillcolor': fill,
        'color': border,
        'fontcolor': _INK,
        'penwidth': penwidth,
    }


def _state(node: orm.ProcessNode) -> str:
    """Return which of the colours says how a process is."""
    state = node.process_state
    if state is None:
        return 'unknown'
    if state.value == 'finished':
        return 'failed' if node.exit_status else 'finished'
    return state.value if state.value in _STATE_COLOURS else 'alive'


def default_node_sublabels(node: orm.Node) -> str:
    """Return the lines below the name of a node, about what it holds or how it is; empty if there is nothing short."""
    if isinstance(node, orm.ProcessNode):
        return _process_sublabel(node)
    text = _data_sublabel(node)
    return text if len(text) <= _LONGEST_SUBLABEL else f'{text[: _LONGEST_SUBLABEL - 1]}…'


def _process_sublabel(node: orm.ProcessNode) -> str:
    state = node.process_state
    lines = [f'State: {state.value}'] if state is not None else []
    if node.exit_status is not None:
        lines.append(f'Exit Code: {node.exit_status}')
    return '\n'.join(lines)


def _data_sublabel(node: Any) -> str:
    for name, describe in _DESCRIBED.items():
        if any(base.__name__ == name for base in type(node).__mro__):
            try:
                return str(describe(node))
            except Exception:
                # what is drawn may be incomplete, as an import without its files is
                return str(node.label)
    return str(node.label)


_DESCRIBED: dict[str, Any] = {
    'Str': lambda node: node.value,
    'Bool': lambda node: node.value,
    'Int': lambda node: f'value: {node.value}',
    'Float': lambda node: f'value: {node.value:.7g}',
    'List': lambda node: f'{len(node.get_list())} items',
    'Dict': lambda node: node.label or ', '.join(node.base.attributes.all),
    'EnumData': lambda node: node.name,
    'AbstractCode': lambda node: node.full_label,
    'StructureData': lambda node: node.get_formula(),
    'KpointsData': lambda node: '×'.join(map(str, node.get_kpoints_mesh()[0])),
    'UpfData': lambda node: node.element,
    'SinglefileData': lambda node: node.filename,
    'FolderData': lambda node: f'{len(node.base.repository.list_object_names())} files',
    'RemoteData': lambda node: f'@{node.computer.label}',
}


def node_tooltip(node: orm.Node) -> str:
    """Return what is shown when the pointer rests on a node."""
    lines = [f'{type(node).__name__} {node.pk}', node.uuid]
    for text in (node.label, node.description, node.process_type):
        if text:
            lines.append(text)
    if isinstance(node, orm.ProcessNode) and node.exit_message:
        lines.append(node.exit_message)
    lines.append(f'{node.ctime:%Y-%m-%d %H:%M:%S}')
    return '\n'.join(lines)

"""What is written of one process: its files, those of its data, and what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aiida.common.links import LinkType
from aiida.orm.utils.upstairs import upstairs
from aiida.tools.dumping.folder import METADATA_NAME

if TYPE_CHECKING:
    from aiida.orm import Node, ProcessNode
    from aiida.tools.dumping.folder import NodeFolder
    from aiida.tools.dumping.options import ContentOptions

__all__ = ('write_content', 'write_readme')

_README = """\
# AiiDA Process Dump: {name} <{pk}>

The files of one process, and of all that it called.

- **UUID:** {uuid}
- **Type:** {node_type}

| Name | What it holds |
|---|---|
| `NN-name-PK/` | a process that was called, in the order of creation; built like this folder |
| `inputs/` | the files of the calculation: script, input of the code, settings (`.aiida/`); the source of a function |
| `outputs/` | the files that were retrieved |
| `node_inputs/` | the files of the data it used, one folder for each link |
| `node_outputs/` | the files of the data it made, one folder for each link (with `--include-outputs`) |
| `aiida_node_metadata.yaml` | what the database knows of the process |
| `aiida_dump_log.json` | what was written where; by it the dump is brought up to date |

With `--flat` all files of a process stand side by side.

## Process Status (`verdi process status {pk}`)

```
{status}
```

## Process Report (`verdi process report {pk}`)

```
{report}
```

## Node Info (`verdi node show {uuid}`)

```
{info}
```
"""


def write_content(node: ProcessNode, folder: NodeFolder, options: ContentOptions) -> None:
    """Write what belongs to a process, except for the processes it called.

    :param folder: where to, open.
    """
    folder.write(METADATA_NAME, _metadata(node, options))
    if not node.node_type.startswith('process.calculation.'):
        return
    _write_files(node, folder, '' if options.flat else 'inputs', '')
    for label, target, data in _data(node, options):
        _write_files(data, folder, '' if options.flat else target, label)


def _metadata(node: ProcessNode, options: ContentOptions) -> bytes:
    """Return what the database knows of a process, as YAML."""
    import yaml

    content: dict[str, dict[str, Any]] = {
        'Node data': {
            name: getattr(node, name)
            for name in ('label', 'description', 'pk', 'uuid', 'ctime', 'mtime', 'node_type', 'process_type')
        },
        'User data': {name: getattr(node.user, name) for name in ('first_name', 'last_name', 'email', 'institution')},
    }
    content['Node data']['is_finished_ok'] = node.is_finished_ok
    if node.computer is not None:
        content['Computer data'] = {
            name: getattr(node.computer, name) for name in ('label', 'hostname', 'scheduler_type', 'transport_type')
        }
    if options.include_attributes and (attributes := node.base.attributes.all):
        content['Node attributes'] = attributes
    if options.include_extras and (extras := node.base.extras.all):
        content['Node extras'] = extras
    dumper = getattr(yaml, 'CSafeDumper', yaml.SafeDumper)
    text = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, explicit_start=True)
    return str(text).encode()


def _data(node: ProcessNode, options: ContentOptions) -> Iterator[tuple[str, str, Node]]:
    """Yield the data whose files are written: label of the link, folder, node."""
    links = node.base.links
    if options.include_inputs:
        for link in links.get_incoming(link_type=LinkType.INPUT_CALC).all():
            yield link.link_label, f'node_inputs/{link.link_label.replace("__", "/")}', link.node
    for link in links.get_outgoing(link_type=LinkType.CREATE).all():
        if link.link_label == 'retrieved':
            yield 'retrieved', 'outputs', link.node
        elif options.include_outputs:
            yield link.link_label, f'node_outputs/{link.link_label.replace("__", "/")}', link.node


def _write_files(node: Node, folder: NodeFolder, target: str, label: str) -> None:
    """Write the files of a node.

    :param target: where to, ``''`` for the folder itself; there, a file whose name is given away already goes into a
        folder with the label of the link.
    """
    repository = node.base.repository
    for parent, _, names in repository.walk():
        for name in names:
            path = (parent / name).as_posix()
            place = f'{target}/{path}' if target else path
            if not target and folder.holds(place):
                place = f'{label or "inputs"}/{path}'
            with repository.open(parent / name, 'rb') as handle:
                folder.write(place, handle)


def write_readme(node: ProcessNode, folder: NodeFolder) -> None:
    """Write a page that tells what is in the dump of a process."""
    text = _README.format(
        name=node.process_label or type(node).__name__,
        pk=node.pk,
        uuid=node.uuid,
        node_type=node.node_type,
        status=upstairs('aiida.cmdline.utils.ascii_vis:format_call_graph')(node),
        report=_report(node),
        info=upstairs('aiida.cmdline.utils.common:get_node_info')(node),
    )
    folder.write('README.md', text.encode())


def _report(node: ProcessNode) -> str:
    from aiida.orm import CalcJobNode, WorkChainNode

    room = 'aiida.cmdline.utils.common'
    if isinstance(node, CalcJobNode):
        return str(upstairs(f'{room}:get_calcjob_report')(node))
    if isinstance(node, WorkChainNode):
        return str(upstairs(f'{room}:get_workchain_report')(node, 'NOTSET'))
    return str(upstairs(f'{room}:get_process_function_report')(node))

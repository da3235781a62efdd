"""``verdi node``: what nodes are, what they hold, and what they are linked to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.groups.verdi import VerdiCommandGroup
from aiida.cmdline.params import arguments, options
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.tables import count_of
from aiida.common.links import GraphTraversalRules

if TYPE_CHECKING:
    from aiida.orm import Node, RemoteData

_FIELDS = (
    'id',
    'uuid',
    'node_type',
    'process_type',
    'label',
    'description',
    'ctime',
    'mtime',
    'attributes',
    'extras',
)


@click.group('node', cls=VerdiCommandGroup)
def verdi_node() -> None:
    """Inspect and describe nodes."""


@verdi_node.command('list')
@click.option('-e', '--entry-point', help='Only nodes of the class with this entry point, as `core.dict`.')
@click.option('--subclassing/--no-subclassing', default=True, help='Whether classes derived from it count too.')
@options.PROJECT(type=click.Choice(_FIELDS), default=['id', 'uuid', 'node_type'], show_default=False)
@options.PAST_DAYS()
@options.ORDER_BY()
@options.ORDER_DIRECTION()
@options.LIMIT()
@options.RAW()
@decorators.with_dbenv()
def node_list(
    entry_point: str | None,
    subclassing: bool,
    project: Sequence[str],
    past_days: int | None,
    order_by: str,
    order_dir: str,
    limit: int | None,
    raw: bool,
) -> None:
    """List nodes."""
    from datetime import timedelta

    from aiida import orm
    from aiida.cmdline.utils.tables import format_table
    from aiida.common import timezone

    query = orm.QueryBuilder()
    filters = {} if past_days is None else {'ctime': {'>': timezone.now() - timedelta(days=past_days)}}
    query.append(_load_class(entry_point), tag='node', filters=filters, project=list(project), subclassing=subclassing)
    query.order_by({'node': {order_by: order_dir}})
    if limit is not None:
        query.limit(limit)
    rows = query.all()
    if rows or not raw:
        echo.echo(format_table(rows, None if raw else list(project)))
    if not raw:
        echo.echo(f'\nTotal results: {len(rows)}')


def _load_class(entry_point: str | None) -> type[Node]:
    """Return the class of nodes an entry point names; the command ends if there is none."""
    from aiida import orm
    from aiida.common.exceptions import EntryPointError
    from aiida.plugins.entry_point import load_entry_point

    if entry_point is None:
        return orm.Node
    for group in ('aiida.data', 'aiida.node'):
        try:
            loaded: type[Node] = load_entry_point(group, entry_point)
        except EntryPointError:
            continue
        return loaded
    raise click.BadParameter(f'there is no class of nodes `{entry_point}`: see `verdi plugin list aiida.data`')


@verdi_node.command('show')
@arguments.NODES()
@click.option('--print-groups', is_flag=True, help='Show the groups that the nodes are in.')
@decorators.with_dbenv()
def node_show(nodes: Sequence[Node], print_groups: bool) -> None:
    """Show what nodes are."""
    from aiida import orm
    from aiida.cmdline.utils.common import get_node_info
    from aiida.cmdline.utils.tables import format_table

    _require(nodes)
    for number, node in enumerate(nodes):
        echo.echo(('\n' if number else '') + get_node_info(node))
        if not print_groups:
            continue
        query = orm.QueryBuilder()
        query.append(orm.Node, tag='node', filters={'id': node.pk})
        query.append(orm.Group, with_node='node', project=['id', 'label', 'type_string'])
        groups = query.all()
        if groups:
            echo.echo('\n' + format_table(groups, ['Groups', 'Label', 'Type']))
        else:
            echo.echo(f'\nNode<{node.pk}> is in no group')


def _require(nodes: Sequence[Node]) -> None:
    if not nodes:
        raise click.UsageError('name one or more nodes by pk, uuid or label')


def _echo_content(
    nodes: Sequence[Node], what: str, keys: Sequence[str] | None, fmt: str, identifier: str, raw: bool
) -> None:
    """Print the attributes or the extras of nodes."""
    _require(nodes)
    entries: list[dict[str, Any]] = []
    for node in nodes:
        name, value = ('PK', node.pk) if identifier == 'pk' else ('UUID', node.uuid)
        content = dict(getattr(node.base, what).all)
        if keys:
            content = {key: content[key] for key in keys if key in content}
        if raw:
            entries.append({name: value, what: content})
        else:
            echo.echo(f'{name}: {value}', bold=True)
            echo.echo_dictionary(content, fmt=fmt)
    if raw:
        echo.echo_dictionary(entries, fmt=fmt)


_IDENTIFIER = click.option(
    '-i', '--identifier', type=click.Choice(['pk', 'uuid']), default='pk', help='How each node is named.'
)


@verdi_node.command('attributes')
@arguments.NODES()
@options.DICT_KEYS()
@options.DICT_FORMAT()
@_IDENTIFIER
@options.RAW(help='Print one list of all nodes.')
@decorators.with_dbenv()
def node_attributes(nodes: Sequence[Node], keys: Sequence[str] | None, fmt: str, identifier: str, raw: bool) -> None:
    """Show the attributes of nodes."""
    _echo_content(nodes, 'attributes', keys, fmt, identifier, raw)


@verdi_node.command('extras')
@arguments.NODES()
@options.DICT_KEYS()
@options.DICT_FORMAT()
@_IDENTIFIER
@options.RAW(help='Print one list of all nodes.')
@decorators.with_dbenv()
def node_extras(nodes: Sequence[Node], keys: Sequence[str] | None, fmt: str, identifier: str, raw: bool) -> None:
    """Show the extras of nodes."""
    _echo_content(nodes, 'extras', keys, fmt, identifier, raw)


@verdi_node.command('label')
@arguments.NODES()
@options.LABEL(help='The label to give to all of the nodes.')
@options.RAW(help='Print the labels alone.')
@options.FORCE()
@decorators.with_dbenv()
def node_label(nodes: Sequence[Node], label: str | None, raw: bool, force: bool) -> None:
    """Show the labels of nodes, or set them."""
    _show_or_set(nodes, 'label', label, raw, force)


@verdi_node.command('description')
@arguments.NODES()
@click.option('-D', '--description', help='The description to give to all of the nodes.')
@options.RAW(help='Print the descriptions alone.')
@options.FORCE()
@decorators.with_dbenv()
def node_description(nodes: Sequence[Node], description: str | None, raw: bool, force: bool) -> None:
    """Show the descriptions of nodes, or set them."""
    _show_or_set(nodes, 'description', description, raw, force)


def _show_or_set(nodes: Sequence[Node], name: str, value: str | None, raw: bool, force: bool) -> None:
    from aiida.cmdline.utils.tables import format_table

    _require(nodes)
    if value is None:
        rows = [(getattr(node, name),) if raw else (node.pk, getattr(node, name)) for node in nodes]
        echo.echo(format_table(rows, None if raw else ['PK', name.capitalize()]))
        return
    if not force:
        click.confirm(f'Set the {name} of {count_of(len(nodes), "node")}?', abort=True)
    for node in nodes:
        setattr(node, name, value)
    echo.echo_success(f'set the {name} of {count_of(len(nodes), "node")} to {value!r}')


@verdi_node.command('rehash')
@arguments.NODES()
@click.option('-e', '--entry-point', help='Only nodes of the class with this entry point, as `core.dict`.')
@options.FORCE()
@decorators.with_dbenv()
def node_rehash(nodes: Sequence[Node], entry_point: str | None, force: bool) -> None:
    """Compute the hashes of nodes anew.

    Without NODES it is done for all of the profile, or all of a class.
    """
    from aiida import orm

    node_class = _load_class(entry_point)
    if nodes:
        chosen = [node for node in nodes if isinstance(node, node_class)]
    else:
        if not force:
            click.confirm('Compute the hashes of all nodes anew?', abort=True)
        chosen = orm.QueryBuilder().append(node_class).all(flat=True)
    for node in chosen:
        node.base.caching.rehash()
    echo.echo_success(f'computed the hash of {count_of(len(chosen), "node")}')


@verdi_node.command('delete')
@arguments.NODES('nodes')
@options.DRY_RUN()
@options.FORCE()
@click.option('--clean-workdir', is_flag=True, help='Empty the folders of the jobs that are deleted too.')
@options.graph_traversal_rules(GraphTraversalRules.DELETE)
@decorators.with_dbenv()
def node_delete(nodes: Sequence[Node], dry_run: bool, force: bool, clean_workdir: bool, **rules: Any) -> None:
    """Delete nodes.

    What came from them goes too, and what would be left without its origin; options change these rules.
    """
    from aiida.tools import delete_nodes

    _require(nodes)

    def keep_all(pks: set[int]) -> bool:
        """Ask, and empty the folders if all is to go; return whether nothing is to be deleted."""
        folders = _folders_of(pks) if clean_workdir else []
        if dry_run or not pks:
            return True
        also = f', and empty {count_of(len(folders), "folder")}' if folders else ''
        if not force and not click.confirm(f'Delete {count_of(len(pks), "node")}{also}? This cannot be undone.'):
            return True
        for folder in folders:
            folder._clean()
        return False

    pks, deleted = delete_nodes([node.pk for node in nodes if node.pk is not None], dry_run=keep_all, **rules)
    if deleted:
        echo.echo_success(f'deleted {count_of(len(pks), "node")}')


def _folders_of(pks: set[int]) -> list[RemoteData]:
    """Return the folders of those of the nodes that are jobs, which are not empty yet."""
    from aiida import orm

    query = orm.QueryBuilder()
    query.append(orm.CalcJobNode, tag='job', filters={'id': {'in': list(pks)}})
    query.append(orm.RemoteData, with_incoming='job', edge_filters={'label': 'remote_folder'}, project='*')
    return [folder for folder in query.all(flat=True) if not folder.is_cleaned]


@verdi_node.group('repo')
def verdi_node_repo() -> None:
    """Read the files of a node."""


@verdi_node_repo.command('cat')
@arguments.NODE()
@click.argument('relative_path', type=str, required=False)
@decorators.with_dbenv()
def repo_cat(node: Node, relative_path: str | None) -> None:
    """Print a file of a node.

    RELATIVE_PATH may be left out if the node has a single file.
    """
    from aiida.cmdline.utils.repository import cat_object

    if relative_path is None:
        names = [str(root / name) for root, _, files in node.base.repository.walk() for name in files]
        if len(names) != 1:
            found = ', '.join(names) or 'none'
            raise click.UsageError(f'name the file: Node<{node.pk}> has {len(names)} files ({found})')
        relative_path = names[0]
    cat_object(node, relative_path, f'in Node<{node.pk}>')


def _list_files(node: Node, relative_path: str | None, color: bool) -> None:
    from aiida.cmdline.utils.repository import list_repository_contents

    try:
        list_repository_contents(node, relative_path, color)
    except (FileNotFoundError, NotADirectoryError) as exception:
        echo.echo_critical(f'no folder `{relative_path}` in Node<{node.pk}>: {exception}')


@verdi_node_repo.command('ls')
@arguments.NODE()
@click.argument('relative_path', type=str, required=False)
@click.option('-c', '--color', is_flag=True, help='Print folders in another colour.')
@decorators.with_dbenv()
def repo_ls(node: Node, relative_path: str | None, color: bool) -> None:
    """List the files of a node.

    RELATIVE_PATH is a folder among them.
    """
    _list_files(node, relative_path, color)


@verdi_node_repo.command('dump')
@arguments.NODE()
@click.argument('output_directory', type=click.Path(path_type=Path), required=True)
@decorators.with_dbenv()
def repo_dump(node: Node, output_directory: Path) -> None:
    """Write the files of a node into a new folder."""
    try:
        output_directory.mkdir(parents=True, exist_ok=False)
    except FileExistsError:
        echo.echo_critical(f'`{output_directory}` exists: name a folder that does not')
    except OSError as exception:
        echo.echo_critical(f'cannot make the folder `{output_directory}`: {exception}')
    node.base.repository.copy_tree(output_directory.resolve())


_LINKS = {'all': None, 'data': ('input_calc', 'create'), 'logic': ('input_work', 'return')}


@verdi_node.group('graph')
def verdi_graph() -> None:
    """Draw the graph of provenance."""


@verdi_graph.command('generate')
@arguments.NODES('root_nodes')
@click.option(
    '-l',
    '--link-types',
    type=click.Choice(['all', 'data', 'logic']),
    default='all',
    help='The links to draw: all; `data`, of calculations and what they create; `logic`, of workflows.',
)
@click.option(
    '--identifier',
    'identifiers',
    type=click.Choice(['pk', 'uuid', 'label']),
    cls=options.MultipleValueOption,
    default=['pk'],
    help='What nodes are named by, one or more.  [default: pk]',
)
@click.option(
    '-a', '--ancestor-depth', type=click.IntRange(min=0), default=None, help='How far to go up.  [default: all the way]'
)
@click.option(
    '-d',
    '--descendant-depth',
    type=click.IntRange(min=0),
    default=None,
    help='How far to go down.  [default: all the way]',
)
@click.option('-o', '--process-out', is_flag=True, help='Draw all outputs of processes on the way up.')
@click.option('-i', '--process-in', is_flag=True, help='Draw all inputs of processes on the way down.')
@click.option('-e', '--engine', default='dot', help='The layout program of Graphviz.')
@click.option(
    '-f',
    '--output-format',
    help='svg, dot; with Graphviz installed also pdf, png and more.  '
    '[default: what the suffix of the file says; else pdf, or svg without Graphviz]',
)
@click.option('-c', '--highlight-classes', multiple=True, help='Colour the nodes of these classes only.')
@click.option('-s', '--show', is_flag=True, help='Open the picture when it is made.')
@click.option(
    '-O',
    '--output-file',
    type=click.Path(dir_okay=False, path_type=Path),
    help='The file to write.  [default: <pks>.<engine>.<format>]',
)
@decorators.with_dbenv()
def graph_generate(
    root_nodes: Sequence[Node],
    link_types: str,
    identifiers: Sequence[str],
    ancestor_depth: int | None,
    descendant_depth: int | None,
    process_out: bool,
    process_in: bool,
    engine: str,
    output_format: str | None,
    highlight_classes: Sequence[str],
    show: bool,
    output_file: Path | None,
) -> None:
    """Draw the provenance around nodes.

    Their ancestors and descendants are drawn, and how they hang together.
    """
    from aiida.common.exceptions import FeatureNotAvailable
    from aiida.tools.visualization import Graph, render_graph
    from aiida.tools.visualization.render import choose_format

    _require(root_nodes)
    graph = Graph(engine=engine, node_id_type=list(identifiers))
    shared: dict[str, Any] = {
        'link_types': _LINKS[link_types],
        'annotate_links': 'both',
        'highlight_classes': highlight_classes or None,
    }
    for node in root_nodes:
        graph.recurse_ancestors(node, ancestor_depth, include_process_outputs=process_out, **shared)
        graph.recurse_descendants(node, descendant_depth, include_process_inputs=process_in, **shared)
    output_format = output_format or choose_format(output_file, engine)
    path = output_file or Path(f'{".".join(str(node.pk) for node in root_nodes)}.{engine}.{output_format}')
    try:
        render_graph(graph, path, output_format)
    except FeatureNotAvailable as exception:
        echo.echo_critical(str(exception))
    except OSError as exception:
        echo.echo_critical(f'cannot write the picture to `{path}`: {exception}')
    echo.echo_success(f'{count_of(len(graph.nodes), "node")} and {count_of(len(graph.edges), "link")} drawn: `{path}`')
    if show:
        click.launch(str(path))


@verdi_node.group('comment')
def verdi_comment() -> None:
    """Read and write comments on nodes."""


@verdi_comment.command('add')
@options.NODES(required=True)
@click.argument('content', type=click.STRING, required=False)
@decorators.with_dbenv()
def comment_add(nodes: Sequence[Node], content: str | None) -> None:
    """Comment on nodes.

    Without CONTENT an editor opens.
    """
    content = content or _edit_comment()
    for node in nodes:
        node.base.comments.add(content)
    echo.echo_success(f'comment added to {count_of(len(nodes), "node")}')


def _edit_comment(before: str = '') -> str:
    text = click.edit(before)
    if text is None or not text.strip():
        raise click.UsageError('nothing was written: give the comment as an argument, or save it in the editor')
    return text.strip()


@verdi_comment.command('update')
@click.argument('comment_id', type=int)
@click.argument('content', type=click.STRING, required=False)
@decorators.with_dbenv()
def comment_update(comment_id: int, content: str | None) -> None:
    """Replace the text of the comment with the pk COMMENT_ID."""
    comment = _load_comment(comment_id)
    comment.set_content(content or _edit_comment(comment.content))
    echo.echo_success(f'comment<{comment_id}> updated')


@verdi_comment.command('show')
@options.USER()
@arguments.NODES()
@decorators.with_dbenv()
def comment_show(user: Any, nodes: Sequence[Node]) -> None:
    """Show the comments on nodes."""
    from aiida.cmdline.utils.common import format_local_time

    _require(nodes)
    for node in nodes:
        heading = f'* Comments for Node<{node.pk}>'
        echo.echo(f'{"*" * len(heading)}\n{heading}\n{"*" * len(heading)}')
        comments = [one for one in node.base.comments.all() if user is None or one.user.email == user.email]
        if not comments:
            echo.echo_report('no comments found' if user is None else f'no comments of {user.email} found')
        for comment in comments:
            echo.echo(f'Comment<{comment.pk}> for Node<{node.pk}> by {comment.user.email}')
            echo.echo(f'Created on {format_local_time(comment.ctime, "%Y-%m-%d %H:%M")}')
            echo.echo(f'Last modified on {format_local_time(comment.mtime, "%Y-%m-%d %H:%M")}')
            echo.echo(f'\n{comment.content}\n')


@verdi_comment.command('remove')
@options.FORCE()
@click.argument('comment', type=int)
@decorators.with_dbenv()
def comment_remove(force: bool, comment: int) -> None:
    """Remove the comment with the pk COMMENT."""
    from aiida import orm

    _load_comment(comment)
    if not force:
        click.confirm(f'Remove comment<{comment}>?', abort=True)
    orm.Comment.collection.delete(comment)
    echo.echo_success(f'removed comment<{comment}>')


def _load_comment(pk: int) -> Any:
    from aiida import orm
    from aiida.common.exceptions import NotExistent

    try:
        return orm.Comment.collection.get(id=pk)
    except NotExistent:
        echo.echo_critical(f'there is no comment<{pk}>: see `verdi node comment show`')

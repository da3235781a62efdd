"""``verdi group``: nodes that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo
from aiida.cmdline.utils.dumping import dumped, dumping

if TYPE_CHECKING:
    from pathlib import Path

    from aiida.orm import Group, Node, User

__all__ = ('group_add_nodes', 'group_remove_nodes', 'verdi_group')


@verdi.group('group')
def verdi_group() -> None:
    """Put nodes into groups."""


@verdi_group.command('create')
@click.argument('group_label', type=click.STRING)
@decorators.with_dbenv()
def group_create(group_label: str) -> None:
    """Make an empty group."""
    from aiida.orm import Group

    group, created = Group.collection.get_or_create(label=group_label)
    if created:
        echo.echo_success(f"Group created with PK = {group.pk} and label '{group.label}'.")
    else:
        echo.echo_report(f"Group with label '{group.label}' already exists: {_name(group)}.")


def _name(group: Group) -> str:
    return f'Group<{group.label}>'


@verdi_group.command('add-nodes')
@options.GROUP(required=True)
@options.FORCE()
@arguments.NODES()
@decorators.with_dbenv()
def group_add_nodes(group: Group, force: bool, nodes: Sequence[Node]) -> None:
    """Add nodes to a group; those that are in it already stay."""
    if not nodes:
        raise click.UsageError('say which nodes to add')
    if not force:
        click.confirm(f'Add {_count(nodes)} to {_name(group)}?', abort=True)
    group.add_nodes(list(nodes))
    echo.echo_success(f'{_name(group)} has {_amount(group.count())} now.')


def _count(nodes: Sequence[Any]) -> str:
    return _amount(len(nodes))


def _amount(count: int) -> str:
    return f'{count} node{"" if count == 1 else "s"}'


@verdi_group.command('remove-nodes')
@options.GROUP(required=True)
@arguments.NODES()
@options.GROUP_CLEAR()
@options.FORCE()
@decorators.with_dbenv()
def group_remove_nodes(group: Group, nodes: Sequence[Node], clear: bool, force: bool) -> None:
    """Remove nodes from a group; the nodes themselves stay."""
    if clear and nodes:
        raise click.UsageError('with `--clear` all nodes are removed, so say no nodes')
    if not clear and not nodes:
        raise click.UsageError('say which nodes to remove, or pass `--clear` to remove all')
    if clear:
        if not force:
            click.confirm(f'Remove all nodes from {_name(group)}?', abort=True)
        group.clear()
        echo.echo_success(f'{_name(group)} is empty now.')
        return
    members = {node.pk for node in group.nodes}
    absent = [node for node in nodes if node.pk not in members]
    for node in absent:
        echo.echo_warning(f'{type(node).__name__}<{node.pk}> is not in {_name(group)}')
    present = [node for node in nodes if node.pk in members]
    if not present:
        echo.echo_critical('none of the nodes is in the group')
    if not force:
        click.confirm(f'Remove {_count(present)} from {_name(group)}?', abort=True)
    group.remove_nodes(present)
    echo.echo_success(f'{_name(group)} has {_amount(group.count())} now.')


@verdi_group.command('delete')
@arguments.GROUPS()
@options.FORCE()
@options.DRY_RUN()
@decorators.with_dbenv()
def group_delete(groups: Sequence[Group], force: bool, dry_run: bool) -> None:
    """Delete groups; the nodes in them stay."""
    from aiida.orm import Group

    if not groups:
        raise click.UsageError('say which groups to delete')
    echo.echo_report('These groups will be deleted, the nodes in them stay:')
    echo.echo_tabulate([_row(group) for group in groups], headers=_HEADERS)
    if dry_run:
        echo.echo_report('Nothing was done, as you asked by `--dry-run`.')
        return
    if not force:
        click.confirm('Continue?', abort=True)
    for group in groups:
        name = _name(group)
        assert group.pk is not None
        Group.collection.delete(group.pk)
        echo.echo_success(f'{name} deleted.')


@verdi_group.command('copy')
@arguments.GROUP('source_group')
@click.argument('destination_group', type=click.STRING)
@decorators.with_dbenv()
def group_copy(source_group: Group, destination_group: str) -> None:
    """Add the nodes of a group to another one, which is made if there is none of this label."""
    found, created = type(source_group).collection.get_or_create(label=destination_group)
    if not created and not found.is_empty:
        click.confirm(f'{_name(found)} has {_amount(found.count())} already. Add to them?', abort=True)
    found.add_nodes(list(source_group.nodes))
    echo.echo_success(f'Nodes copied from {_name(source_group)} to {_name(found)}.')


@verdi_group.command('move-nodes')
@arguments.NODES()
@click.option('-s', '--source-group', type=types.GroupParamType(), required=True, help='The group they are in.')
@click.option('-t', '--target-group', type=types.GroupParamType(), required=True, help='The group they come to.')
@options.FORCE()
@options.ALL(help='Move all nodes of the group.')
@decorators.with_dbenv()
def group_move_nodes(
    nodes: Sequence[Node], source_group: Group, target_group: Group, force: bool, all_entries: bool
) -> None:
    """Move nodes from one group to another."""
    if source_group.pk == target_group.pk:
        echo.echo_critical('source and target are the same group')
    if all_entries == bool(nodes):
        raise click.UsageError('say which nodes to move, or pass `--all`')
    members = {node.pk: node for node in source_group.nodes}
    moved = list(members.values()) if all_entries else [node for node in nodes if node.pk in members]
    for node in nodes:
        if node.pk not in members:
            echo.echo_warning(f'{type(node).__name__}<{node.pk}> is not in {_name(source_group)}')
    if not moved:
        echo.echo_critical('none of the nodes is in the group')
    if not force:
        click.confirm(f'Move {_count(moved)} from {_name(source_group)} to {_name(target_group)}?', abort=True)
    target_group.add_nodes(moved)
    source_group.remove_nodes(moved)
    echo.echo_success(f'{_count(moved)} moved from {_name(source_group)} to {_name(target_group)}.')


@verdi_group.command('relabel')
@arguments.GROUP()
@click.argument('label', type=click.STRING)
@decorators.with_dbenv()
def group_relabel(group: Group, label: str) -> None:
    """Give a group another LABEL."""
    from aiida.common.exceptions import UniquenessError

    try:
        group.label = label
    except (UniquenessError, ValueError) as exception:
        echo.echo_critical(str(exception))
    echo.echo_success(f"Label changed to '{label}'")


@verdi_group.command('description')
@arguments.GROUP()
@click.argument('description', type=click.STRING, required=False)
@decorators.with_dbenv()
def group_description(group: Group, description: str | None) -> None:
    """Show the description of a group, or give it another one."""
    if description is None:
        click.echo(group.description)
        return
    group.description = description
    echo.echo_success(f'Changed the description of {_name(group)}')


@verdi_group.command('show')
@options.RAW(help='Print the identifiers of the nodes alone.')
@options.LIMIT()
@click.option('-u', '--uuid', is_flag=True, help='Show UUIDs instead of PKs.')
@arguments.GROUP()
@decorators.with_dbenv()
def group_show(group: Group, raw: bool, limit: int | None, uuid: bool) -> None:
    """Show the nodes in a group."""
    from aiida.common import timezone
    from aiida.common.utils import str_timedelta

    nodes = list(group.nodes[:limit] if limit is not None else group.nodes)
    if raw:
        if nodes:
            click.echo(' '.join(str(node.uuid if uuid else node.pk) for node in nodes))
        return
    echo.echo_tabulate(
        [
            ['Group label', group.label],
            ['Group type_string', group.type_string],
            ['Group description', group.description or '<no description>'],
        ]
    )
    click.echo('# Nodes:')
    now = timezone.now()
    rows = [
        [
            node.uuid if uuid else node.pk,
            type(node).__name__,
            str_timedelta(now - node.ctime, short=True, negative_to_zero=True),
        ]
        for node in nodes
    ]
    echo.echo_tabulate(rows, headers=['UUID' if uuid else 'PK', 'Type', 'Created'])


_HEADERS = ['PK', 'Label', 'Type string', 'User']


def _row(group: Group) -> list[Any]:
    return [group.pk, group.label, group.type_string, group.user.email]


@verdi_group.command('list')
@options.ALL_USERS(help='Include the groups of all users.')
@options.USER(help='Only the groups of this user.')
@options.ALL(help='Include groups of all types.')
@options.TYPE_STRING()
@click.option('-d', '--with-description', 'with_description', is_flag=True, help='Show the description.')
@click.option('-C', '--count', is_flag=True, help='Show how many nodes are in each.')
@options.PAST_DAYS()
@click.option('-s', '--startswith', help='Only groups whose label begins with this text.')
@click.option('-e', '--endswith', help='Only groups whose label ends with this text.')
@click.option('-c', '--contains', help='Only groups whose label contains this text.')
@options.ORDER_BY(type=click.Choice(['id', 'label', 'ctime']), default='label')
@options.ORDER_DIRECTION()
@options.NODE(type=types.NodeParamType(), help='Only groups that this node is in.')
@decorators.with_dbenv()
def group_list(
    all_users: bool,
    user: User | None,
    all_entries: bool,
    type_string: str | None,
    with_description: bool,
    count: bool,
    past_days: int | None,
    startswith: str | None,
    endswith: str | None,
    contains: str | None,
    order_by: str,
    order_dir: str,
    node: Node | None,
) -> None:
    """List groups; those of type `core` and of yourself, unless options ask for others."""
    from aiida import orm

    query = orm.QueryBuilder().append(
        orm.Group,
        filters=_group_filters(all_entries, type_string, past_days, startswith, endswith, contains),
        tag='group',
        project='*',
    )
    if not all_users:
        owner = user or orm.User.collection.get_default()
        query.append(orm.User, filters={'id': owner.pk if owner else -1}, with_group='group')
    if node is not None:
        query.append(orm.Node, filters={'id': node.pk}, with_group='group')
    query.order_by({orm.Group: {'time' if order_by == 'ctime' else order_by: order_dir}})
    headers = [*_HEADERS, *(['Description'] if with_description else []), *(['Node count'] if count else [])]
    rows = [
        [*_row(group), *([group.description] if with_description else []), *([group.count()] if count else [])]
        for group in query.all(flat=True)
    ]
    if not all_entries and type_string is None:
        echo.echo_report('To show groups of all types, use the `-a/--all` option.')
    if rows:
        echo.echo_tabulate(rows, headers=headers)
    else:
        echo.echo_report('No groups found.')


def _group_filters(
    all_entries: bool,
    type_string: str | None,
    past_days: int | None,
    startswith: str | None,
    endswith: str | None,
    contains: str | None,
) -> dict[str, Any]:
    """Return the filters of the query."""
    from datetime import timedelta

    from aiida.common import timezone
    from aiida.common.escaping import escape_for_sql_like

    filters: dict[str, Any] = {}
    if type_string is not None:
        filters['type_string'] = {'like': type_string} if '%' in type_string else type_string
    elif not all_entries:
        filters['type_string'] = 'core'
    if past_days is not None:
        filters['time'] = {'>': timezone.now() - timedelta(days=past_days)}
    patterns = (
        f'{escape_for_sql_like(startswith)}%' if startswith else None,
        f'%{escape_for_sql_like(endswith)}' if endswith else None,
        f'%{escape_for_sql_like(contains)}%' if contains else None,
    )
    likes = [{'label': {'like': pattern}} for pattern in patterns if pattern]
    if likes:
        filters['and'] = likes
    return filters


@verdi_group.command('dump')
@arguments.GROUP()
@options.PATH(help='The folder, by default one with the label of the group in the current one.')
@options.DRY_RUN()
@options.OVERWRITE(help='Write all anew, and replace the dump of something else.')
@options.PAST_DAYS()
@options.START_DATE()
@options.END_DATE()
@options.FILTER_BY_LAST_DUMP_TIME()
@options.ONLY_TOP_LEVEL_CALCS()
@options.ONLY_TOP_LEVEL_WORKFLOWS()
@options.DELETE_MISSING()
@options.SYMLINK_CALCS()
@options.INCLUDE_INPUTS()
@options.INCLUDE_OUTPUTS()
@options.INCLUDE_ATTRIBUTES()
@options.INCLUDE_EXTRAS()
@options.FLAT()
@options.DUMP_UNSEALED()
@decorators.with_dbenv()
def group_dump(group: Group, path: Path | None, dry_run: bool, overwrite: bool, **values: Any) -> None:
    """Write the files of the processes in a group into a folder.

    There are two folders in it, `calculations` and `workflows`, with a folder for each process, built as `verdi process
    dump` does it. What was written before and has not changed is left as it is. Files that no dump has written are
    never touched.
    """
    from aiida.tools.dumping.group import dump_group
    from aiida.tools.dumping.options import split

    with dumping():
        content, collection = split(**values)
        folder = dump_group(group, path, dry_run, overwrite, content, collection)
    dumped(_name(group), folder, dry_run)

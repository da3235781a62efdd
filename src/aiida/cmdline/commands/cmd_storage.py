"""``verdi storage``: what is in the store of a profile, and keeping it in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import options
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.storage.ports import Store

__all__ = ('verdi_storage',)

_UNREACHABLE, _OTHER_VERSION = 3, 4  # what `version` leaves with
_SHOWN = 10


@verdi.group('storage')
def verdi_storage() -> None:
    """See what the storage holds, and keep it in order."""


def _store() -> Store:
    from aiida.manage.manager import get_manager

    store: Store = get_manager().get_profile_storage()
    return store


@verdi_storage.command('version')
@click.pass_context
def storage_version(ctx: click.Context) -> None:
    """Print the version of the schema: of this release, and of the profile.

    Leaves with 3 if the storage cannot be reached or is damaged, with 4 if it has another version.
    """
    from aiida.common.exceptions import ConfigurationError, IncompatibleStorageSchema, StorageUnavailable
    from aiida.storage.shared.store import REVISION

    profile = ctx.obj.profile
    if profile is None:
        echo.echo_critical('there is no profile: `verdi presto` makes one that is ready for use')
    echo.echo(f'Latest storage schema version: {REVISION!r}')
    try:
        store = _opened(profile)
    except IncompatibleStorageSchema as exception:
        echo.echo_error(str(exception))
        ctx.exit(_OTHER_VERSION)
    except (ConfigurationError, StorageUnavailable) as exception:
        echo.echo_error(f'The storage cannot be reached or is corrupt: {exception}')
        ctx.exit(_UNREACHABLE)
    echo.echo(f'Storage schema version of {profile.name!r}: {store.version!r}')


def _opened(profile: Any) -> Store:
    from aiida.manage.manager import get_manager

    get_manager().load_profile(profile, allow_switch=True)
    return _store()


@verdi_storage.command('info')
@click.option('--detailed', is_flag=True, help='Tell also who and what they are, and the sizes.')
@decorators.with_dbenv()
def storage_info(detailed: bool) -> None:
    """Count what the storage holds."""
    from aiida.storage.shared.info import information

    echo.echo_dictionary(information(_store(), detailed), fmt='yaml', sort_keys=False)


@verdi_storage.command('integrity')
@click.pass_context
@decorators.with_dbenv()
def storage_integrity(ctx: click.Context) -> None:
    """Check that every file that a node has is there; leaves with 1 if one is not."""
    from aiida.storage.shared.files import missing_files, unreferenced_keys

    store = _store()
    missing = missing_files(store)
    left = len(unreferenced_keys(store))
    if left:
        echo.echo_report(
            f'{left} content{"" if left == 1 else "s"} of files belong{"s" if left == 1 else ""} to no node: '
            '`verdi storage maintain --full` deletes what is left over'
        )
    if not missing:
        echo.echo_success('all files of all nodes are there')
        return
    for node_id, key in missing[:_SHOWN]:
        echo.echo_error(f'node {node_id} has a file whose content is missing: {key}')
    if len(missing) > _SHOWN:
        echo.echo_error(f'... and {len(missing) - _SHOWN} more')
    ctx.exit(echo.ExitCode.CRITICAL)


@verdi_storage.command('maintain')
@click.option('--full', is_flag=True, help='Do also what must not be done while other programs use the profile.')
@click.option('--no-repack', is_flag=True, help='With `--full`, leave the packs as they are.')
@options.FORCE(help='Do not ask.')
@options.DRY_RUN(help='Say what would be done, and do nothing.')
@click.option('--compress', is_flag=True, help='Compress what is packed.')
@click.option(
    '--incremental-cleanup/--no-incremental-cleanup',
    default=True,
    show_default=True,
    help='With `--full`, delete loose files after each pack and not at the end only.',
)
@decorators.with_dbenv()
def storage_maintain(
    full: bool, no_repack: bool, force: bool, dry_run: bool, compress: bool, incremental_cleanup: bool
) -> None:
    """Make the storage of files smaller and faster; with `--full`, also delete what belongs to no node."""
    from aiida.storage.shared.files import unreferenced_keys

    store = _store()
    if full and not (force or dry_run):
        echo.echo_warning('nobody else may use the profile meanwhile: stop the daemon, and end other programs')
        if not click.confirm('Go on?', default=False):
            echo.echo_report('Nothing was done.')
            return
    if full:
        keys = unreferenced_keys(store)
        echo.echo_report(f'{"Would delete" if dry_run else "Deleting"} {len(keys)} contents that belong to no node.')
        if keys and not dry_run:
            store.repository.delete_objects(keys)
    loose = store.repository.get_info()['Objects']['loose']
    echo.echo_report(f'{"Would pack" if dry_run else "Packing"} {loose} loose files.')
    store.repository.maintain(
        dry_run=dry_run,
        live=not full,
        do_repack=False if no_repack else None,
        compress=compress,
        incremental_cleanup=incremental_cleanup,
    )
    if not dry_run:
        echo.echo_success('Requested maintenance procedures finished.')

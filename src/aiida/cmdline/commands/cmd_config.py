"""``verdi config``: the options of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.params import arguments
from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.manage.configuration import Option, Profile

__all__ = ('verdi_config',)


@verdi.group('config')
def verdi_config() -> None:
    """Look at and change options, for one profile or for all."""


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return '\n'.join(map(str, value))
    return str(value)


@verdi_config.command('list')
@click.argument('prefix', metavar='[PREFIX]', default='', required=False)
@click.option('-d', '--description', is_flag=True, help='Show what each option is for.')
@click.option('--advanced', is_flag=True, help='Show the options of single loggers too.')
@click.pass_context
def verdi_config_list(ctx: click.Context, prefix: str, description: bool, advanced: bool) -> None:
    """List options with their values, and who sets them; PREFIX limits them to those whose name begins with it."""
    config = ctx.obj.config
    profile: Profile | None = ctx.obj.profile
    found = config.get_options(profile.name if profile else None)
    rows = []
    for name, (option, source, value) in sorted(found.items()):
        if not name.startswith(prefix) or option.deprecated_by or (option.advanced and not advanced):
            continue
        row = [name, source, _shown(value)]
        rows.append([*row, option.description] if description else row)
    if not rows:
        echo.echo_report(f'No option begins with `{prefix}`.')
        return
    headers = ['name', 'source', 'value', *(['description'] if description else [])]
    echo.echo_tabulate(rows, headers=headers)
    if not advanced:
        click.echo('\n`verdi config list --advanced` shows the options of single loggers too.')


@verdi_config.command('show')
@arguments.CONFIG_OPTION()
@click.pass_context
def verdi_config_show(ctx: click.Context, option: Option) -> None:
    """Show what an option is for, and its values."""
    config = ctx.obj.config
    profile: Profile | None = ctx.obj.profile
    values = {
        'default': option.default,
        'global': config.options.get(option.name, '<not set>'),
        'profile': profile.get_option(option.name, '<not set>') if profile else '<no profile>',
    }
    echo.echo_dictionary({'schema': option.schema, 'values': values}, fmt='yaml', sort_keys=False)


@verdi_config.command('get')
@arguments.CONFIG_OPTION()
@click.pass_context
def verdi_config_get(ctx: click.Context, option: Option) -> None:
    """Print the value of an option."""
    profile: Profile | None = ctx.obj.profile
    value = ctx.obj.config.get_option(option.name, scope=profile.name if profile else None)
    click.echo(str(value))


@verdi_config.command('set')
@arguments.CONFIG_OPTION()
@click.argument('value', metavar='VALUE')
@click.option('-g', '--global', 'globally', is_flag=True, help='For all profiles.')
@click.option('-a', '--append', is_flag=True, help='Add the value to a list.')
@click.option('-r', '--remove', is_flag=True, help='Take the value from a list.')
@click.pass_context
def verdi_config_set(
    ctx: click.Context, option: Option, value: Any, globally: bool, append: bool, remove: bool
) -> None:
    """Set an option, for the profile or for all."""
    if append and remove:
        raise click.UsageError('`--append` and `--remove` exclude each other', ctx=ctx)
    config = ctx.obj.config
    scope = _scope(ctx, option, globally)
    is_list = option.valid_type == list[str]
    if (append or remove) and not is_list:
        echo.echo_critical(f'`{option.name}` is not a list, so `--append` and `--remove` have no meaning for it')
    if is_list:
        before = list(config.get_option(option.name, scope=scope) or [])
        if append:
            value = [*before, value] if value not in before else before
        elif remove:
            if value not in before:
                echo.echo_critical(f'`{value}` is not in `{option.name}`')
            value = [item for item in before if item != value]
        else:
            value = [value]
    value = config.set_option(option.name, value, scope=scope)
    config.store()
    echo.echo_success(f"'{option.name}' set to {value} {_for_whom(scope)}")
    _remind(option)


@verdi_config.command('unset')
@arguments.CONFIG_OPTION()
@click.option('-g', '--global', 'globally', is_flag=True, help='For all profiles.')
@click.pass_context
def verdi_config_unset(ctx: click.Context, option: Option, globally: bool) -> None:
    """Forget the value of an option, so that its default holds again."""
    config = ctx.obj.config
    scope = _scope(ctx, option, globally)
    config.unset_option(option.name, scope=scope)
    config.store()
    echo.echo_success(f"'{option.name}' unset {_for_whom(scope)}")
    _remind(option)


@verdi_config.command('downgrade')
@click.argument('version', type=click.Choice([str(number) for number in range(10)]))
@click.pass_context
def verdi_config_downgrade(ctx: click.Context, version: str) -> None:
    """Rewrite the configuration for an older version of AiiDA; the present state is kept beside it."""
    from aiida.manage.configuration import Config, downgrade_config

    config = ctx.obj.config
    older = Config(config.filepath, downgrade_config(config.dictionary, int(version)), validate=False)
    older.store()
    echo.echo_success(f'Rewrote {config.filepath} as version {version}.')


def _scope(ctx: click.Context, option: Option, globally: bool) -> str | None:
    if globally or option.global_only:
        return None
    profile: Profile | None = ctx.obj.profile
    if profile is None:
        echo.echo_critical('there is no profile to set it for: pass `--global` to set it for all')
    return profile.name


def _for_whom(scope: str | None) -> str:
    return 'globally' if scope is None else f"for the profile '{scope}'"


def _remind(option: Option) -> None:
    if option.requires_daemon_restart:
        echo.echo_report('Workers that are running have to be restarted to see the change.')

"""Commands of the plugin."""

import click

from aiida.cmdline.params import arguments, options
from aiida.cmdline.utils import decorators, echo


@click.group('sums')
def cmd_root():
    """Commands for sums."""


@cmd_root.command('count')
@decorators.with_dbenv()
def count():
    """Count the sums in the profile."""
    from aiida.orm import QueryBuilder
    from aiida.plugins import DataFactory

    echo.echo_success(f'{QueryBuilder().append(DataFactory("sums.terms")).count()} sums')


@cmd_root.command('show')
@arguments.NODE()
@options.RAW()
@decorators.with_dbenv()
def show(node, raw):
    """Show the numbers to add."""
    if not hasattr(node, 'terms'):
        echo.echo_critical(f'{node} holds no numbers')
    echo.echo(' '.join(map(str, node.terms)) if raw else f'terms: {node.terms}')

"""``verdi shell``: Python with a profile loaded."""

from __future__ import annotations

import sys

import click

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.utils import decorators, echo

__all__ = ('shell',)


@verdi.command('shell')
@click.option('--plain', is_flag=True, help="Open Python's own shell.")
@click.option('--no-startup', is_flag=True, help='With --plain, leave out the file of PYTHONSTARTUP.')
@click.option('-i', '--interface', type=click.Choice(['ipython', 'bpython']), help='Which shell to open.')
@decorators.with_dbenv()
def shell(plain: bool, no_startup: bool, interface: str | None) -> None:
    """Open a Python shell with a profile loaded; `load_node`, `QueryBuilder` and the like are at hand.

    Where standard input is a pipe or a file, what it holds is run.
    """
    from aiida.cmdline.utils import shell as shells

    if not sys.stdin.isatty():
        namespace = {'__name__': '__main__', **shells.get_start_namespace()}
        if not shells.run_script(sys.stdin.read(), '<stdin>', namespace):
            sys.exit(echo.ExitCode.CRITICAL)
        return
    if plain:
        shells.plain(no_startup)
        return
    try:
        shells.run_shell(interface)
    except ImportError as exception:
        echo.echo_critical(str(exception))

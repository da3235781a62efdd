"""``verdi help``: what a command is for."""

from __future__ import annotations

import click

from aiida.cmdline.commands.cmd_verdi import verdi

__all__ = ('verdi_help',)


@verdi.command('help')
@click.argument('command', nargs=-1)
@click.pass_context
def verdi_help(ctx: click.Context, command: tuple[str, ...]) -> None:
    """Show what a command is for: `verdi help computer setup`."""
    parent = ctx.parent
    assert parent is not None
    found: click.Command = parent.command
    context = parent
    for name in command:
        if not isinstance(found, click.Group):
            raise click.UsageError(f'`{context.command_path}` has no commands below it', ctx=ctx)
        below = found.get_command(context, name)
        assert below is not None
        found = below
        context = found.context_class(found, info_name=name, parent=context)
    click.echo(found.get_help(context))

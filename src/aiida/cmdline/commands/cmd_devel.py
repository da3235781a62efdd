"""``verdi devel``: looking under the bonnet."""

from __future__ import annotations

import click

from aiida.cmdline.commands.cmd_rabbitmq import verdi_rabbitmq
from aiida.cmdline.groups.verdi import VerdiCommandGroup

__all__ = ('verdi_devel',)


@click.group('devel', cls=VerdiCommandGroup)
def verdi_devel() -> None:
    """Look under the bonnet."""


verdi_devel.add_command(verdi_rabbitmq)

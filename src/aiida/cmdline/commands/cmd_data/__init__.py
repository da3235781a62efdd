"""``verdi data``: commands for kinds of data; plugins add theirs."""

from __future__ import annotations

from aiida.cmdline.commands.cmd_verdi import verdi
from aiida.cmdline.utils.pluginable import Pluginable

__all__ = ('verdi_data',)


@verdi.group('data', entry_point_group='aiida.cmdline.data', cls=Pluginable)
def verdi_data() -> None:
    """Look at data, by their kinds."""

"""``verdi data core.array``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.cmdline.commands.cmd_data import verdi_data
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import ArrayData

__all__ = ('array',)


@verdi_data.group('core.array')
def array() -> None:
    """Look at arrays."""


@array.command('show')
@arguments.DATA(type=types.DataParamType(sub_classes=('aiida.data:core.array',)), required=True)
@options.DICT_FORMAT()
@decorators.with_dbenv()
def array_show(data: tuple[ArrayData, ...], fmt: str) -> None:
    """Print the content of arrays."""
    for node in data:
        echo.echo_dictionary({name: node.get_array(name).tolist() for name in sorted(node.get_arraynames())}, fmt)

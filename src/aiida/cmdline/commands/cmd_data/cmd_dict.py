"""``verdi data core.dict``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.cmdline.commands.cmd_data import verdi_data
from aiida.cmdline.params import arguments, options, types
from aiida.cmdline.utils import decorators, echo

if TYPE_CHECKING:
    from aiida.orm import Dict

__all__ = ('dictionary',)


@verdi_data.group('core.dict')
def dictionary() -> None:
    """Look at dictionaries."""


@dictionary.command('show')
@arguments.DATA(type=types.DataParamType(sub_classes=('aiida.data:core.dict',)), required=True)
@options.DICT_FORMAT()
@decorators.with_dbenv()
def dictionary_show(data: tuple[Dict, ...], fmt: str) -> None:
    """Print the content of dictionaries."""
    for node in data:
        echo.echo_dictionary(node.get_dict(), fmt)

"""``verdi data core.singlefile``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from aiida.cmdline.commands.cmd_data import verdi_data
from aiida.cmdline.params import arguments, types
from aiida.cmdline.utils import decorators

if TYPE_CHECKING:
    from aiida.orm import SinglefileData

__all__ = ('singlefile',)


@verdi_data.group('core.singlefile')
def singlefile() -> None:
    """Look at files."""


@singlefile.command('content')
@arguments.DATUM(type=types.DataParamType(sub_classes=('aiida.data:core.singlefile',)))
@decorators.with_dbenv()
def singlefile_content(datum: SinglefileData) -> None:
    """Print the content of a file, as it is."""
    import shutil

    with datum.open(mode='rb') as handle:
        shutil.copyfileobj(handle, sys.stdout.buffer)
    sys.stdout.flush()

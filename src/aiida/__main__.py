"""The command line: ``python -m aiida`` is ``verdi``."""

from __future__ import annotations

from aiida.cmdline.commands.cmd_verdi import verdi

if __name__ == '__main__':
    verdi(prog_name='verdi')

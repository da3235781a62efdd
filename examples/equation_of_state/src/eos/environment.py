"""What a run needs before it starts: a profile of its own and the code."""

import shutil
import subprocess
import sys
from pathlib import Path

from aiida import orm

CODE = 'emt'


class SetupError(Exception):
    """The ground for a run could not be laid; the message says why."""


def verdi(*arguments: str) -> str:
    """Run a ``verdi`` command and return what it printed.

    :raises SetupError: with the command's own words, if it fails.
    """
    program = shutil.which('verdi', path=str(Path(sys.executable).parent)) or shutil.which('verdi')
    if program is None:
        raise SetupError('the command `verdi` is not on the PATH: install nabucco into this environment')
    result = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise SetupError(f'`verdi {" ".join(arguments)}` failed: {(result.stderr or result.stdout).strip()}')
    return result.stdout


def prepare_profile(folder: Path) -> None:
    """Load the profile in ``folder``, which is where ``AIIDA_PATH`` points to; make it if there is none.

    :raises SetupError: if it cannot be made, or this package is not installed.
    """
    from aiida import load_profile
    from aiida.manage.configuration import get_config
    from aiida.plugins.entry_point import get_entry_point_names

    if 'eos.emt' not in get_entry_point_names('aiida.parsers'):
        raise SetupError(f'this package is not installed: run `pip install -e {Path(__file__).parents[2]}`')

    if not (folder / '.aiida' / 'config.json').exists():
        verdi('presto')
    if not get_config(create=True).profile_names:
        raise SetupError(f'the folder {folder / ".aiida"} has a configuration without profiles: remove it')
    load_profile()


def prepare_code(folder: Path) -> orm.AbstractCode:
    """Return the code ``emt@localhost``, installed anew if there is none.

    A code is an executable file on a computer. Here it is a launcher of two lines, written into ``folder``, that calls
    ``emt.py`` with the Python of this environment.
    """
    from aiida.common.exceptions import NotExistent

    launcher = folder / 'bin' / CODE
    launcher.parent.mkdir(parents=True, exist_ok=True)
    program = Path(__file__).with_name('emt.py')
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{program}" "$@"\n', encoding='utf-8')
    launcher.chmod(0o755)
    try:
        return orm.load_code(f'{CODE}@localhost')
    except NotExistent:
        code = orm.InstalledCode(
            label=CODE,
            description='Energy and pressure with effective medium theory (ASE).',
            computer=orm.load_computer('localhost'),
            filepath_executable=str(launcher),
            default_calc_job_plugin='eos.emt',
            prepend_text='export OMP_NUM_THREADS=1',
        )
        return code.store()


def load_code(label: str) -> orm.AbstractCode:
    """Return the code with a label.

    :raises SetupError: if there is none; the message lists those there are.
    """
    from aiida.common.exceptions import MultipleObjectsError, NotExistent

    try:
        return orm.load_code(label)
    except (NotExistent, MultipleObjectsError, ValueError):
        known = [code.full_label for code in orm.QueryBuilder().append(orm.InstalledCode).all(flat=True)]
        raise SetupError(f'there is no code {label!r} in this profile; there is: {", ".join(sorted(known))}') from None

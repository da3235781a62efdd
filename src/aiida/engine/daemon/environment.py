"""What the processes of the daemon are started with."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from aiida.common.exceptions import ConfigurationError

__all__ = ('find_verdi', 'subprocess_environment')


def find_verdi() -> str:
    """Return the path of ``verdi``: the one beside this interpreter, or the first of ``PATH``.

    :raises ConfigurationError: if there is none.
    """
    beside = Path(sys.executable).parent / 'verdi'
    if os.access(beside, os.X_OK):
        return str(beside)
    found = shutil.which('verdi')
    if found is None:
        raise ConfigurationError(
            f'the program `verdi` is neither in {beside.parent} nor in a folder of PATH: activate the environment it '
            'is installed in'
        )
    return os.path.abspath(found)


def subprocess_environment(config_folder: str) -> dict[str, str]:
    """Return the environment of this process, with which another finds the same programs, modules and configuration.

    :param config_folder: the folder of the configuration.
    """
    environment = dict(os.environ)
    programs = str(Path(sys.executable).parent)
    path = environment.get('PATH', os.defpath)
    if programs not in path.split(os.pathsep):
        path = os.pathsep.join((programs, path))
    environment['PATH'] = path
    environment['PYTHONPATH'] = os.pathsep.join(_own_module_path())
    environment['AIIDA_PATH'] = config_folder
    return environment


def _own_module_path() -> list[str]:
    """Return the folders of ``sys.path`` that an interpreter does not have by itself, in their order, each once."""
    paths = sysconfig.get_paths()
    standard = {os.path.realpath(paths[key]) for key in ('stdlib', 'platstdlib', 'purelib', 'platlib')}
    own: dict[str, None] = {}
    for entry in sys.path:
        folder = os.path.abspath(entry or os.getcwd())
        inside = os.path.realpath(folder)
        if inside in standard or inside.endswith(('lib-dynload', '.zip')):
            continue
        if os.pathsep not in folder and folder != os.path.dirname(os.path.abspath(sys.executable)):
            own[folder] = None
    return list(own)

"""Nabucco: an engine for scientific workflows that records every step, under AiiDA's import names.

Independent of the AiiDA team. The names below are those AiiDA documents for its top-level package.
"""

from __future__ import annotations

import os as _os
import sys as _sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.common.log import configure_logging
    from aiida.manage.configuration import get_config_option, get_profile, load_profile, profile_context

#: Version of this distribution.
NABUCCO_VERSION = '0.1.0'
#: The level of AiiDA's API that is offered, with our own version as its local part.
__version__ = f'2.9.4+nabucco.{NABUCCO_VERSION}'
__license__ = 'MIT license, see LICENSE file.'
__copyright__ = 'Copyright (c), the Nabucco developers.'
__authors__ = 'The Nabucco developers.'
__paper__ = ''

__all__ = (
    'configure_logging',
    'get_config_option',
    'get_file_header',
    'get_profile',
    'get_strict_version',
    'get_version',
    'load_ipython_extension',
    'load_profile',
    'profile_context',
)

_ELSEWHERE = {
    'configure_logging': 'aiida.common.log',
    'get_config_option': 'aiida.manage.configuration',
    'get_profile': 'aiida.manage.configuration',
    'is_dbenv_loaded': 'aiida.backends.utils',
    'load_dbenv': 'aiida.backends.utils',
    'load_profile': 'aiida.manage.configuration',
    'profile_context': 'aiida.manage.configuration',
}


#: Packages that are attributes without having been imported.
_ROOMS = frozenset(('common', 'manage', 'plugins'))


def _refuse_beside_aiida_core() -> None:
    """Say what to uninstall where both programs share an environment: they would overwrite each other's files.

    :raises ImportError: if the distribution ``aiida-core`` is installed on the import path.
    """
    for folder in _sys.path:
        try:
            names = _os.listdir(folder or '.')
        except OSError:
            continue
        for name in names:
            if name.startswith('aiida_core-') and name.endswith(('.dist-info', '.egg-info')):
                raise ImportError(
                    f'Nabucco and aiida-core are both installed (found {name} in {folder}); they provide the same '
                    'import names and cannot share an environment. Keep one of them:\n'
                    '  to use Nabucco:     pip uninstall -y aiida-core nabucco, then install Nabucco again from where '
                    'you have it (`pip install .` in its checkout)\n'
                    '  to use aiida-core:  pip uninstall -y nabucco && pip install --force-reinstall aiida-core'
                )


_refuse_beside_aiida_core()


def __getattr__(name: str) -> Any:
    """Import the documented names when they are first asked for, so that ``import aiida`` costs next to nothing."""
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f'aiida.{name}')
    module_name = _ELSEWHERE.get(name)
    if module_name is None:
        raise AttributeError(f"module 'aiida' has no attribute '{name}'")
    value = getattr(import_module(module_name), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def get_version() -> str:
    """Return the version of the API level with our own version as its local part."""
    return __version__


def get_strict_version() -> Any:
    """Return the version as a ``packaging.version.Version``."""
    from packaging.version import Version

    return Version(__version__)


def get_file_header(comment_char: str = '# ') -> str:
    """Return the lines that scripts written by this program begin with.

    :param comment_char: what each line begins with.
    """
    lines = (f'This file was written by Nabucco {NABUCCO_VERSION} (AiiDA API {__version__.split("+")[0]}).',)
    return '\n'.join(f'{comment_char}{line}' for line in lines)


def load_ipython_extension(ipython: Any) -> None:
    """Register the IPython magic ``%aiida``, which loads a profile and the names of ``verdi shell``.

    :param ipython: the running shell, given by ``%load_ext aiida``.
    """
    from importlib import import_module

    import_module('aiida.tools.ipython.ipython_magics').register_ipython_extension(ipython)

"""Telling who imports a module of AiiDA 0.10 what it is called today."""

from __future__ import annotations

import sys
from types import FrameType

from aiida.common.warnings import warn_deprecation

__all__ = ('tell_of_module',)


def tell_of_module(name: str, instead: str) -> None:
    """Warn once that a module is of the days of AiiDA 0.10, unless it is imported by another module of this project.

    Called by the module itself when it is imported.

    :param name: the name of the module.
    :param instead: what is used instead today.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_globals.get('__name__') == name or _is_of_import(frame)):
        frame = frame.f_back
    if frame is None or str(frame.f_globals.get('__name__', '')).startswith('aiida.'):
        return
    warn_deprecation(f'`{name}` is the API of AiiDA 0.10; today: {instead}.', version=3, stacklevel=3)


def _is_of_import(frame: FrameType) -> bool:
    return str(frame.f_globals.get('__name__', '')).startswith('importlib') or 'importlib' in frame.f_code.co_filename

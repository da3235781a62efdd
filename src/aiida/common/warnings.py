"""Warnings of this project."""

from __future__ import annotations

import os
import warnings

from aiida.common.options import get_option_value

__all__ = ('AiidaDeprecationWarning', 'AiidaEntryPointWarning', 'AiidaTestWarning', 'warn_deprecation')


class AiidaDeprecationWarning(Warning):
    """Something that is used will go away.

    Not a ``DeprecationWarning``, which Python hides by default: it concerns users, not only developers.
    """


class AiidaEntryPointWarning(Warning):
    """Something is odd about an entry point."""


class AiidaTestWarning(Warning):
    """Something is odd about the tests."""


def warn_deprecation(message: str, version: int, stacklevel: int = 2) -> None:
    """Warn that something will go away, unless the option ``warnings.showdeprecations`` is off.

    :param message: what, and what to use instead.
    :param version: the major version of AiiDA's API that no longer has it.
    :param stacklevel: as for :func:`warnings.warn`: 2 blames the caller of the function that calls this one.
    """
    if get_option_value('warnings.showdeprecations', True) or os.environ.get('AIIDA_WARN_v3'):  # noqa: SIM112
        text = f'{message} (this will be removed in v{version})'
        warnings.warn(text, AiidaDeprecationWarning, stacklevel=stacklevel + 1)

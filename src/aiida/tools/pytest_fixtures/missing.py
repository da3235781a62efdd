"""Skipping tests that need what is not there."""

from __future__ import annotations

from typing import NoReturn

import pytest

__all__ = ('skip_without',)


def skip_without(why: str, instead: str = '') -> NoReturn:
    """Skip the test that asked for something that is not there.

    :param why: what is missing.
    :param instead: what can be done about it.
    """
    pytest.skip(f'{why}: {instead}' if instead else why)

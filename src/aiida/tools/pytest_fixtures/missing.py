"""Skipping tests that need what this version does not have."""

from __future__ import annotations

from typing import NoReturn

import pytest

__all__ = ('skip_without',)


def skip_without(what: str, instead: str = '') -> NoReturn:
    """Skip the test that asked for something that is not there.

    :param what: what it needs.
    :param instead: what it can use meanwhile.
    """
    pytest.skip(f'{what} is not supported yet' + (f': {instead}' if instead else ''))

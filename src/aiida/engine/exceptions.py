"""Errors of the engine."""

from __future__ import annotations

from aiida.common.exceptions import AiidaException

__all__ = ('PastException',)


class PastException(AiidaException):
    """A process that excepted before cannot be continued."""

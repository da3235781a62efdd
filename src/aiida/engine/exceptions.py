"""Errors of the engine."""

from __future__ import annotations

from aiida.common.exceptions import AiidaException

__all__ = ('PastException', 'PluginUnavailable')


class PastException(AiidaException):
    """A process that excepted before cannot be continued."""


class PluginUnavailable(AiidaException):
    """A plugin that the engine needs for a process cannot be imported here, at the moment."""

"""Switching the caching of processes on and off; see :mod:`aiida.common.caching`."""

from __future__ import annotations

from aiida.common.caching import disable_caching, enable_caching, get_use_cache

__all__ = ('disable_caching', 'enable_caching', 'get_use_cache')

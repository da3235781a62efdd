"""Which version of which plugin a process was run with."""

from __future__ import annotations

import logging
from functools import lru_cache
from importlib import import_module
from typing import Any

from aiida.plugins.entry_point import is_valid_entry_point_string, load_entry_point_from_string

__all__ = ('PluginVersionProvider',)

KEY_VERSION_ROOT = 'version'
KEY_VERSION_CORE = 'core'
KEY_VERSION_PLUGIN = 'plugin'


@lru_cache(maxsize=1)
def _core_version() -> str:
    version: str = import_module('aiida').__version__
    return version


class PluginVersionProvider:
    """Tells the version of this program and of the package a plugin comes from, remembering what it found."""

    def __init__(self) -> None:
        self._cache: dict[Any, dict[Any, dict[Any, Any]]] = {}
        self._logger = logging.getLogger('aiida.plugin_version_provider')

    @property
    def logger(self) -> logging.Logger:
        """Where trouble is told."""
        return self._logger

    def get_version_info(self, plugin: str | Any) -> dict[Any, dict[Any, Any]]:
        """Return ``{'version': {'core': ..., 'plugin': ...}}``; ``plugin`` is left out where it cannot be told.

        :param plugin: a class or function, or the string ``group:name`` of an entry point.
        :raises ValueError: if a string has another form.
        :raises EntryPointError: if the entry point cannot be loaded.
        """
        if isinstance(plugin, str):
            if not is_valid_entry_point_string(plugin):
                raise ValueError(f'{plugin!r} is not an entry point string: the form is `group:name`')
            plugin = load_entry_point_from_string(plugin)
        try:
            known = self._cache.get(plugin)
        except TypeError:
            return self._find(plugin)
        if known is None:
            known = self._cache[plugin] = self._find(plugin)
        return known

    def _find(self, plugin: Any) -> dict[Any, dict[Any, Any]]:
        versions = {KEY_VERSION_CORE: _core_version()}
        package = getattr(plugin, '__module__', '').split('.')[0]
        version = self._package_version(package)
        if version is not None:
            versions[KEY_VERSION_PLUGIN] = version
        return {KEY_VERSION_ROOT: versions}

    def _package_version(self, package: str) -> str | None:
        if package in ('', '__main__', 'builtins'):
            return None
        if package == 'aiida':
            return _core_version()
        try:
            version = getattr(import_module(package), '__version__', None)
        except Exception as exception:
            self.logger.debug('package %s cannot be imported to tell its version: %s', package, exception)
            return None
        return None if version is None else str(version)

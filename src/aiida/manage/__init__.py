"""Configuration, profiles, and the one place where the parts are put together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiida.common.caching import disable_caching, enable_caching, get_use_cache
    from aiida.manage.configuration import (
        CURRENT_CONFIG_VERSION,
        MIGRATIONS,
        OLDEST_COMPATIBLE_CONFIG_VERSION,
        AiiDAConfigDir,
        AiiDAConfigPathResolver,
        Option,
        Profile,
        check_and_migrate_config,
        config_needs_migrating,
        downgrade_config,
        get_config,
        get_config_option,
        get_current_version,
        get_option,
        get_option_names,
        get_profile,
        load_profile,
        parse_option,
        profile_context,
        upgrade_config,
    )
    from aiida.manage.manager import get_manager

__all__ = (
    'AiiDAConfigDir',
    'AiiDAConfigPathResolver',
    'CURRENT_CONFIG_VERSION',
    'MIGRATIONS',
    'OLDEST_COMPATIBLE_CONFIG_VERSION',
    'Option',
    'Profile',
    'check_and_migrate_config',
    'config_needs_migrating',
    'disable_caching',
    'downgrade_config',
    'enable_caching',
    'get_config',
    'get_config_option',
    'get_current_version',
    'get_manager',
    'get_option',
    'get_option_names',
    'get_profile',
    'get_use_cache',
    'load_profile',
    'parse_option',
    'profile_context',
    'upgrade_config',
)

_ELSEWHERE = {
    'disable_caching': 'aiida.common.caching',
    'enable_caching': 'aiida.common.caching',
    'get_use_cache': 'aiida.common.caching',
    'get_manager': 'aiida.manage.manager',
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first asked for."""
    if name in ('caching', 'configuration', 'manager'):
        return import_module(f'aiida.manage.{name}')
    if name not in __all__:
        raise AttributeError(f"module 'aiida.manage' has no attribute '{name}'")
    value = getattr(import_module(_ELSEWHERE.get(name, 'aiida.manage.configuration')), name)
    globals()[name] = value
    return value

"""Configuration, profiles, and the one place where the parts are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiida.common.lazy import lazy_exports

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

_HOMES = dict.fromkeys(__all__, 'aiida.manage.configuration') | {
    'disable_caching': 'aiida.common.caching',
    'enable_caching': 'aiida.common.caching',
    'get_manager': 'aiida.manage.manager',
    'get_use_cache': 'aiida.common.caching',
}

__getattr__, __dir__ = lazy_exports(globals(), _HOMES, ('caching', 'configuration', 'manager'))

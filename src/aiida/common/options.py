"""The options of the configuration, as the rooms below ``manage`` see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiida.common.slots import Slot

__all__ = ('OPTIONS', 'get_option_value')

#: Gives the function that returns an option's value in the loaded profile; filled by ``aiida.manage``.
OPTIONS: Slot[Callable[[str], Any]] = Slot(
    'the configuration', 'load a profile first, e.g. with `from aiida import load_profile; load_profile()`'
)


def get_option_value(name: str, default: Any = None) -> Any:
    """Return the value of a configuration option, ``default`` where no configuration has been read."""
    if not OPTIONS.is_filled:
        return default
    return OPTIONS.get()(name)

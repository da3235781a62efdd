"""`aiida.backends.utils` of AiiDA 0.10: loading a profile."""

from __future__ import annotations

from typing import Any

from aiida.common.warnings import warn_deprecation

__all__ = ('is_dbenv_loaded', 'load_dbenv')


def load_dbenv(process: str | None = None, profile: str | None = None, *_: Any, **__: Any) -> None:
    """Load a profile, unless one is loaded.

    :param process: is not looked at: all processes use the same profile.
    :param profile: its name, for the default one ``None``.
    :raises ConfigurationError: if there is none.
    """
    from aiida.manage.configuration import load_profile

    warn_deprecation('`load_dbenv` is of AiiDA 0.10, use `load_profile` of `aiida`', version=3)
    load_profile(profile)


def is_dbenv_loaded() -> bool:
    """Return whether a profile is loaded."""
    from aiida.manage.configuration import get_profile

    return get_profile() is not None

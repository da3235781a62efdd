"""Emptying a profile between tests, quickly."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from aiida.manage import configuration
from aiida.manage.manager import get_manager

if TYPE_CHECKING:
    from aiida.manage.configuration import Profile
    from aiida.storage.ports import Store

__all__ = ('empty', 'is_resettable', 'make_resettable', 'reset_storage')

#: What the function that empties a profile is called, now and formerly.
_NAMES = ('reset_storage', 'clear_profile', 'reset_db')


def make_resettable(profile: Profile) -> Profile:
    """Give a profile for tests the function that empties it, under the names it ever had, and return the profile.

    :param profile: the profile, which is loaded.
    """
    email = profile.default_user_email

    def reset() -> None:
        """Delete all that is in the profile but its user."""
        reset_storage(profile, email)

    for name in _NAMES:
        setattr(profile, name, reset)
    return profile


def is_resettable(profile: Profile) -> bool:
    """Return whether a profile was given to :func:`make_resettable`."""
    return hasattr(profile, _NAMES[0])


def empty(profile: Profile | None) -> None:
    """Delete all that is in a profile for tests but its user, whoever made the profile.

    :param profile: what a fixture ``aiida_profile`` gives; the profile that is loaded for ``None``.
    :raises RuntimeError: if the profile is not one for tests, or there is none.
    """
    profile = profile if profile is not None else get_manager().get_profile()
    if profile is None:
        raise RuntimeError('no profile is loaded that could be emptied: use the fixture `aiida_profile`')
    if is_resettable(profile):
        profile.reset_storage()  # type: ignore[attr-defined]
    else:
        reset_storage(profile, profile.default_user_email)


def reset_storage(profile: Profile, email: str | None) -> None:
    """Delete all that is in a profile but its user, and forget the processes that are not at their end.

    :param profile: the profile; it is loaded meanwhile.
    :param email: the email of the user; the first there is for ``None``.
    :raises RuntimeError: if the profile is not one for tests.
    """
    if not profile.is_test_profile:
        raise RuntimeError(f'the profile `{profile.name}` is not one for tests, so it is not emptied')
    manager = get_manager()
    loaded = manager.get_profile()
    if loaded is not None and loaded.uuid == profile.uuid:
        _empty(profile, email)
    elif loaded is None:
        manager.load_profile(profile)
        _empty(profile, email)
    else:
        with configuration.profile_context(profile, allow_switch=True):
            _empty(profile, email)


def _empty(profile: Profile, email: str | None) -> None:
    manager = get_manager()
    manager.reset_runner()
    store = manager.get_profile_storage()
    _clear(store, profile, email)
    _renew_workers(profile)


def _clear(store: Store, profile: Profile, email: str | None) -> None:
    manager = get_manager()
    if email is None:
        store.clear()
        return
    user_id = _user_id(store, email)
    if user_id is None:
        configuration.create_default_user(profile, email)
    else:
        store.default_user_id = user_id
        if profile.default_user_email != email:
            manager.set_default_user_email(profile, email)
    store.clear()


def _renew_workers(profile: Profile) -> None:
    """Let the workers of the daemon, if it runs, begin anew: what they know of is gone, and its pks are given again."""
    if not os.path.exists(profile.filepaths['circus']['pid']):
        return
    from aiida.engine.daemon.client import get_daemon_client

    client = get_daemon_client(profile.name)
    if client.is_daemon_running:
        client.restart_daemon(wait=True)


def _user_id(store: Store, email: str) -> int | None:
    from aiida.storage.records import EntityKind

    rows = store.find_entities(EntityKind.USER, email=email)
    return rows[0]['id'] if rows else None

"""Where the parts are put together: the loaded profile, its store, and the runner of this interpreter.

The manager makes each part when it is first asked for and closes what it made. Loading a profile opens nothing: it says
to the rooms below where to ask, through the slots they declare (:mod:`aiida.common.slots`).
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ConfigurationError, EntryPointError, InvalidOperation
from aiida.common.slots import provide
from aiida.manage.configuration import current
from aiida.manage.configuration.options import option_default
from aiida.manage.configuration.profile import Profile

if TYPE_CHECKING:
    import asyncio

    from aiida.brokers import Broker
    from aiida.engine.persistence import AiiDAPersister
    from aiida.engine.runners import Runner
    from aiida.manage.configuration.config import Config
    from aiida.storage.ports import Store

__all__ = ('Manager', 'get_manager')

#: The modules that declare a slot.
_OPTIONS = 'aiida.common.options'
_STORE = 'aiida.orm.backend'
_RUNNER = 'aiida.engine.runtime.current'
_BROKER = 'aiida.engine.runtime.messages'

MANAGER: Manager | None = None


def get_manager() -> Manager:
    """Return the manager of this interpreter."""
    global MANAGER
    if MANAGER is None:
        MANAGER = Manager()
    return MANAGER


class Manager:
    """Holds what belongs to the loaded profile; there is one, which :func:`get_manager` returns."""

    def __init__(self) -> None:
        self._profile: Profile | None = None
        self._store: Store | None = None
        self._persister: AiiDAPersister | None = None
        self._runner: Runner | None = None
        self._broker: Broker | None = None
        self._lacks_broker = False
        self._lock = threading.RLock()
        self.logger = logging.getLogger('aiida.manage.manager')

    # configuration

    @staticmethod
    def get_config(create: bool = False) -> Config:
        """Return the configuration; see :func:`aiida.manage.configuration.get_config`."""
        return current.get_config(create=create)

    def get_profile(self) -> Profile | None:
        """Return the profile that is loaded, ``None`` if none is."""
        return self._profile

    def get_option(self, option_name: str) -> Any:
        """Return the value of an option: that of the loaded profile, that of all profiles, or its default.

        :param option_name: the option.
        :raises ConfigurationError: if there is no such option.
        """
        fallback = option_default(option_name)
        if self._profile is not None:
            options = self._profile.options
            if option_name in options:
                return options[option_name]
        config = current.CONFIG
        if config is None:
            try:
                config = current.get_config()
            except ConfigurationError:
                return fallback
        return config.options.get(option_name, fallback)

    def load_profile(self, profile: str | Profile | None = None, allow_switch: bool = False) -> Profile:
        """Load a profile and return it; nothing is opened yet.

        :param profile: the profile or its name; the default profile for ``None``, or the one that is loaded.
        :param allow_switch: whether another profile that is loaded may be left for it.
        :raises TypeError: if it is neither a name nor a profile.
        :raises ProfileConfigurationError: if there is no such profile.
        :raises InvalidOperation: if another profile is loaded and may not be left.
        """
        from aiida.common.log import configure_logging

        if profile is None and self._profile is not None:
            return self._profile
        if profile is None or isinstance(profile, str):
            profile = self.get_config().get_profile(profile)
        elif not isinstance(profile, Profile):
            raise TypeError(f'a profile is asked for by its name, got {profile!r}')
        if self._profile is not None:
            if self._profile is profile or (self._profile.name == profile.name and self._same(profile)):
                return self._profile
            if not allow_switch:
                raise InvalidOperation(
                    f'the profile `{self._profile.name}` is loaded, so `{profile.name}` cannot be: pass '
                    '`allow_switch=True` to leave the one for the other'
                )
            self.unload_profile()
        self._profile = profile
        provide(_OPTIONS, lambda: self.get_option)
        provide(_STORE, self.get_profile_storage)
        provide(_RUNNER, self.get_runner)
        provide(_BROKER, self._get_broker_of_engine)
        configure_logging(with_orm=True)
        return profile

    def _same(self, profile: Profile) -> bool:
        return self._profile is not None and self._profile.uuid == profile.uuid

    def unload_profile(self) -> None:
        """Close what belongs to the loaded profile and forget it."""
        self.reset_profile()
        self._profile = None
        for module_name in (_OPTIONS, _STORE, _RUNNER, _BROKER):
            provide(module_name, None)

    def reset_profile(self) -> None:
        """Close what belongs to the loaded profile; it is made anew when it is next asked for."""
        self.reset_runner()
        self.reset_broker()
        self.reset_profile_storage()

    def set_default_user_email(self, profile: Profile, user_email: str) -> None:
        """Choose whom new nodes of a profile belong to, and write the configuration.

        :param profile: the profile.
        :param user_email: the email of a user in it.
        """
        profile.default_user_email = user_email
        config = self.get_config()
        if profile.name in config.profile_names:
            config.set_default_user_email(profile, user_email)
        if self._profile is not None and self._same(profile):
            self._profile.default_user_email = user_email
            if self._store is not None:
                self._store.default_user_id = _user_id(self._store, user_email)

    # storage

    @property
    def profile_storage_loaded(self) -> bool:
        """Whether the store of the loaded profile is open."""
        return self._store is not None and not self._store.is_closed

    def get_profile_storage(self) -> Store:
        """Return the store of the loaded profile, opened when it is first asked for.

        :raises ConfigurationError: if no profile is loaded, or its kind of store is not installed.
        :raises UnreachableStorage: if it is not there.
        :raises IncompatibleStorageSchema: if its schema is of another revision.
        """
        store = self._store
        if store is not None and not store.is_closed:
            return store
        with self._lock:
            if self._store is None or self._store.is_closed:
                from aiida.manage.configuration.stores import open_store

                self._store = open_store(self._loaded())
            return self._store

    def get_backend(self) -> Store:
        """Return the store of the loaded profile, by its former name; see :meth:`get_profile_storage`."""
        return self.get_profile_storage()

    def reset_profile_storage(self) -> None:
        """Close the store; it is opened anew when it is next asked for."""
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _loaded(self) -> Profile:
        if self._profile is None:
            raise ConfigurationError(
                'no profile is loaded: load one first, e.g. with `from aiida import load_profile; load_profile()`'
            )
        return self._profile

    # brokers

    def get_broker(self) -> Broker | None:
        """Return the message broker of the loaded profile, ``None`` if it names none.

        No process needs one: they find each other through the database.

        :raises EntryPointError: if the profile names one that is not installed.
        """
        if self._broker is None and self._profile is not None and self._profile.process_control_backend is not None:
            from aiida.plugins.factories import BrokerFactory

            with self._lock:
                if self._broker is None:
                    broker_class: Any = BrokerFactory(self._profile.process_control_backend)
                    self._broker = broker_class(self._profile)
        return self._broker

    def _get_broker_of_engine(self) -> Broker | None:
        """Return the message broker, ``None`` also if it is not installed: processes run without it."""
        if self._lacks_broker:
            return None
        try:
            broker = self.get_broker()
        except EntryPointError as exception:
            self.logger.warning('processes run without the message broker of the profile: %s', exception)
            broker = None
        self._lacks_broker = broker is None
        return broker

    def reset_broker(self) -> None:
        """Close the connections to the message broker, if there are any."""
        with self._lock:
            broker, self._broker, self._lacks_broker = self._broker, None, False
        if broker is not None:
            broker.close()

    def get_communicator(self) -> Any:
        """Return the connection to the message broker.

        :raises ConfigurationError: if the loaded profile has no broker.
        :raises ConnectionError: if the broker does not answer.
        """
        broker = self.get_broker()
        if broker is not None:
            return broker.get_communicator()
        raise ConfigurationError(
            f'the profile `{self._loaded().name}` has no message broker: processes find each other through the '
            'database, so use `aiida.engine.processes.control` or `verdi process` to steer them'
        )

    def get_process_controller(self) -> Any:
        """Return what steers processes through the message broker.

        :raises ConfigurationError: if the loaded profile has no broker.
        :raises ConnectionError: if the broker does not answer.
        """
        from plumpy.process_comms import RemoteProcessThreadController

        return RemoteProcessThreadController(self.get_communicator())

    # engine

    def get_persister(self) -> AiiDAPersister:
        """Return what keeps the checkpoints of processes."""
        if self._persister is None:
            from aiida.engine.persistence import AiiDAPersister

            self._persister = AiiDAPersister()
        return self._persister

    def get_runner(self, **kwargs: Any) -> Runner:
        """Return the runner of this interpreter, made when it is first asked for.

        :param kwargs: how a new one is made; see :meth:`create_runner`.
        """
        runner = self._runner
        if runner is not None and not runner.is_closed():
            return runner
        with self._lock:
            if self._runner is None or self._runner.is_closed():
                self._runner = self.create_runner(**kwargs)
            return self._runner

    def set_runner(self, new_runner: Runner) -> None:
        """Make a runner the one of this interpreter; the former one is not closed."""
        self._runner = new_runner

    def create_runner(self, with_persistence: bool = True, **kwargs: Any) -> Runner:
        """Return a new runner.

        :param with_persistence: whether it keeps checkpoints.
        :param kwargs: as :class:`aiida.engine.runners.Runner` takes them.
        :raises ConfigurationError: if no profile is loaded.
        """
        from aiida.engine.runners import Runner

        profile = self._loaded()
        settings: dict[str, Any] = {
            'poll_interval': 0.0 if profile.is_test_profile else self.get_option('runner.poll.interval'),
            'broker_submit': False,
        }
        if with_persistence:
            settings['persister'] = self.get_persister()
        settings.update(kwargs)
        return Runner(**settings)

    def create_daemon_runner(self, loop: asyncio.AbstractEventLoop | None = None) -> Runner:
        """Return a new runner for a worker.

        :param loop: the event loop it runs on; a new one for ``None``.
        """
        runner = self.create_runner(broker_submit=True, loop=loop)
        self.set_runner(runner)
        return runner

    def reset_runner(self) -> None:
        """Close the runner; it is made anew when it is next asked for."""
        with self._lock:
            if self._runner is not None:
                self._runner.stop()
                self._runner.close()
                self._runner = None
            self._persister = None

    def check_version(self) -> None:
        """Check that this version may be used with the profile: there is nothing that speaks against it."""


def _user_id(store: Store, email: str) -> int | None:
    from aiida.storage.records import EntityKind

    users = store.find_entities(EntityKind.USER, email=email)
    return users[0]['id'] if users else None

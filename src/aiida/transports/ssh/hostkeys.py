"""Whether a computer is the one that is meant: its key is known, or the user said that it need not be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.common.log import AIIDA_LOGGER
from aiida.transports.ssh.errors import HostKeyRefused, load_asyncssh

if TYPE_CHECKING:
    from aiida.transports.ssh.endpoint import Endpoint

__all__ = ('HostKeyCheck',)

LOGGER = AIIDA_LOGGER.getChild('transport').getChild('ssh')

#: Keys that were taken on trust in this process: (host, port) -> key. Another one later is refused.
_trusted: dict[tuple[str, int], bytes] = {}


class HostKeyCheck:
    """Judges the key of a computer that is connected to."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._presented = ''
        self._changed = False

    def make_client(self) -> Any:
        """Return the ``asyncssh.SSHClient`` that asks this object."""
        check = self

        class Client(load_asyncssh().SSHClient):  # type: ignore[misc]
            connection: Any = None

            def connection_made(self, conn: Any) -> None:
                self.connection = conn

            def validate_host_public_key(self, host: str, addr: str, port: int, key: Any) -> bool:
                known = bool(getattr(self.connection, '_trusted_host_keys', None))
                return check.accept((host, port), key, known)

        return Client()

    def accept(self, where: tuple[str, int], key: Any, known: bool) -> bool:
        """Return whether a key that is not in the list of known hosts is good enough.

        :param known: whether the list has another key for the same host.
        """
        data = bytes(key.public_data)
        self._presented = f'{key.get_algorithm()} {key.get_fingerprint()}'
        self._changed = known or _trusted.get(where, data) != data
        if self._changed or self._endpoint.key_policy == 'RejectPolicy':
            return False
        if where not in _trusted and self._endpoint.key_policy == 'WarningPolicy':
            LOGGER.warning('the key of %s is not known and was not checked: %s', self._endpoint, self._presented)
        _trusted[where] = data
        return True

    def refusal(self, exception: Exception) -> HostKeyRefused:
        """Return what to tell the user, who can do something about it."""
        endpoint = self._endpoint
        port = f' -p {endpoint.port}' if endpoint.port else ''
        user = f'{endpoint.username}@' if endpoint.username else ''
        if not self._presented:
            return HostKeyRefused(f'the key of {endpoint} was refused: {exception}')
        if self._changed:
            return HostKeyRefused(
                f'the key of {endpoint} is not the one that is known, but {self._presented}: it was set up anew, or '
                f'somebody else answers. If its administrators say the key has changed, forget the old one with '
                f'`ssh-keygen -R` and connect once with `ssh{port} {user}{endpoint.host}`'
            )
        return HostKeyRefused(
            f'the key of {endpoint} is not known: {self._presented}. Connect once with `ssh{port} '
            f'{user}{endpoint.host}`, compare the fingerprint with the one its administrators publish, and answer yes'
        )

"""Asking RabbitMQ over HTTP what it has."""

from __future__ import annotations

import base64
import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from aiida.common.exceptions import AiidaException

__all__ = ('ManagementApiConnectionError', 'RabbitmqManagementClient')

_PORT = 15672
#: Seconds for an answer.
_TIMEOUT = 10.0


class ManagementApiConnectionError(AiidaException):
    """The management interface of RabbitMQ does not answer."""


class Response:
    """An answer over HTTP."""

    def __init__(self, status_code: int, reason: str, content: bytes) -> None:
        self.status_code = status_code
        self.reason = reason
        self.content = content

    @property
    def ok(self) -> bool:
        """Whether the request was granted."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode('utf-8', errors='replace')

    def json(self) -> Any:
        """Return what the body says."""
        return json.loads(self.content)


class RabbitmqManagementClient:
    """Asks the plugin ``rabbitmq_management`` of a RabbitMQ, which listens at port 15672."""

    def __init__(self, username: str, password: str, hostname: str, virtual_host: str) -> None:
        """
        :param username: who asks.
        :param password: the password of that user.
        :param hostname: the machine.
        :param virtual_host: the virtual host; empty for the default one.
        """
        self._username = username
        self._password = password
        self._hostname = hostname
        self._virtual_host = virtual_host

    def format_url(self, url: str, url_params: dict[str, str] | None = None) -> str:
        """Return the whole address of something.

        :param url: the end of it, with names in braces for what is put in, ``{virtual_host}`` among them.
        :param url_params: what is put in, by name.
        """
        values = {'virtual_host': self._virtual_host or '/', **(url_params or {})}
        path = url.format(**{key: quote(value, safe='') for key, value in values.items()})
        return f'http://{self._hostname}:{_PORT}/api/{path}'

    def request(
        self,
        url: str,
        url_params: dict[str, str] | None = None,
        method: str = 'GET',
        params: dict[str, Any] | None = None,
    ) -> Response:
        """Ask for something and return the answer, whatever its status.

        :param url: as for :meth:`format_url`.
        :param url_params: as for :meth:`format_url`.
        :param method: ``GET``, ``PUT``, ``DELETE``...
        :param params: what is put behind the question mark.
        :raises ManagementApiConnectionError: if nothing answers.
        """
        address = urlsplit(self.format_url(url, url_params))
        target = address.path + (f'?{urlencode(params)}' if params else '')
        secret = base64.b64encode(f'{self._username}:{self._password}'.encode()).decode()
        headers = {'Authorization': f'Basic {secret}', 'Content-Type': 'application/json'}
        connection = HTTPConnection(self._hostname, _PORT, timeout=_TIMEOUT)
        try:
            connection.request(method, target, headers=headers)
            answer = connection.getresponse()
            return Response(answer.status, answer.reason, answer.read())
        except (OSError, HTTPException) as exception:
            raise ManagementApiConnectionError(
                f'the management interface of RabbitMQ at {self._hostname}:{_PORT} does not answer ({exception}): is '
                'RabbitMQ running, and `rabbitmq-plugins enable rabbitmq_management` done?'
            ) from exception
        finally:
            connection.close()

    @property
    def is_connected(self) -> bool:
        """Whether the management interface answers, and grants us what we ask."""
        try:
            return self.request('cluster-name').ok
        except ManagementApiConnectionError:
            return False

"""Types of parameters that are files, folders or addresses of files."""

from __future__ import annotations

import os
from typing import Any

import click

from aiida.cmdline.params.types.base import ParamType

__all__ = ('AbsolutePathParamType', 'FileOrUrl', 'PathOrUrl')

_TIMEOUT = 10.0  # seconds


class AbsolutePathParamType(click.Path):
    """The absolute path of a file or a folder."""

    name = 'AbsolutePath'

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        path = os.path.expanduser(value)
        if not os.path.isabs(path):
            self.fail('it has to be an absolute path', param, ctx)
        return super().convert(path, param, ctx)

    def __repr__(self) -> str:
        return 'ABSOLUTEPATH'


class PathOrUrl(click.Path):
    """The path of a file or a folder that exists, or an address that answers."""

    name = 'PathOrUrl'

    def __init__(self, timeout_seconds: float = _TIMEOUT, **kwargs: Any) -> None:
        """
        :param timeout_seconds: how long to wait for an answer.
        """
        super().__init__(**kwargs)
        self.timeout_seconds = timeout_seconds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path or the address."""
        if not _is_url(value):
            return super().convert(value, param, ctx)
        _open_url(self, value, self.timeout_seconds, param, ctx).close()
        return value

    def __repr__(self) -> str:
        return 'PATHORURL'


class FileOrUrl(click.File):
    """A file that is open for reading, from a path, an address, or standard input for ``-``."""

    name = 'FileOrUrl'

    def __init__(self, timeout_seconds: float = _TIMEOUT, **kwargs: Any) -> None:
        """
        :param timeout_seconds: how long to wait for an answer.
        """
        super().__init__(**kwargs)
        self.timeout_seconds = timeout_seconds

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the file."""
        if isinstance(value, str) and _is_url(value):
            return _open_url(self, value, self.timeout_seconds, param, ctx)
        return super().convert(value, param, ctx)

    def __repr__(self) -> str:
        return 'FILEORURL'


def _is_url(value: Any) -> bool:
    return str(value).startswith(('http://', 'https://'))


def _open_url(
    kind: ParamType, url: str, timeout: float, param: click.Parameter | None, ctx: click.Context | None
) -> Any:
    import urllib.error
    import urllib.request

    try:
        return urllib.request.urlopen(url, timeout=timeout)
    except (urllib.error.URLError, OSError, ValueError) as exception:
        kind.fail(f'{url} cannot be read: {exception}', param, ctx)

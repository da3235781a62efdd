"""How a process says that it ended well or not."""

from __future__ import annotations

from typing import Any, NamedTuple

from aiida.common.extendeddicts import AttributeDict

__all__ = ('ExitCode', 'ExitCodesNamespace')


class ExitCode(NamedTuple):
    """The end of a process: a status (0 is success), a message, and whether the result may be taken from the cache."""

    status: int = 0
    message: str | None = None
    invalidates_cache: bool = False

    def format(self, **kwargs: Any) -> ExitCode:
        """Return a copy whose message has its fields filled in.

        :param kwargs: the values of the fields, by name.
        :raises ValueError: if there is no message, or a field of it has no value.
        """
        if self.message is None:
            raise ValueError(f'exit code {self.status} has no message whose fields could be filled in')
        try:
            message = self.message.format(**kwargs)
        except (IndexError, KeyError, AttributeError) as exception:
            raise ValueError(
                f'the message of exit code {self.status}, `{self.message}`, needs other fields than {sorted(kwargs)}: '
                f'{exception!r}'
            ) from exception
        return self._replace(message=message)


class ExitCodesNamespace(AttributeDict):
    """The exit codes of a process by label, which can be called with a status or a label too."""

    def __call__(self, identifier: int | str) -> ExitCode:
        """Return the exit code with this status or label.

        :raises ValueError: if there is none.
        """
        if isinstance(identifier, str):
            try:
                return self[identifier]  # type: ignore[no-any-return]
            except KeyError:
                raise ValueError(
                    f'there is no exit code with the label `{identifier}`; there are: {", ".join(self)}'
                ) from None
        for exit_code in self.values():
            if exit_code.status == identifier:
                return exit_code  # type: ignore[no-any-return]
        raise ValueError(f'there is no exit code with the status {identifier!r}; there are: {", ".join(self)}')

"""Which processes may take their outputs from an equal one that ran before.

The options ``caching.default_enabled``, ``caching.enabled_for`` and ``caching.disabled_for`` say so for a profile; the
two contexts of this module for a block of code. Processes are named by the string of their entry point
(``aiida.calculations:core.arithmetic.add``) or by module and name, with ``*`` for any text. Of all patterns that match,
the most specific one decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from aiida.common.exceptions import ConfigurationError
from aiida.common.lang import isidentifier
from aiida.common.options import get_option_value

__all__ = ('disable_caching', 'enable_caching', 'get_use_cache')


class ConfigKeys(Enum):
    """The options that say what is cached."""

    DEFAULT = 'caching.default_enabled'
    ENABLED = 'caching.enabled_for'
    DISABLED = 'caching.disabled_for'


class _Overrides(NamedTuple):
    """What the contexts that are open say; ``everything`` wins over all else."""

    everything: bool | None = None
    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()


_OVERRIDES: ContextVar[_Overrides] = ContextVar('caching', default=_Overrides())  # noqa: B039 - a tuple


def get_use_cache(identifier: str | None = None, strict: bool = False) -> bool:
    """Return whether a process may take its outputs from an equal one that ran before.

    :param identifier: the process: ``group:name`` of its entry point, or ``module.name``; ``None`` for the default.
    :param strict: whether every pattern has to be one of something that can be loaded.
    :raises ConfigurationError: if two patterns of opposite meaning match and neither is more specific.
    """
    overrides = _OVERRIDES.get()
    if overrides.everything is not None:
        return overrides.everything
    default = bool(get_option_value(ConfigKeys.DEFAULT.value, False))
    if identifier is None:
        return default
    enabled = [*overrides.enabled, *_patterns(ConfigKeys.ENABLED, without=overrides.disabled)]
    disabled = [*overrides.disabled, *_patterns(ConfigKeys.DISABLED, without=overrides.enabled)]
    if not enabled and not disabled:
        return default
    if strict:
        for pattern in (*enabled, *disabled):
            _check_pattern(pattern, strict=True)
    matches = [(pattern, True) for pattern in dict.fromkeys(enabled) if _matches(identifier, pattern)]
    matches += [(pattern, False) for pattern in dict.fromkeys(disabled) if _matches(identifier, pattern)]
    return _most_specific(identifier, matches) if matches else default


def _patterns(key: ConfigKeys, without: tuple[str, ...]) -> list[str]:
    return [pattern for pattern in get_option_value(key.value, ()) or () if pattern not in without]


def _most_specific(identifier: str, matches: list[tuple[str, bool]]) -> bool:
    """Return the verdict of the pattern that all others match."""
    best = [(pattern, verdict) for pattern, verdict in matches if all(_matches(pattern, other) for other, _ in matches)]
    verdicts = {verdict for _, verdict in best}
    if len(verdicts) == 1:
        return verdicts.pop()
    told = ', '.join(f'`{pattern}` ({"enabled" if verdict else "disabled"})' for pattern, verdict in best or matches)
    raise ConfigurationError(
        f'the options of caching contradict each other for `{identifier}`, no pattern is the most specific one: '
        f'{told}. See `verdi config show caching.enabled_for` and `caching.disabled_for`.'
    )


def _matches(string: str, pattern: str) -> bool:
    return _expression(pattern).fullmatch(string) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile('.*'.join(re.escape(part) for part in pattern.split('*')))


def _check_pattern(pattern: str, strict: bool) -> None:
    """Refuse what cannot name a process.

    :raises ValueError: if it cannot.
    """
    problem = f'`{pattern}` cannot name a process'
    group, separator, name = pattern.partition(':')
    if separator:
        if not group.startswith('aiida.') and '*' not in group:
            raise ValueError(f'{problem}: `{group}` is no group of entry points')
        if strict and '*' not in pattern:
            try:
                import_module('aiida.plugins.entry_point').load_entry_point(group, name)
            except Exception as exception:
                raise ValueError(f'{problem}: {exception}') from exception
        return
    for part in pattern.replace('*', 'x').split('.'):
        if not isidentifier(part):
            raise ValueError(f'{problem}: `{part}` is no Python identifier')
    if strict and '*' not in pattern:
        module_name, _, attribute = pattern.rpartition('.')
        try:
            getattr(import_module(module_name), attribute)
        except Exception as exception:
            raise ValueError(f'{problem}: {exception}') from exception


@contextmanager
def enable_caching(*, identifier: str | None = None, strict: bool = False) -> Iterator[None]:
    """Let processes take their outputs from equal ones, inside the context.

    :param identifier: which (see :func:`get_use_cache`, with ``*`` for any text); all for ``None``.
    :param strict: whether it has to be something that can be loaded.
    :raises ValueError: if it cannot name a process.
    """
    with _override(True, identifier, strict):
        yield


@contextmanager
def disable_caching(*, identifier: str | None = None, strict: bool = False) -> Iterator[None]:
    """Let processes run even if equal ones ran before, inside the context; parameters as of :func:`enable_caching`."""
    with _override(False, identifier, strict):
        yield


@contextmanager
def _override(verdict: bool, identifier: str | None, strict: bool) -> Iterator[None]:
    before = _OVERRIDES.get()
    if identifier is None:
        now = before._replace(everything=verdict)
    else:
        _check_pattern(identifier, strict)
        kept_enabled = tuple(pattern for pattern in before.enabled if pattern != identifier)
        kept_disabled = tuple(pattern for pattern in before.disabled if pattern != identifier)
        now = before._replace(
            enabled=(*kept_enabled, identifier) if verdict else kept_enabled,
            disabled=kept_disabled if verdict else (*kept_disabled, identifier),
        )
    token = _OVERRIDES.set(now)
    try:
        yield
    finally:
        _OVERRIDES.reset(token)

"""Modules of older days, whose names are elsewhere today."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from aiida.common.warnings import warn_deprecation

__all__ = ('older_names', 'provide_modules')


def older_names(
    module: str, names: Mapping[str, str], stacklevel: int = 2, homes: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a module of older days binds to ``__getattr__`` and ``__dir__``.

    A name is warned about when it is first asked for, with what it is called today.

    :param module: the name of the module.
    :param names: ``module:attribute`` of today by name.
    :param stacklevel: which caller the warning blames: 2 that of ``__getattr__``.
    :param homes: ``module:attribute`` of those that are elsewhere than what is used today, which they stand for.
    """
    told: set[str] = set()

    def load(name: str) -> Any:
        home = names.get(name)
        if home is None:
            raise AttributeError(f'module {module!r} has no attribute {name!r}')
        today, _, attribute = home.partition(':')
        place, _, own_name = (homes or {}).get(name, home).partition(':')
        value = getattr(import_module(place), own_name)
        setattr(sys.modules[module], name, value)
        if name not in told:
            told.add(name)
            text = f'`{module}.{name}` is of AiiDA 0.10, use `{today}.{attribute}`'
            warn_deprecation(text, version=3, stacklevel=stacklevel)
        return value

    return load, lambda: sorted(names)


def provide_modules(
    package: str, modules: Mapping[str, Mapping[str, str]], homes: Mapping[str, str] | None = None
) -> None:
    """Let the modules of a package of older days be imported, without there being a file for each.

    :param package: the name of the package.
    :param modules: for each module the names in it, as for :func:`older_names`; so are ``homes``, for all of them.
    """
    for short, names in modules.items():
        name = f'{package}.{short}'
        module = ModuleType(name, f'`{name}` of AiiDA 0.10.')
        module.__spec__ = ModuleSpec(name, None, is_package=True)
        module.__package__ = name
        module.__path__ = []  # modules below it are found in `sys.modules`
        vars(module)['__getattr__'], vars(module)['__dir__'] = older_names(name, names, homes=homes)
        vars(module)['__all__'] = tuple(sorted(names))  # scripts import a star from it
        sys.modules[name] = module
        parent, _, last = name.rpartition('.')
        setattr(sys.modules[parent], last, module)

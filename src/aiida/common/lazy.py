"""Names of a package that are imported when they are first asked for (PEP 562), so that the package itself is light."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

__all__ = ('lazy_exports',)


def lazy_exports(
    namespace: dict[str, Any], homes: Mapping[str, str], submodules: Collection[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package binds to ``__getattr__`` and ``__dir__``.

    :param namespace: ``globals()`` of the package; a name stays there once it was imported.
    :param homes: the module of each name.
    :param submodules: names of modules of the package that are attributes of it without having been imported.
    """
    package = namespace['__name__']

    def load(name: str) -> Any:
        """Import a name when it is first asked for."""
        if name in submodules:
            return import_module(f'{package}.{name}')
        home = homes.get(name)
        if home is None:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        value = namespace[name] = getattr(import_module(home), name)
        return value

    def names() -> list[str]:
        """Return the names that can be asked for."""
        return sorted({*namespace, *homes})

    return load, names

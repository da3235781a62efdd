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
    :param submodules: names of modules that ``dir`` shows. Any module of the package is an attribute of it without
        having been imported, as ``package.module.name`` is how plugins reach some of them.
    """
    package = namespace['__name__']

    def load(name: str) -> Any:
        """Import a name when it is first asked for."""
        home = homes.get(name)
        if home is None:
            from importlib.util import find_spec

            if not name.startswith('__') and find_spec(f'{package}.{name}') is not None:
                return import_module(f'{package}.{name}')
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        value = namespace[name] = getattr(import_module(home), name)
        return value

    def names() -> list[str]:
        """Return the names that can be asked for."""
        return sorted({*namespace, *homes, *submodules})

    return load, names

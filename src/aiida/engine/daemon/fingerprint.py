"""Which code a worker has loaded, and what of it has changed on the disk since.

A fingerprint says of each place where code was found, a package or a module that is alone, what its files looked like:
a digest of their paths, sizes and times of change. The worker writes it; whoever asks compares it with the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ('Change', 'LoadedCode', 'changes', 'code_folders')

#: Folders in which there is no code.
_NO_CODE = {'__pycache__', 'tests', 'node_modules'}


class Change(NamedTuple):
    """A file or folder of code that is not as it was loaded; ``when`` is in seconds since the epoch, if it is known."""

    path: str
    when: float | None


class LoadedCode:
    """The code of this program: of ``aiida``, of the plugins that are installed, and what else users have written."""

    def __init__(self) -> None:
        self._digests = {place: _digest(place) for place in code_folders()}
        self._modules_seen = 0

    def fingerprint(self) -> str:
        """Return what was loaded, for :func:`changes`."""
        return json.dumps(self._digests)

    def look(self) -> bool:
        """Note the modules that were imported since the last look, and return whether any counts.

        Those count that are neither in a place that is known nor installed, as from a folder of ``PYTHONPATH``.
        """
        if len(sys.modules) == self._modules_seen:
            return False
        self._modules_seen = len(sys.modules)
        new = {place for name, module in list(sys.modules.items()) if (place := _place(name, module))}
        new = {place for place in new if not _is_inside(place, self._digests)}
        self._digests.update({place: _digest(place) for place in sorted(new)})
        return bool(new)


def changes(fingerprint: str) -> list[Change]:
    """Return what has changed on the disk since somebody noted this fingerprint."""
    try:
        noted: dict[str, str] = json.loads(fingerprint)
        places = dict(noted)
    except (ValueError, TypeError):  # of a release that wrote something else
        return [Change(code_folders()[0], None)]
    changed = [place for place, digest in places.items() if _digest(place) != digest]
    changed += [place for place in code_folders() if place not in places]
    return [_latest(place) for place in changed]


def _digest(place: str) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path, changed, size in sorted(_python_files(place)):
        digest.update(f'{path}\0{changed}\0{size}\n'.encode())
    return digest.hexdigest()


def _latest(place: str) -> Change:
    """Return the file in a place that was changed last."""
    files = [(changed, path) for path, changed, _ in _python_files(place)]
    if not files:
        return Change(place, None)
    changed, path = max(files)
    return Change(path, changed / 1e9)


def _place(name: str, module: Any) -> str | None:
    """Return the folder of the package that a module is in, or its file if it is alone; ``None`` if it is installed."""
    path = getattr(module, '__file__', None)
    if name == '__main__' or not isinstance(path, str) or not path.endswith(('.py', '.so')) or _is_installed(path):
        return None
    package = getattr(sys.modules.get(name.partition('.')[0]), '__file__', None)
    real = os.path.realpath(path)
    if isinstance(package, str) and os.path.basename(package) == '__init__.py':
        folder = os.path.dirname(os.path.realpath(package))
        if _is_inside(real, {folder}):
            return folder
    return real


def _is_installed(path: str) -> bool:
    return _is_inside(path, _installed_folders()) or 'site-packages' in path or 'dist-packages' in path


@cache
def _installed_folders() -> frozenset[str]:
    paths = sysconfig.get_paths()
    folders = {paths[key] for key in ('stdlib', 'platstdlib', 'purelib', 'platlib')} | {site.getusersitepackages()}
    return frozenset(folders | {os.path.realpath(folder) for folder in folders})


def _is_inside(path: str, folders: Any) -> bool:
    """Return whether a path is one of several, or below one of them."""
    return path in folders or any(path.startswith(folder + os.sep) for folder in folders)


def code_folders() -> list[str]:
    """Return the folders of the packages whose code counts, and the files of modules that are alone."""
    found = {str(Path(__file__).resolve().parents[2])}
    for package in _plugin_packages():
        found.update(_locations(package))
    return sorted(found)


def _plugin_packages() -> set[str]:
    """Return the top-level packages that the entry points of plugins are in."""
    from aiida.plugins.registry import foreign_class_index

    return {value.partition(':')[0].partition('.')[0] for value in foreign_class_index()} - {'aiida'}


def _locations(package: str) -> list[str]:
    from importlib.util import find_spec

    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations:
        return [os.path.realpath(folder) for folder in spec.submodule_search_locations]
    return [os.path.realpath(spec.origin)] if spec.origin and os.path.isfile(spec.origin) else []


def _python_files(path: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, time of change in ns and size in bytes of each Python file below a folder, or of a file."""
    if os.path.isfile(path):
        state = os.stat(path)
        yield path, state.st_mtime_ns, state.st_size
        return
    try:
        entries = list(os.scandir(path))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in _NO_CODE and not entry.name.startswith('.'):
                yield from _python_files(entry.path)
        elif entry.name.endswith(('.py', '.so', '.sql')):
            try:
                state = entry.stat()
            except OSError:  # an editor replaces it at this moment
                continue
            yield entry.path, state.st_mtime_ns, state.st_size

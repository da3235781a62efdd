"""Which code a worker has loaded: a fingerprint of the files of this program and of the plugins that are installed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ('code_folders', 'current_fingerprint')

#: Folders in which there is no code.
_NO_CODE = {'__pycache__', 'tests', 'node_modules'}


def current_fingerprint() -> str:
    """Return a text that changes when code on the disk does.

    Path, time of change and size count, of each file of ``aiida`` and of the packages that have entry points of AiiDA;
    not the content. It is the same in every program of an environment, whatever it has loaded.
    """
    digest = hashlib.blake2b(digest_size=16)
    for folder in code_folders():
        for path, changed, size in sorted(_python_files(folder)):
            digest.update(f'{path}\0{changed}\0{size}\n'.encode())
    return digest.hexdigest()


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

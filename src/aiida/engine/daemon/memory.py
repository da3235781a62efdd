"""How much memory a worker has taken, and how much it may take before another one takes its place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ('MEGABYTE', 'MemoryLimit', 'machine_memory', 'resident_memory')

MEGABYTE = 1_000_000  # bytes

#: The share of the memory of the machine that a worker may take unless told otherwise: it is far more than a worker
#: needs for itself, and the kernel does not end anything yet.
_SHARE = 0.25
#: How often more than at its start a worker may take at least.
_ROOM = 2
_CGROUPS = Path('/sys/fs/cgroup')


def resident_memory() -> int:
    """Return how much memory this program has, in bytes."""
    try:
        pages = int(Path('/proc/self/statm').read_text(encoding='ascii').split()[1])
    except (OSError, ValueError, IndexError):
        import psutil

        return int(psutil.Process().memory_info().rss)
    return pages * os.sysconf('SC_PAGESIZE')


def machine_memory() -> int:
    """Return how much memory there is for this program, in bytes: that of the machine, or of its control group."""
    import psutil

    return min(int(psutil.virtual_memory().total), *_group_limits())


def _group_limits() -> Iterator[int]:
    """Yield the limits of the control groups that this program is in."""
    yield 1 << 62
    files = [_CGROUPS / 'memory.max', _CGROUPS / 'memory' / 'memory.limit_in_bytes']
    with contextlib.suppress(OSError):
        for line in Path('/proc/self/cgroup').read_text(encoding='utf8').splitlines():
            group = Path(line.rpartition(':')[2].lstrip('/'))
            files.extend(_CGROUPS / folder / 'memory.max' for folder in (group, *group.parents))
    for path in files:
        with contextlib.suppress(OSError, ValueError):  # the text `max` says that there is none
            yield int(path.read_text(encoding='ascii'))


class MemoryLimit:
    """Says whether this program has grown too large."""

    def __init__(self, megabytes: int | None) -> None:
        """
        :param megabytes: how much it may take; ``None`` for a quarter of the machine's memory, 0 for no limit.
        """
        self.at_start = resident_memory()
        wanted = int(machine_memory() * _SHARE) if megabytes is None else megabytes * MEGABYTE
        #: Whether no worker keeps to what was wished.
        self.is_too_low = 0 < wanted <= self.at_start
        # what a worker needs anyway does not become less in the one that takes its place
        self.bytes = max(wanted, _ROOM * self.at_start) if wanted > 0 else 0

    def is_exceeded(self) -> bool:
        """Return whether the program has more than it may have now."""
        return 0 < self.bytes < resident_memory()

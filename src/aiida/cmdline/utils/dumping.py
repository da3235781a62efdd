"""What the commands that dump have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiida.cmdline.utils import echo

__all__ = ('dumped', 'dumping')


@contextmanager
def dumping() -> Iterator[None]:
    """Show a bar while something is dumped, and end the command with the reason if it cannot be."""
    from aiida.common.exceptions import AiidaException
    from aiida.common.progress_reporter import set_progress_bar_tqdm, set_progress_reporter

    set_progress_bar_tqdm()
    try:
        yield
    except (AiidaException, ValueError, OSError) as exception:
        echo.echo_critical(str(exception))
    finally:
        set_progress_reporter(None)


def dumped(what: str, folder: Path, dry_run: bool) -> None:
    """Say that something was dumped, or that it was not."""
    if dry_run:
        echo.echo_success('Nothing was written, as you asked by `--dry-run`.')
    else:
        echo.echo_success(f'{what} dumped into {folder}')

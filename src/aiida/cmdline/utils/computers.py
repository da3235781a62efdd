"""What is told of computers that keep failing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from aiida.cmdline.utils import echo

if TYPE_CHECKING:
    from aiida.orm import Computer

__all__ = ('warn_of_holds',)


def warn_of_holds(computers: Collection[Computer] | None = None) -> None:
    """Say which computers are held, so that jobs wait for them, and what to do about it.

    :param computers: which to look at; all for ``None``.
    """
    from aiida.orm import load_computer
    from aiida.orm.backend import get_store

    labels = None if computers is None else {computer.pk: computer.label for computer in computers}
    store = get_store()
    for hold in store.list_holds():
        if hold.until is None or (labels is not None and hold.computer_id not in labels):
            continue
        from aiida.engine.runtime.holding import describe

        label = load_computer(pk=hold.computer_id).label if labels is None else labels[hold.computer_id]
        text = describe(hold, label, store.now())
        echo.echo_warning(text[:1].upper() + text[1:])

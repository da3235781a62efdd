"""The simplest monitor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiida.orm import CalcJobNode
    from aiida.transports import Transport

__all__ = ('always_kill',)


def always_kill(node: CalcJobNode, transport: Transport) -> str | None:
    """Have any job killed whose script is on the computer; good for trying out monitors."""
    script = os.path.join(str(node.get_remote_workdir()), str(node.get_option('submit_script_filename')))
    if not transport.isfile(script):
        return None
    return f'Killed by `always_kill`, which found the script {os.path.basename(script)}'

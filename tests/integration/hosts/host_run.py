"""Runs a process in this program, as a script of a user does: PATH."""

from __future__ import annotations

import sys

from aiida import load_profile, orm
from aiida.engine import run_get_node

load_profile()

from host_processes import Launching  # noqa: E402

node = run_get_node(Launching, path=orm.Str(sys.argv[1])).node
print(node.pk, node.exit_status, flush=True)

"""Groups of commands."""

from __future__ import annotations

from aiida.cmdline.groups.verdi import VerdiCommand, VerdiCommandGroup, VerdiContext

__all__ = ('VerdiCommand', 'VerdiCommandGroup', 'VerdiContext')

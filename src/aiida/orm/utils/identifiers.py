"""Identifiers of new entities."""

from __future__ import annotations

from os import urandom

__all__ = ('new_uuid',)


def new_uuid() -> str:
    """Return a random identifier (version 4); quicker than going through an instance of ``uuid.UUID``."""
    digits = urandom(16).hex()
    variant = '89ab'[int(digits[16], 16) & 3]
    return f'{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}'

"""Types that several rooms speak of."""

from __future__ import annotations

import pathlib

__all__ = ('FilePath',)

FilePath = str | pathlib.PurePath

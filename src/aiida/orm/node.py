"""`aiida.orm.node` of AiiDA 0.10."""

from __future__ import annotations

from aiida.common.older_modules import older_names

__getattr__, __dir__ = older_names(__name__, {'Node': 'aiida.orm:Node'})

"""`aiida.orm.group` of AiiDA 0.10."""

from __future__ import annotations

from aiida.common.older_modules import older_names

__getattr__, __dir__ = older_names(__name__, {'Group': 'aiida.orm:Group'})

"""Options, arguments and types of parameters that commands share."""

from __future__ import annotations

from aiida.common.lazy import lazy_exports

__getattr__, __dir__ = lazy_exports(globals(), {}, ('arguments', 'options', 'types'))

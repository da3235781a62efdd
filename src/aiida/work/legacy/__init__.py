"""`aiida.work.legacy` of AiiDA 0.10: what was older still then."""

from __future__ import annotations

from aiida.common.lazy import lazy_exports

__all__ = ()

__getattr__, __dir__ = lazy_exports(globals(), {}, ('job_process', 'wait_on'))

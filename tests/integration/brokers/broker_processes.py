"""Processes that workers and other programs import."""

from __future__ import annotations

import time
from typing import Any

from aiida import orm
from aiida.engine import WorkChain, while_


class Ticking(WorkChain):
    """Takes short steps until it has taken as many as it is told."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('ticks', valid_type=orm.Int)
        spec.outline(while_(cls.goes_on)(cls.tick))

    def goes_on(self) -> bool:
        return self.ctx.get('tick', 0) < self.inputs.ticks.value

    def tick(self) -> None:
        self.ctx.tick = self.ctx.get('tick', 0) + 1
        time.sleep(0.02)

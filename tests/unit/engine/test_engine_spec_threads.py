"""A specification that several threads ask for first."""

from __future__ import annotations

import threading
import time
from typing import Any

from aiida.engine import WorkChain


def test_no_thread_sees_a_specification_that_is_being_built() -> None:
    class Slow(WorkChain):
        @classmethod
        def define(cls, spec: Any) -> None:
            super().define(spec)
            assert cls.spec() is spec
            time.sleep(0.05)
            spec.input('late')

    seen: list[bool] = []
    threads = [threading.Thread(target=lambda: seen.append('late' in Slow.spec().inputs)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 4

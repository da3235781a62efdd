"""What is built of a class when it is first used, by several threads at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiida.engine import ProcessState, WorkChain


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


def test_threads_that_first_make_a_process_at_the_same_time() -> None:
    class Slowly(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            for state in super().__iter__():
                time.sleep(0.01)
                yield state

    class Threaded(WorkChain):
        @classmethod
        def get_states(cls) -> Any:
            return Slowly(super().get_states())

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(Threaded.get_state_class, ProcessState.FINISHED) for _ in range(4)]
        assert {future.result().LABEL for future in found} == {ProcessState.FINISHED}

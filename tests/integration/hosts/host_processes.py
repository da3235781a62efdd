"""Processes that note on which host their steps are done."""

from __future__ import annotations

import os
import pathlib
import time
from typing import Any

from aiida import orm
from aiida.engine import ToContext, WorkChain


def note(path: str, text: str = '') -> None:
    """Write a line that names this host."""
    with open(path, 'a', encoding='utf8') as file:
        file.write(f'{os.environ["HOST_OF_TESTS"]}{text}\n')


def await_file(path: str) -> None:
    end = time.monotonic() + 60  # a test that fails does not keep its program from ending
    while not pathlib.Path(path).exists() and time.monotonic() < end:
        time.sleep(0.02)


class Short(WorkChain):
    """One step that takes a moment."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.input('seconds', valid_type=orm.Float)
        spec.outline(cls.go)

    def go(self) -> None:
        note(self.inputs.path.value)
        time.sleep(self.inputs.seconds.value)


class UntilFile(WorkChain):
    """Its first step ends when a file is there."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.outline(cls.wait, cls.after)

    def wait(self) -> None:
        note(f'{self.inputs.path.value}.begun')
        await_file(self.inputs.path.value)

    def after(self) -> None:
        note(f'{self.inputs.path.value}.after')


class Launching(WorkChain):
    """Launches one that waits for a file, and waits for another file itself before the step ends."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.outline(cls.launch, cls.end)

    def launch(self) -> Any:
        path = self.inputs.path.value
        child = self.submit(UntilFile, path=orm.Str(f'{path}-child'))
        note(f'{path}.begun')
        await_file(path)
        return ToContext(child=child)

    def end(self) -> Any:
        return 0 if self.ctx.child.is_finished_ok else 1

"""Processes that workers import."""

from __future__ import annotations

import contextlib
import pathlib
import threading
import time
from typing import Any

from plumpy.process_states import Wait

from aiida import orm
from aiida.common.datastructures import CalcInfo, CodeInfo
from aiida.common.exceptions import StoringNotAllowed
from aiida.engine import CalcJob, Process, ToContext, WorkChain, append_, calcfunction, run_get_node

#: Set by a test that has seen enough.
ENOUGH = threading.Event()


@calcfunction
def increment(number: Any) -> Any:
    return orm.Int(number.value + 1)


class Simple(WorkChain):
    """One more than a number."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('number', valid_type=orm.Int)
        spec.output('number', valid_type=orm.Int)
        spec.outline(cls.first)

    def first(self) -> None:
        self.out('number', increment(self.inputs.number))


class Parent(WorkChain):
    """Launches as many as it is told, and waits for them."""

    _child: Any = Simple

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('children', valid_type=orm.Int)
        spec.outline(cls.launch, cls.inspect)
        spec.exit_code(400, 'ERROR_CHILD', message='a child failed')

    def launch(self) -> None:
        for number in range(self.inputs.children.value):
            self.to_context(children=append_(self.submit(self._child, **self._inputs(number))))

    def _inputs(self, number: int) -> dict[str, Any]:
        return {'number': orm.Int(number)}

    def inspect(self) -> Any:
        finished = all(child.is_finished_ok for child in self.ctx.children)
        return (
            None if finished and len(self.ctx.children) == self.inputs.children.value else self.exit_codes.ERROR_CHILD
        )


class UntilFile(WorkChain):
    """Its first step ends when a file is there."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.outline(cls.wait, cls.after)

    def wait(self) -> None:
        path = pathlib.Path(self.inputs.path.value)
        path.with_suffix('.begun').touch()
        end = time.monotonic() + 60  # a test that fails does not keep its program from ending
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.01)

    def after(self) -> None:
        pathlib.Path(self.inputs.path.value).with_suffix('.after').touch()


class ParentOfUntilFile(WorkChain):
    """Waits for one that waits for a file."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.outline(cls.launch, cls.end)

    def launch(self) -> Any:
        return ToContext(child=self.submit(UntilFile, path=self.inputs.path))

    def end(self) -> Any:
        return 0 if self.ctx.child.is_finished_ok else 1


class Computing(WorkChain):
    """Computes for some seconds, without ever waiting."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('seconds', valid_type=orm.Float)
        spec.outline(cls.compute)

    def compute(self) -> None:
        end = time.monotonic() + self.inputs.seconds.value
        while time.monotonic() < end and not ENOUGH.is_set():
            sum(range(1000))


class Nesting(WorkChain):
    """Runs others in a step, instead of submitting them."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.output('number', valid_type=orm.Int)
        spec.outline(cls.nest)

    def nest(self) -> None:
        _, parent = run_get_node(Parent, children=orm.Int(2))
        assert parent.is_finished_ok
        outputs, _ = run_get_node(Simple, number=orm.Int(5))
        self.out('number', outputs['number'])


class Raising(WorkChain):
    """Raises."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.outline(cls.go)

    def go(self) -> None:
        raise StopIteration('for no reason')


class Unfit(orm.Int):
    """A number that cannot be stored: no entry point names its class."""


class Stumbling(WorkChain):
    """Launches what cannot be stored, does not mind, and launches another."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.outline(cls.stumble)

    def stumble(self) -> None:
        with contextlib.suppress(StoringNotAllowed):
            self.submit(Simple, number=Unfit(1))
        self.submit(Simple, number=orm.Int(1))
        path = pathlib.Path(self.inputs.path.value)
        path.with_suffix('.begun').touch()
        while not path.exists():
            time.sleep(0.01)


class Resident(Process):
    """Waits as a job does, in the memory of its worker."""

    _node_class = orm.WorkflowNode

    async def run(self) -> Any:  # type: ignore[override]
        return Wait(msg='for nothing')


@calcfunction
def write_file(text: Any) -> Any:
    return orm.SinglefileData.from_string(text.value * (200_000 // len(text.value)))


class Writing(WorkChain):
    """Keeps a file of 200 kB."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('text', valid_type=orm.Str)
        spec.output('file', valid_type=orm.SinglefileData)
        spec.outline(cls.write)

    def write(self) -> None:
        self.out('file', write_file(self.inputs.text))


class Touching(CalcJob):
    """Ends when a file is there."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.input('path', valid_type=orm.Str)
        spec.inputs['metadata']['options']['resources'].default = {'num_machines': 1, 'num_mpiprocs_per_machine': 1}

    def prepare_for_submission(self, folder: Any) -> Any:
        with folder.open('in.sh', 'w') as handle:
            handle.write(f'until [ -e {self.inputs.path.value} ]; do sleep 0.1; done\n')
        info, code_info = CalcInfo(), CodeInfo()
        code_info.code_uuid, code_info.stdin_name = self.inputs.code.uuid, 'in.sh'
        info.codes_info = [code_info]
        return info

"""The names that steps, helpers and attributes of a plugin may not have are those of AiiDA and plumpy, no more."""

from __future__ import annotations

from typing import Any

import plumpy
import pytest
from conformance_public_api import documented

from aiida import engine, orm
from aiida.engine import BaseRestartWorkChain, CalcJob, Process, WorkChain, run_get_node

#: What the older documentation names, or a public attribute of a base class of plumpy's is made of.
ALSO = {'SaveKeys', 'SINGLE_OUTPUT_LINKNAME'}


@pytest.mark.parametrize('cls', [Process, WorkChain, CalcJob, BaseRestartWorkChain])
def test_a_process_has_no_public_name_beyond_those_of_aiida(cls: Any) -> None:
    known = set(dir(plumpy.WorkChain)) | ALSO
    for base in cls.__mro__:
        if hasattr(engine, base.__name__):
            known |= set(documented()['aiida.engine'].get(base.__name__, {}).get('members', ()))
    assert {name for name in dir(cls) if not name.startswith('_')} - known == set()


class Named(WorkChain):
    """Calls its attributes what it likes."""

    @classmethod
    def define(cls, spec: Any) -> None:
        super().define(spec)
        spec.output('total', valid_type=orm.Int)
        spec.outline(cls.first, cls.last)

    def first(self) -> None:
        self.attempts = self.fence = self.awaited = 'x'
        self.launched = self.orphans = self.life = 'y'

    def is_persistent(self) -> int:
        return 1

    def has_ended(self) -> int:
        return 2

    def last(self) -> None:
        self.out('total', orm.Int(self.is_persistent() + self.has_ended()).store())


def test_names_that_the_engine_might_have_wanted(profile: Any) -> None:
    _, node = run_get_node(Named)
    assert node.is_finished_ok, node.exception
    assert node.outputs.total.value == 3


@pytest.mark.parametrize('name', ['metadata', 'paused', 'state', 'transition_to', 'step', 'has_terminated', 'node'])
def test_a_helper_that_takes_the_name_of_the_machinery_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match=f'`{name}` is kept by the engine.*`Helped`'):
        type('Helped', (WorkChain,), {name: lambda self: None})


@pytest.mark.parametrize('name', ['kill', 'pause', 'submit', 'out', 'report'])
def test_a_helper_that_could_not_stand_in_for_a_method_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match=f'`{name}` is kept by the engine.*`Helped`'):
        type('Helped', (WorkChain,), {name: lambda self: None})


def test_methods_may_be_extended() -> None:
    class Extended(WorkChain):
        def kill(self, msg_text: str | None = None, force_kill: bool = False) -> Any:  # type: ignore[override]
            return super().kill(msg_text, force_kill)

        def report(self, msg: str, *args: Any) -> None:  # type: ignore[override]
            super().report(msg, *args)

        def submit(self, process: Any, inputs: Any = None, **kwargs: Any) -> Any:
            return super().submit(process, inputs, **kwargs)

        @property
        def metadata(self) -> Any:
            return super().metadata

        def on_terminated(self) -> None:
            super().on_terminated()

    assert Extended.kill is not WorkChain.kill

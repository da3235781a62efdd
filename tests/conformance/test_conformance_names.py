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

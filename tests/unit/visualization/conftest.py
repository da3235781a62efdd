"""A calculation and a work chain that calls it, as nodes by name."""

from __future__ import annotations

from typing import Any

import pytest

from aiida import orm
from aiida.common.links import LinkType


@pytest.fixture
def nodes(store: Any) -> dict[str, orm.Node]:
    """d1, dic, code -> c1 (a CalcJob) -> o1, r1; o1, d2 -> c2 -> o2; d1, d2 -> wc, which calls both and returns o2."""
    computer = orm.Computer('here', 'localhost', transport_type='core.local', scheduler_type='core.direct').store()
    found: dict[str, orm.Node] = {
        'd1': orm.Int(1).store(),
        'd2': orm.Int(2).store(),
        'dic': orm.Dict({'a': 1, 'b': 2}).store(),
        'code': orm.InstalledCode(computer=computer, filepath_executable='/bin/bash', label='bash').store(),
    }

    def add(name: str, node: orm.Node, *links: tuple[str, LinkType, str]) -> Any:
        for source, link_type, label in links:
            node.base.links.add_incoming(found[source], link_type, label)
        found[name] = node.store()
        return node

    chain = orm.WorkChainNode()
    chain.set_process_state('running')
    add('wc', chain, ('d1', LinkType.INPUT_WORK, 'first'), ('d2', LinkType.INPUT_WORK, 'ns__second'))
    job = orm.CalcJobNode(computer=computer)
    job.set_process_label('AddCalculation')
    job.set_process_state('finished')
    job.set_exit_status(0)
    add(
        'c1',
        job,
        ('d1', LinkType.INPUT_CALC, 'x'),
        ('dic', LinkType.INPUT_CALC, 'parameters'),
        ('code', LinkType.INPUT_CALC, 'code'),
        ('wc', LinkType.CALL_CALC, 'CALL'),
    )
    add('o1', orm.Int(10), ('c1', LinkType.CREATE, 'sum'))
    add('r1', orm.RemoteData(computer=computer, remote_path='/tmp/x'), ('c1', LinkType.CREATE, 'remote_folder'))
    function = orm.CalcFunctionNode()
    function.set_process_state('finished')
    function.set_exit_status(300)
    add(
        'c2',
        function,
        ('o1', LinkType.INPUT_CALC, 'a'),
        ('d2', LinkType.INPUT_CALC, 'b'),
        ('wc', LinkType.CALL_CALC, 'f'),
    )
    add('o2', orm.Int(20), ('c2', LinkType.CREATE, 'result'))
    found['o2'].base.links.add_incoming(chain, LinkType.RETURN, 'final')
    return found

"""Twenty programs of the operating system work on one profile at the same time: no error, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

PROGRAMS = 20
ROUNDS = 8

SCRIPT = textwrap.dedent(
    """
    import io, sys
    from aiida import load_profile, orm
    from aiida.engine import WorkChain, calcfunction, run_get_node

    load_profile()
    number, rounds = int(sys.argv[1]), int(sys.argv[2])


    @calcfunction
    def add(x, y):
        return orm.Int(x.value + y.value)


    class Twice(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.input('x', valid_type=orm.Int)
            spec.output('sum', valid_type=orm.Int)
            spec.outline(cls.first, cls.second)

        def first(self):
            self.ctx.sum = add(self.inputs.x, self.inputs.x)

        def second(self):
            self.out('sum', self.ctx.sum)


    group = orm.load_group('shared')
    shared = orm.load_node(label='everybody')
    for i in range(rounds):
        node = orm.Dict({'program': number, 'round': i}).store()
        orm.SinglefileData(io.BytesIO(b'%d %d' % (number, i)), filename='f').store()
        group.add_nodes(node)
        shared.base.extras.set(f'{number}_{i}', i)
        result, process = run_get_node(Twice, x=orm.Int(i))
        assert process.is_finished_ok and result['sum'].value == 2 * i
    """
)


def test_nothing_is_lost(profile, tmp_path) -> None:
    from aiida import orm
    from aiida.orm.backend import get_store

    group = orm.Group(label='shared').store()
    shared = orm.Int(1)
    shared.label = 'everybody'
    shared.store()
    script = tmp_path / 'program.py'
    script.write_text(SCRIPT)
    environment = {**os.environ, 'AIIDA_PATH': str(tmp_path)}
    programs = [
        subprocess.Popen(
            [sys.executable, str(script), str(number), str(ROUNDS)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(PROGRAMS)
    ]
    for program in programs:
        output, _ = program.communicate(timeout=240)
        assert program.returncode == 0, output
        assert output == ''
    total = PROGRAMS * ROUNDS

    def count(cls, **filters) -> int:
        return orm.QueryBuilder().append(cls, filters=filters).count()

    finished = {'attributes.exit_status': 0, 'attributes.sealed': True}
    assert count(orm.WorkChainNode, **finished) == count(orm.CalcFunctionNode, **finished) == total
    assert count(orm.WorkChainNode) == count(orm.CalcFunctionNode) == total
    assert count(orm.Dict) == group.count() == total
    assert len([key for key in shared.base.extras.all if key[0].isdigit()]) == total
    contents = {node.get_content() for node in orm.QueryBuilder().append(orm.SinglefileData).all(flat=True)}
    assert contents == {f'{number} {i}' for number in range(PROGRAMS) for i in range(ROUNDS)}
    store = get_store()
    assert store.list_checkpoints() == []
    assert list(store.select('SELECT count(*) FROM process_run', ())) == [(0,)]
    assert list(store.select('PRAGMA integrity_check', ())) == [('ok',)]

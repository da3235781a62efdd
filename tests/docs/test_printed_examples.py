"""Every code example of the three pages that ``docs/reference/examples`` is about is there, in a block that is run."""

from __future__ import annotations

import re

import pytest
from documents import DOCS

FOLDER = DOCS / 'reference' / 'examples'

#: Page: what each example of it has, by the line it begins at. ``0`` is the page on ``aiida.work`` of AiiDA 0.10, ``1``
#: the chapter on processes of AiiDA 1.0, ``2`` the reference of ``aiida.engine`` of AiiDA 2.2. White space is
#: all the same.
EXAMPLES = {
    'ports.md': {
        '1:23, an input': ('spec = ProcessSpec()', 'spec.input('),
        '1:27, an output': ('spec = ProcessSpec()', 'spec.output('),
        '1:31, a namespace': ("spec.input_namespace('namespace')",),
        '1:35, a nested namespace': ("spec.input_namespace('nested.namespace')",),
        '1:44, how it looks': ("'nested'", "'namespace'"),
        '1:61, what a port can say': (
            "spec.input('positive_number', required=False, default=Int(1), valid_type=(Int, Float), "
            'validator=is_number_positive)',
        ),
        '1:65, a validator': ('def is_number_positive(number):', 'return number >= 0'),
        '1:98, serializers': (
            'from aiida.engine import WorkChain',
            'class SerializeWorkChain(WorkChain):',
            'super(SerializeWorkChain, cls).define(spec)',
            "spec.input('a', serializer=to_aiida_type)",
            "spec.input('b', serializer=to_aiida_type)",
            "spec.input('c', serializer=to_aiida_type)",
            "self.out('a', self.inputs.a)",
            "self.out('b', self.inputs.b)",
            "self.out('c', self.inputs.c)",
        ),
        '1:122, a script that runs it': (
            '#!/usr/bin/env runaiida',
            'from serialize_workchain import SerializeWorkChain',
            "if __name__ == '__main__':",
            'a=1, b=1.2, c=True',
            "# Result: {'a': 1, 'b': 1.2, 'c': True}",
        ),
    },
    'exit-codes.md': {
        '1:139, the teapot': ("spec.exit_code(418, 'ERROR_I_AM_A_TEAPOT', 'the process had an identity crisis')",),
        '1:146, its node': ('load_node(', 'node.exit_status', '418', 'node.exit_message', 'identity crisis'),
    },
    'launching.md': {
        '1:181, submit': ('from aiida.engine import submit', 'node = submit(ArithmeticAddCalculation,'),
        '1:194, run': ('from aiida.engine import run', 'result = run(ArithmeticAddCalculation,'),
        '1:202, with the node or its number': (
            'from aiida.engine import run_get_node, run_get_pk',
            'result, node = run_get_node(ArithmeticAddCalculation,',
            'result, pk = run_get_pk(ArithmeticAddCalculation,',
        ),
        '1:211, by one name': (
            'result, node = run.get_node(ArithmeticAddCalculation,',
            'result, pk = run.get_pk(ArithmeticAddCalculation,',
        ),
        '1:221, inputs in a dictionary': (
            'inputs = {',
            "'x': orm.Int(1),",
            "'y': orm.Int(2)",
            'node = submit(ArithmeticAddCalculation, **inputs)',
        ),
        '1:237, process functions': (
            'from aiida.engine import calcfunction',
            'def add(x, y):',
            'return x + y',
            'result = add(x, y)',
            'result, node = add.run_get_node(x, y)',
            'result, pk = add.run_get_pk(x, y)',
        ),
    },
    'builder.md': {
        '1:254, a builder': ('builder = ArithmeticAddCalculation.get_builder()',),
        '1:261, what an input is for': ('"name": "code"', '"required": ', '"non_db": "False"', '"help":'),
        '1:273, setting inputs': (
            "builder.metadata.label = 'This is my calculation label'",
            "builder.metadata.description = 'An example calculation to demonstrate the process builder'",
            'builder.x = Int(1)',
            'builder.y = Int(2)',
        ),
        '1:280, how it looks': ('An example calculation to demonstrate the process builder', 'label'),
        '1:291, submitting it': ('builder.x = orm.Int(1)', 'builder.y = orm.Int(2)', 'node = submit(builder)'),
    },
    'looking.md': {
        '1:312, the list': ('$ verdi process list', 'PK Created', 'Process label', 'Process status'),
        '1:321, with what is terminated': ('$ verdi process list -a', 'Finished [0]', 'Total results: 4'),
        '1:332, of a state': ('$ verdi process list -S created', 'Total results: 1'),
        '1:340, of an exit status': ('$ verdi process list -E 0',),
        '1:361, the reports': ('$ verdi process report', '| REPORT]:'),
        '1:372, the tree': ('$ verdi process status', '└── '),
        '1:381, all there is': (
            '$ verdi process show',
            'Property Value',
            'Inputs ',
            'Outputs ',
            'Called ',
            'log messages for this calculation',
        ),
    },
    'steering.md': {
        '1:424, the three commands': ('verdi process pause', 'verdi process play', 'verdi process kill'),
        '1:440, nobody answers': ('is unreachable',),
        '1:446, the answer': ('scheduled killing Process<',),
    },
    'restart.md': {
        '2:264, the outline': (
            'cls.setup',
            'while_(cls.should_run_process)(',
            'cls.run_process',
            'cls.inspect_process',
        ),
        '2:276, preparing inputs': ('cls.prepare_inputs',),
        '2:290, a handler': (
            '@process_handler',
            'def handle_problem(self, node):',
            'self.ctx.inputs',
            'return ProcessHandlerReport()',
        ),
    },
    'futures.md': {
        '2:1251, an interruption': (
            'import asyncio',
            'loop.call_soon(interruptable.interrupt, RuntimeError("STOP"))',
            'loop.run_until_complete(interruptable.with_interrupt(asyncio.sleep(2.)))',
            'RuntimeError: STOP',
        ),
    },
    'functions.md': {
        '2:2783, a calcfunction': (
            '@calcfunction',
            'def sum(a, b):',
            'r = sum(Int(4), Int(5))',
            '9',
            'r.base.links.get_incoming().all()',
            "r.base.links.get_incoming().get_node_by_label('result').base.links.get_incoming().all_nodes()",
        ),
        '2:2940, a workfunction': ('@workfunction', 'def select(a, b):', 'r = select(Int(4), Int(5))', '4'),
    },
    'legacy-work.md': {
        '0:75, an old workflow': (
            'import WorkChain, ToContext, Outputs',
            'class MyWf(WorkChain):',
            'super(MyWf, cls).define(spec)',
            'spec.outline(cls.step1, cls.step2)',
            'wf = OldEquationOfState()',
            'wf.start()',
            'return ToContext(eos=legacy_workflow(',
            '# Now self.ctx.eos contains the terminated workflow',
        ),
        '0:200, a work function': (
            'import workfunction as wf',
            '# Define the workfunction',
            '@wf def sum(a, b): return a + b',
            '# Run it with some input',
            'r = sum(Int(4), Int(5))',
            'print(r)',
            'r.get_inputs_dict()',
            "r.get_inputs_dict()['_return'].get_inputs()",
        ),
    },
}


def _plain(text: str) -> str:
    return re.sub(r'\s+', ' ', text).replace('>>> ', '').replace('... ', '')


def _blocks(page: str) -> str:
    """Return all that is in blocks of a page which are not left out."""
    text = (FOLDER / page).read_text(encoding='utf-8')
    found = re.findall(r'(<!-- skip: next -->\s*)?^```[a-z]*\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    return _plain('\n'.join(block for skipped, block in found if not skipped))


@pytest.mark.parametrize(('page', 'where'), [(page, where) for page, entries in EXAMPLES.items() for where in entries])
def test_printed_example(page: str, where: str) -> None:
    blocks = _blocks(page)
    assert [part for part in EXAMPLES[page][where] if _plain(part) not in blocks] == []


def test_every_page_is_looked_at() -> None:
    assert {path.name for path in FOLDER.glob('*.md')} == {*EXAMPLES, 'README.md'}

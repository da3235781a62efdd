"""Rows D and H in an interactive shell, and in a kernel of Jupyter where there is one."""

import atexit
import os
import sys

import pytest
from conformance_inventory import row

from aiida import orm
from aiida.engine import WorkChain, calcfunction


class Described(WorkChain):
    """Takes inputs that are described."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.input('number', valid_type=orm.Int, help='a number')
        spec.input('deep.text', valid_type=orm.Str, required=False, help='a text')


@pytest.fixture
def shell(runner):
    """A shell whose cells are run here."""
    interactiveshell = pytest.importorskip('IPython.core.interactiveshell', reason='IPython is not there')
    made = interactiveshell.InteractiveShell()
    made.user_ns.update(orm=orm, calcfunction=calcfunction, Described=Described)
    yield made
    atexit.unregister(made.atexit_operations)
    made.atexit_operations()


@row('D02')
def test_a_function_that_is_defined_in_a_cell(shell):
    shell.run_cell('@calcfunction\ndef cube(x):\n    return orm.Int(x.value**3)\n').raise_error()
    shell.run_cell('result, node = cube.run_get_node(2)').raise_error()
    assert shell.user_ns['result'].value == 8
    assert shell.user_ns['node'].get_source_code_function().splitlines()[1] == 'def cube(x):'
    shell.run_cell('@calcfunction\ndef cube(x):\n    return orm.Int(x.value * x.value * x.value)\n').raise_error()
    shell.run_cell('other = cube.run_get_node(2)[1]').raise_error()
    assert 'x.value * x.value' in shell.user_ns['other'].get_source_code_function()
    assert 'x.value**3' in shell.user_ns['node'].get_source_code_function()


@row('D02')
def test_a_function_that_is_defined_anew(runner, monkeypatch):
    made = []
    for number in (1, 2):
        namespace = {'calcfunction': calcfunction, 'orm': orm, '__name__': __name__}
        exec(f'@calcfunction\ndef defined_anew(x):\n    return orm.Int({number})\n', namespace)
        made.append(namespace['defined_anew'])
        monkeypatch.setattr(sys.modules[__name__], 'defined_anew', made[-1], raising=False)
        assert made[-1].run_get_node(1)[1].process_class is made[-1]
    assert made[0] is not made[1]


@row('H04', 'H05', 'H07')
def test_a_builder_in_a_shell(shell):
    completer = pytest.importorskip('IPython.core.completer')
    shell.run_cell('builder = Described.get_builder()\nbuilder.number = 3').raise_error()
    for text, expected in (('builder.', {'number', 'deep', 'metadata'}), ('builder.deep.', {'text'})):
        with completer.provisionalcompleter():
            found = {completion.text.lstrip('.') for completion in shell.Completer.completions(text, len(text))}
        assert expected <= found
    assert {'number', 'deep'} <= set(shell.user_ns['builder']._ipython_key_completions_())
    assert 'a number' in shell.object_inspect_text('builder.number')
    assert 'a text' in shell.object_inspect_text('builder.deep')
    shown = shell.display_formatter.format(shell.user_ns['builder'])[0]['text/plain']
    assert shown == 'Process class: Described\nInputs:\nnumber: 3\n'


@row('D06', 'I01')
@pytest.mark.slow
def test_a_kernel_of_jupyter(profile, monkeypatch):
    """The cells of a notebook are run by an event loop, in a program of their own."""
    for name in ('ipykernel', 'nbformat'):
        pytest.importorskip(name, reason=f'{name} is not there')
    nbclient = pytest.importorskip('nbclient', reason='nbclient is not there')
    import nbformat

    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(path for path in sys.path if path))
    cells = (
        'from aiida import load_profile, orm\n'
        'from aiida.engine import WorkChain, calcfunction, run_get_node\n'
        'load_profile()\n'
        '@calcfunction\n'
        'def square(x):\n'
        '    return orm.Int(x.value**2)\n'
        'result, node = square.run_get_node(7)\n'
        "assert 'x.value**2' in node.get_source_code_function()\n"
        'result.value',
        'async def asked():\n    return square(8).value\nawait asked()',
        'class Chain(WorkChain):\n'
        '    @classmethod\n'
        '    def define(cls, spec):\n'
        '        super().define(spec)\n'
        "        spec.input('x', valid_type=orm.Int)\n"
        "        spec.output('y')\n"
        '        spec.outline(cls.only)\n'
        '    def only(self):\n'
        "        self.out('y', square(self.inputs.x))\n"
        'builder = Chain.get_builder()\n'
        'builder.x = 9\n'
        "run_get_node(builder)[0]['y'].value",
        'builder',
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name='python3').execute()
    shown = [cell.outputs[-1]['data']['text/plain'] for cell in notebook.cells]
    assert shown == ['49', '64', '81', 'Process class: Chain\nInputs:\nx: 9\n']

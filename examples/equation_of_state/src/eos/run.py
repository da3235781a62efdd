"""The demonstration: ``python -m eos``."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from aiida import orm

WRONG_INPUT = 2
FAILED = 3
INTERRUPTED = 130  # as shells have it: 128 + SIGINT


def refuse(message: str, status: int = WRONG_INPUT) -> NoReturn:
    """End the program with a message on the standard error."""
    click.secho('Error: ', fg='red', bold=True, nl=False, err=True)
    click.echo(message, err=True)
    sys.exit(status)


def use_folder(folder: Path) -> Path:
    """Let the configuration live in ``folder``; to be called before anything of the engine is imported."""
    folder = folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ['AIIDA_PATH'] = str(folder)
    return folder


def gather_inputs(
    code: orm.AbstractCode, symbol: str, lattice_constant: float | None, points: int, strain_range: float
) -> dict[str, Any]:
    """Return the inputs of the work chain; the program ends if they are not valid."""
    from aiida import orm
    from eos.workchain import EquationOfStateWorkChain

    inputs = {
        'code': code,
        'symbol': orm.Str(symbol),
        'number_of_points': orm.Int(points),
        'strain_range': orm.Float(strain_range),
        'metadata': {'label': f'Equation of state of {symbol}'},
    }
    if lattice_constant is not None:
        inputs['lattice_constant'] = orm.Float(lattice_constant)
    error = EquationOfStateWorkChain.spec().inputs.validate(inputs)
    if error is not None:
        refuse(f'{error.port.removeprefix("inputs.")}: {error.message}')
    return inputs


def make_console() -> Console:
    """Return what is printed to; with ``NO_COLOR`` in the environment, text is not made bold or dim either."""
    from rich.console import Console

    return Console(highlight=False, color_system=None if os.environ.get('NO_COLOR') else 'auto')


def print_table(console: Console, table: Table) -> None:
    """Print a table without blanks at the ends of its lines."""
    with console.capture() as capture:
        console.print(table)
    console.file.write(''.join(f'{line.rstrip()}\n' for line in capture.get().splitlines()))


def print_results(console: Console, node: orm.WorkChainNode, direct: dict[str, float]) -> None:
    """Print the points, and the fit beside the values that ASE alone gives."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    points = node.outputs.points
    table = Table(title='Points', box=SIMPLE_HEAD, title_justify='left')
    for heading in ('volume (Å³)', 'energy (eV)', 'pressure (GPa)'):
        table.add_column(heading, justify='right')
    rows = zip(*(points.get_array(name) for name in ('volume', 'energy', 'pressure')), strict=True)
    for volume, energy, pressure in rows:
        table.add_row(f'{volume:.4f}', f'{energy:.6f}', f'{pressure:.3f}')
    print_table(console, table)

    fit = node.outputs.fit.get_dict()
    table = Table(title='Birch–Murnaghan fit', box=SIMPLE_HEAD, title_justify='left')
    for heading, justify in (('', 'left'), ('this run', 'right'), ('ASE alone', 'right'), ('unit', 'left')):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for name, digits, unit in (('V0', 4, 'Å³'), ('E0', 6, 'eV'), ('B0', 3, 'GPa'), ('B0_prime', 3, '')):
        table.add_row(name.replace('_prime', "'"), f'{fit[name]:.{digits}f}', f'{direct[name]:.{digits}f}', unit)
    print_table(console, table)


def write_pictures(folder: Path, node: orm.WorkChainNode, symbol: str) -> None:
    """Write the curve and the graph of the provenance."""
    from eos.environment import verdi
    from eos.plot import draw

    points = {name: node.outputs.points.get_array(name) for name in ('volume', 'energy', 'pressure')}
    draw(folder / 'eos.png', f'{symbol} (fcc), effective medium theory', points, node.outputs.fit.get_dict())
    verdi('node', 'graph', 'generate', '-f', 'svg', '-O', str(folder / 'provenance.svg'), str(node.pk))


def from_here(path: Path) -> Path:
    """Return a path as seen from the working directory, if it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def print_next(console: Console, folder: Path, node: orm.WorkChainNode) -> None:
    """Say what to look at and which commands to try."""
    from rich.markup import escape

    job = next(child for child in node.called if child.process_label == 'EmtCalculation')
    shown = from_here(folder)
    commands = [
        (
            f'export AIIDA_PATH="{shown}"' if shown.is_absolute() else f'export AIIDA_PATH="$PWD/{shown}"',
            'this profile',
        ),
        ('verdi process list -a', 'everything that ran'),
        (f'verdi process status {node.pk}', 'who called whom'),
        (f'verdi process show {node.pk}', 'inputs, outputs, calls'),
        (f'verdi process report {node.pk}', 'what the work chain said'),
        (f'verdi calcjob inputcat {job.pk}', 'a file as the program got it'),
        (f'verdi calcjob res {job.pk}', 'and what came of it'),
    ]
    activate = Path(sys.prefix) / 'bin' / 'activate'
    if activate.exists() and os.environ.get('VIRTUAL_ENV') != sys.prefix:
        commands.insert(0, (f'. {from_here(activate)}', 'put verdi on the PATH'))

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    say(escape(f'Pictures: {shown / "eos.png"}, {shown / "provenance.svg"}'))
    say('\nAll of it is kept, and linked. To look around:')
    for command, what in commands:
        say(f'  {escape(f"{command:<44}")} [dim]# {what}[/dim]')


@click.command(context_settings={'help_option_names': ['-h', '--help'], 'show_default': True})
@click.option('--symbol', default='Cu', help='An fcc metal: Ag, Al, Au, Cu, Ni, Pd or Pt.')
@click.option('--lattice-constant', type=float, help='In angstrom; the measured one if it is not given.')
@click.option('--points', type=int, default=7, help='Number of volumes, each one a job.')
@click.option('--strain-range', type=float, default=0.06, help='Largest relative change of the volume.')
@click.option('--code', 'label', default='emt@localhost', help='The code to run.')
@click.option(
    '--output',
    type=click.Path(file_okay=False, path_type=Path),
    default='demo-output',
    help='The folder of the profile and the pictures; a second run adds to it.',
)
def main(
    symbol: str, lattice_constant: float | None, points: int, strain_range: float, label: str, output: Path
) -> None:
    """Compute the equation of state of an fcc metal, and keep how it came about.

    Exit status: 0 if all went well, 2 for an input that is wrong, 3 if the work chain failed or the output cannot be
    written, 130 after Ctrl-C.
    """
    try:
        demonstrate(symbol, lattice_constant, points, strain_range, label, output)
    except OSError as exception:
        if exception.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        # what is left in the buffer is not to be complained of once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        refuse(f'the output cannot be written: {os.strerror(exception.errno)}', FAILED)


def demonstrate(
    symbol: str, lattice_constant: float | None, points: int, strain_range: float, label: str, output: Path
) -> None:
    """Do all of it; parameters as on the command line."""
    try:
        folder = use_folder(output)
    except OSError as exception:
        refuse(f'the folder {output} cannot be used: {exception}')
    from eos.environment import SetupError, load_code, prepare_code, prepare_profile

    console = make_console()
    try:
        prepare_profile(folder)
        prepare_code(folder)
        code = load_code(label)
    except SetupError as exception:
        refuse(str(exception))
    inputs = gather_inputs(code, symbol, lattice_constant, points, strain_range)
    node = run(console, inputs, points)
    if not node.is_finished_ok:
        refuse(
            f'{node.process_label}<{node.pk}> ended as {node.process_state.value} [{node.exit_status}]: '
            f'{node.exit_message}\nSee it with: AIIDA_PATH={folder} verdi process report {node.pk}',
            FAILED,
        )
    from eos.reference import compute_directly

    print_results(console, node, compute_directly(node.outputs.structure, points, strain_range))
    try:
        write_pictures(folder, node, symbol)
    except SetupError as exception:
        refuse(str(exception), FAILED)
    print_next(console, folder, node)


def run(console: Console, inputs: dict[str, Any], points: int) -> orm.WorkChainNode:
    """Run the work chain to its end, with a bar, and return its node."""
    from aiida.common import timezone
    from aiida.engine import run_get_node
    from eos.progress import count_states, describe, follow
    from eos.workchain import EquationOfStateWorkChain

    console.print(f'Equation of state of [bold]{inputs["symbol"].value}[/bold] from {points} volumes', highlight=False)
    start, started = time.perf_counter(), timezone.now()
    try:
        with follow(points, console, started):
            _, node = run_get_node(EquationOfStateWorkChain, **inputs)
    except KeyboardInterrupt:
        refuse(f'interrupted. {describe(count_states(started), points)}', INTERRUPTED)
    console.print(f'Done in {time.perf_counter() - start:.1f} s\n', highlight=False)
    return node


if __name__ == '__main__':
    main()

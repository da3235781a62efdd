"""The options of a job: what is told the scheduler and the script, and not part of what is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiida.engine.processes.calcjobs.stashing import define_stash_options
from aiida.engine.processes.calcjobs.validation import (
    computer_of,
    validate_additional_retrieve_list,
    validate_parser,
    validate_positive,
)
from aiida.orm import Computer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumpy.utils import AttributesFrozendict

    from aiida.engine.processes.process_spec import CalcJobProcessSpec

__all__ = ('complete_resources', 'define_options')


def define_options(spec: CalcJobProcessSpec) -> None:
    """Declare the metadata of a job."""
    spec.input(
        'metadata.dry_run',
        valid_type=bool,
        default=False,
        help='Whether only the files of the job are made, to be looked at.',
    )
    spec.input(
        'metadata.computer',
        valid_type=Computer,
        required=False,
        help='The computer to run on, for a code that is not installed on one.',
    )
    spec.input_namespace('metadata.options', required=False)
    spec.input('metadata.options.resources', valid_type=dict, required=True, help=_RESOURCES)
    _define_files(spec)
    _define_queue(spec)
    _define_script(spec)
    _define_results(spec)
    define_stash_options(spec)


def complete_resources(inputs: AttributesFrozendict | None) -> AttributesFrozendict | None:
    """Return inputs in whose resources the processes per machine that the computer has by default are filled in.

    Neither the given inputs nor the defaults of the ports are changed.
    """
    metadata: Mapping[str, Any] = inputs.get('metadata', {}) if inputs else {}
    options = metadata.get('options', {})
    computer = computer_of(inputs or {})
    if inputs is None or computer is None or not options.get('resources'):
        return inputs
    resources = dict(options['resources'])
    computer.get_scheduler().preprocess_resources(resources, computer.get_default_mpiprocs_per_machine())
    if resources == options['resources']:
        return inputs
    kind = type(inputs)
    options = kind({**options, 'resources': resources})
    return kind({**inputs, 'metadata': kind({**metadata, 'options': options})})


_RESOURCES = (
    'What the job needs of the computer, in the terms of its scheduler: machines and MPI processes on each for most, a '
    'parallel environment and a number of processes for some.'
)


def _define_files(spec: CalcJobProcessSpec) -> None:
    for name, default, text in (
        ('input_filename', None, 'The file the input of the program is written to.'),
        ('output_filename', None, 'The file the standard output of the program goes to.'),
        ('submit_script_filename', '_aiidasubmit.sh', 'The file the script is written to.'),
        ('scheduler_stdout', '_scheduler-stdout.txt', 'The file the standard output of the script goes to.'),
        ('scheduler_stderr', '_scheduler-stderr.txt', 'The file the errors of the script go to.'),
    ):
        port = f'metadata.options.{name}'
        if default is None:
            spec.input(port, valid_type=str, required=False, help=text)
        else:
            spec.input(port, valid_type=str, default=default, help=text)


def _define_queue(spec: CalcJobProcessSpec) -> None:
    for name, kind, text in (
        ('max_wallclock_seconds', int, 'How long the job may run, in seconds.'),
        ('queue_name', str, 'The queue the job goes to.'),
        ('rerunnable', bool, 'Whether the scheduler may start the job again.'),
        ('account', str, 'The account that pays.'),
        ('qos', str, 'The quality of service.'),
        ('priority', str, 'The priority in the queue.'),
        ('max_memory_kb', int, 'How much memory the job may use, in kB.'),
    ):
        validator = validate_positive if kind is int else None
        spec.input(f'metadata.options.{name}', valid_type=kind, required=False, validator=validator, help=text)
    spec.input(
        'metadata.options.custom_scheduler_commands',
        valid_type=str,
        default='',
        help='Lines for the scheduler at the head of the script, before any command.',
    )


def _define_script(spec: CalcJobProcessSpec) -> None:
    options = 'metadata.options.'
    spec.input(
        f'{options}withmpi', valid_type=bool, required=False, help='Whether the MPI launcher starts the program.'
    )
    spec.input(
        f'{options}mpirun_extra_params',
        valid_type=(list, tuple),
        default=list,
        help='Parameters of the MPI launcher after those the computer has.',
    )
    spec.input(
        f'{options}import_sys_environment',
        valid_type=bool,
        default=True,
        help='Whether the job sees the environment of who submits it.',
    )
    spec.input(
        f'{options}environment_variables',
        valid_type=dict,
        default=dict,
        help='Environment variables of the job.',
    )
    spec.input(
        f'{options}environment_variables_double_quotes',
        valid_type=bool,
        default=False,
        help='Whether the shell replaces variables in the values of the environment variables.',
    )
    spec.input(f'{options}prepend_text', valid_type=str, default='', help='Lines of the script before the program.')
    spec.input(f'{options}append_text', valid_type=str, default='', help='Lines of the script after the program.')


def _define_results(spec: CalcJobProcessSpec) -> None:
    spec.input(
        'metadata.options.parser_name',
        valid_type=str,
        required=False,
        validator=validate_parser,
        help='The parser of the results, by the name it is registered under.',
    )
    spec.input(
        'metadata.options.additional_retrieve_list',
        valid_type=(list, tuple),
        required=False,
        validator=validate_additional_retrieve_list,
        help='Files to be retrieved besides those the plugin asks for, as paths below the working directory.',
    )

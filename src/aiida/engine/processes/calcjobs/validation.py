"""Checks of the inputs of a job, before anything is stored."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import ConfigurationError, EntryPointError, NotExistent
from aiida.engine.processes.calcjobs.stashing import check_own_stashing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiida.orm import AbstractCode, Computer

__all__ = (
    'check_job',
    'computer_of',
    'validate_additional_retrieve_list',
    'validate_calc_job',
    'validate_monitors',
    'validate_parser',
    'validate_positive',
)


def validate_calc_job(inputs: Any, ctx: Any) -> str | None:
    """Return what is wrong with code, computer and resources taken together, ``None`` if nothing is.

    :param inputs: the inputs, by name of port.
    :param ctx: the ports; what a plugin removed of them is not asked for.
    """
    return check_own_stashing(inputs.get('metadata', {}).get('options', {})) or check_job(inputs, ctx)


def check_job(inputs: Any, ctx: Any, needs_code: bool = True) -> str | None:
    """Return what is wrong with code, computer and resources of any job, also of one that moves files only.

    :param needs_code: whether something has to be run.
    """
    metadata = inputs.get('metadata', {})
    if not metadata.get('store_provenance', True) and not metadata.get('dry_run', False):
        return (
            'a job cannot run with `metadata.store_provenance=False`, as its node says where it runs and what is to be '
            'retrieved; leave that out, or give `metadata.dry_run=True` to look at the files of the job only'
        )
    if not {'code', 'metadata'}.issubset(ctx) or 'computer' not in ctx['metadata']:
        return None
    code, computer, imported = inputs.get('code'), metadata.get('computer'), inputs.get('remote_folder')
    if needs_code and code is None and imported is None:
        return 'a job needs a `code` to run, or a `remote_folder` to be imported from: neither was given'
    problem = _check_computer(code, computer)
    if problem is not None:
        return problem
    computer = computer_of(inputs)
    if computer is None:
        return 'there is no computer to run on: give `metadata.computer`, or a `code` that is installed on one'
    return _check_resources(computer, metadata.get('options', {}))


def computer_of(inputs: Mapping[str, Any]) -> Computer | None:
    """Return the computer a job is to run on: its own, or that of its code, or that of what it is imported from."""
    computer: Computer | None = inputs.get('metadata', {}).get('computer')
    for given in (inputs.get('code'), inputs.get('remote_folder')):
        if computer is None and given is not None:
            computer = given.computer
    return None if computer is None else computer._as_read()


def _check_computer(code: AbstractCode | None, computer: Computer | None) -> str | None:
    if computer is not None and not computer.is_stored:
        return f'the computer {computer} in `metadata.computer` is not stored'
    if code is None:
        return None
    installed_on = code.computer
    if installed_on is not None and not installed_on.is_stored:
        return f'the computer {installed_on} of the code {code.full_label} is not stored'
    target = computer if computer is not None else installed_on
    if target is not None and not code.can_run_on_computer(target):
        return f'the code {code.full_label} cannot run on the computer {target.label}: it is on another one'
    return None


def _check_resources(computer: Computer, options: Any) -> str | None:
    """Check resources as the scheduler of the computer counts them, with the computer's defaults filled in."""
    try:
        scheduler_class = type(computer.get_scheduler())
    except (EntryPointError, ConfigurationError) as exception:
        return f'the scheduler plugin of the computer {computer.label} could not be loaded: {exception}'
    resources = dict(options.get('resources') or {})
    scheduler_class.preprocess_resources(resources, computer.get_default_mpiprocs_per_machine())
    try:
        scheduler_class.validate_resources(**resources)
    except (ValueError, TypeError) as exception:
        return (
            f'`metadata.options.resources` is not what the scheduler `{computer.scheduler_type}` of {computer.label} '
            f'takes: {exception}'
        )
    return None


def validate_parser(parser_name: Any, _: Any) -> str | None:
    """Return what is wrong with the name of a parser, ``None`` if it can be loaded."""
    if parser_name is None:
        return None
    from aiida.plugins.entry_point import load_entry_point

    try:
        load_entry_point('aiida.parsers', parser_name)
    except (EntryPointError, NotExistent) as exception:
        return f'the parser `{parser_name}` cannot be had: {exception}'
    return None


def validate_monitors(monitors: Any, _: Any) -> str | None:
    """Return what is wrong with monitors, ``None`` if they can be loaded and take their keywords."""
    from aiida.engine.processes.calcjobs.monitors import CalcJobMonitor

    known = {field.name for field in dataclasses.fields(CalcJobMonitor)}
    for key, monitor in monitors.items():
        given = monitor.get_dict()
        if 'entry_point' not in given or not given.keys() <= known:
            return (
                f'`monitors.{key}` takes `entry_point`, the name of the monitor, and maybe '
                f'{", ".join(sorted(known - {"entry_point"}))}; given are {sorted(given) or "no keys"}'
            )
        try:
            CalcJobMonitor(**given)
        except (EntryPointError, TypeError, ValueError) as exception:
            return f'`monitors.{key}` is invalid: {exception}'
    return None


def validate_positive(value: Any, _: Any) -> str | None:
    """Return what is wrong with an amount, ``None`` if it is not given or larger than zero."""
    return f'it must be larger than zero, not {value!r}' if value is not None and value <= 0 else None


def validate_additional_retrieve_list(additional_retrieve_list: Any, _: Any) -> str | None:
    """Return what is wrong with files to be retrieved, ``None`` if they are relative paths."""
    if not additional_retrieve_list:
        return None
    if any(not isinstance(path, str) or os.path.isabs(path) for path in additional_retrieve_list):
        return (
            f'`additional_retrieve_list` takes paths relative to the working directory, not {additional_retrieve_list}'
        )
    return None

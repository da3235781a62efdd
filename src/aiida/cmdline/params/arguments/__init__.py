"""Arguments that commands share."""

from __future__ import annotations

import click

from aiida.cmdline.params import types
from aiida.cmdline.params.arguments.overridable import OverridableArgument

__all__ = (
    'CALCULATION',
    'CALCULATIONS',
    'CODE',
    'CODES',
    'COMPUTER',
    'COMPUTERS',
    'CONFIG_OPTION',
    'DATA',
    'DATUM',
    'GROUP',
    'GROUPS',
    'INPUT_FILE',
    'LABEL',
    'NODE',
    'NODES',
    'OUTPUT_FILE',
    'OverridableArgument',
    'PROCESS',
    'PROCESSES',
    'PROFILE',
    'PROFILES',
    'USER',
    'WORKFLOW',
    'WORKFLOWS',
)

CALCULATION = OverridableArgument('calculation', type=types.CalculationParamType())
CALCULATIONS = OverridableArgument('calculations', nargs=-1, type=types.CalculationParamType())
CODE = OverridableArgument('code', type=types.CodeParamType())
CODES = OverridableArgument('codes', nargs=-1, type=types.CodeParamType())
COMPUTER = OverridableArgument('computer', type=types.ComputerParamType())
COMPUTERS = OverridableArgument('computers', nargs=-1, type=types.ComputerParamType())
CONFIG_OPTION = OverridableArgument('option', type=types.ConfigOptionParamType())
DATA = OverridableArgument('data', nargs=-1, type=types.DataParamType())
DATUM = OverridableArgument('datum', type=types.DataParamType())
GROUP = OverridableArgument('group', type=types.GroupParamType())
GROUPS = OverridableArgument('groups', nargs=-1, type=types.GroupParamType())
INPUT_FILE = OverridableArgument('input_file', metavar='INPUT_FILE', type=click.Path(exists=True))
LABEL = OverridableArgument('label', type=click.STRING)
NODE = OverridableArgument('node', type=types.NodeParamType())
NODES = OverridableArgument('nodes', nargs=-1, type=types.NodeParamType())
OUTPUT_FILE = OverridableArgument('output_file', metavar='OUTPUT_FILE', type=click.Path())
PROCESS = OverridableArgument('process', type=types.ProcessParamType())
PROCESSES = OverridableArgument('processes', nargs=-1, type=types.ProcessParamType())
PROFILE = OverridableArgument('profile', type=types.ProfileParamType())
PROFILES = OverridableArgument('profiles', nargs=-1, type=types.ProfileParamType())
USER = OverridableArgument('user', metavar='USER', type=types.UserParamType())
WORKFLOW = OverridableArgument('workflow', type=types.WorkflowParamType())
WORKFLOWS = OverridableArgument('workflows', nargs=-1, type=types.WorkflowParamType())

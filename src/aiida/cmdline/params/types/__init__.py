"""Types of parameters: what a command gets is the thing itself, not its name."""

from __future__ import annotations

from aiida.cmdline.params.types.choice import LazyChoice, MultipleValueParamType
from aiida.cmdline.params.types.identifier import (
    CalculationParamType,
    CodeParamType,
    ComputerParamType,
    DataParamType,
    GroupParamType,
    IdentifierParamType,
    NodeParamType,
    ProcessParamType,
    WorkflowParamType,
)
from aiida.cmdline.params.types.path import AbsolutePathParamType, FileOrUrl, PathOrUrl
from aiida.cmdline.params.types.plugin import PluginParamType
from aiida.cmdline.params.types.profile import ConfigOptionParamType, ProfileParamType, UserParamType
from aiida.cmdline.params.types.strings import (
    EmailType,
    EntryPointType,
    HostnameType,
    LabelStringType,
    MpirunCommandParamType,
    NonEmptyStringParamType,
    ShebangParamType,
)

__all__ = (
    'AbsolutePathParamType',
    'CalculationParamType',
    'CodeParamType',
    'ComputerParamType',
    'ConfigOptionParamType',
    'DataParamType',
    'EmailType',
    'EntryPointType',
    'FileOrUrl',
    'GroupParamType',
    'HostnameType',
    'IdentifierParamType',
    'LabelStringType',
    'LazyChoice',
    'MpirunCommandParamType',
    'MultipleValueParamType',
    'NodeParamType',
    'NonEmptyStringParamType',
    'PathOrUrl',
    'PluginParamType',
    'ProcessParamType',
    'ProfileParamType',
    'ShebangParamType',
    'UserParamType',
    'WorkflowParamType',
)

"""Errors, link types and small data structures: the room that knows nobody."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiida.common.exceptions import (
    AiidaException,
    ClosedStorage,
    ConfigurationError,
    ConfigurationVersionError,
    ContentNotExistent,
    CorruptStorage,
    DbContentError,
    EntryPointError,
    FailedError,
    FeatureDisabled,
    FeatureNotAvailable,
    HashingError,
    IncompatibleStorageSchema,
    InputValidationError,
    IntegrityError,
    InternalError,
    InvalidEntryPointTypeError,
    InvalidOperation,
    LicensingException,
    LoadingEntryPointError,
    LockedProfileError,
    LockingProfileError,
    MissingConfigurationError,
    MissingEntryPointError,
    ModificationNotAllowed,
    MultipleEntryPointError,
    MultipleObjectsError,
    NotExistent,
    NotExistentAttributeError,
    NotExistentKeyError,
    OutputParsingError,
    ParsingError,
    PluginInternalError,
    ProfileConfigurationError,
    RemoteOperationError,
    StorageBackupError,
    StorageMigrationError,
    StoringNotAllowed,
    TestsNotAllowedError,
    TransportTaskException,
    UniquenessError,
    UnsupportedSchemaError,
    UnsupportedSpeciesError,
    ValidationError,
)

if TYPE_CHECKING:
    from aiida.common.datastructures import (
        CalcInfo,
        CalcJobState,
        CodeInfo,
        CodeRunMode,
        StashMode,
        UnstashTargetMode,
    )
    from aiida.common.extendeddicts import AttributeDict, DefaultFieldsAttributeDict, FixedFieldsAttributeDict
    from aiida.common.links import GraphTraversalRule, GraphTraversalRules, LinkType, validate_link_label
    from aiida.common.log import AIIDA_LOGGER, override_log_level
    from aiida.common.progress_reporter import (
        TQDM_BAR_FORMAT,
        ProgressReporterAbstract,
        create_callback,
        get_progress_reporter,
        set_progress_bar_tqdm,
        set_progress_reporter,
    )
    from aiida.common.utils import url2pathname

__all__ = (
    'AIIDA_LOGGER',
    'AiidaException',
    'AttributeDict',
    'CalcInfo',
    'CalcJobState',
    'ClosedStorage',
    'CodeInfo',
    'CodeRunMode',
    'ConfigurationError',
    'ConfigurationVersionError',
    'ContentNotExistent',
    'CorruptStorage',
    'DbContentError',
    'DefaultFieldsAttributeDict',
    'EntryPointError',
    'FailedError',
    'FeatureDisabled',
    'FeatureNotAvailable',
    'FixedFieldsAttributeDict',
    'GraphTraversalRule',
    'GraphTraversalRules',
    'HashingError',
    'IncompatibleStorageSchema',
    'InputValidationError',
    'IntegrityError',
    'InternalError',
    'InvalidEntryPointTypeError',
    'InvalidOperation',
    'LicensingException',
    'LinkType',
    'LoadingEntryPointError',
    'LockedProfileError',
    'LockingProfileError',
    'MissingConfigurationError',
    'MissingEntryPointError',
    'ModificationNotAllowed',
    'MultipleEntryPointError',
    'MultipleObjectsError',
    'NotExistent',
    'NotExistentAttributeError',
    'NotExistentKeyError',
    'OutputParsingError',
    'ParsingError',
    'PluginInternalError',
    'ProfileConfigurationError',
    'ProgressReporterAbstract',
    'RemoteOperationError',
    'StashMode',
    'StorageBackupError',
    'StorageMigrationError',
    'StoringNotAllowed',
    'TQDM_BAR_FORMAT',
    'TestsNotAllowedError',
    'TransportTaskException',
    'UniquenessError',
    'UnstashTargetMode',
    'UnsupportedSchemaError',
    'UnsupportedSpeciesError',
    'ValidationError',
    'create_callback',
    'get_progress_reporter',
    'override_log_level',
    'set_progress_bar_tqdm',
    'set_progress_reporter',
    'url2pathname',
    'validate_link_label',
)

_ELSEWHERE = {
    'aiida.common.datastructures': (
        'CalcInfo',
        'CalcJobState',
        'CodeInfo',
        'CodeRunMode',
        'StashMode',
        'UnstashTargetMode',
    ),
    'aiida.common.extendeddicts': ('AttributeDict', 'DefaultFieldsAttributeDict', 'FixedFieldsAttributeDict'),
    'aiida.common.links': ('GraphTraversalRule', 'GraphTraversalRules', 'LinkType', 'validate_link_label'),
    'aiida.common.log': ('AIIDA_LOGGER', 'override_log_level'),
    'aiida.common.progress_reporter': (
        'ProgressReporterAbstract',
        'TQDM_BAR_FORMAT',
        'create_callback',
        'get_progress_reporter',
        'set_progress_bar_tqdm',
        'set_progress_reporter',
    ),
    'aiida.common.utils': ('url2pathname',),
}
_MODULE_OF = {name: module for module, names in _ELSEWHERE.items() for name in names}
_SUBMODULES = frozenset(
    (
        'caching',
        'constants',
        'datastructures',
        'escaping',
        'extendeddicts',
        'files',
        'folders',
        'hashing',
        'json',
        'lang',
        'links',
        'log',
        'options',
        'progress_reporter',
        'timezone',
        'typing',
        'utils',
        'warnings',
    )
)


def __getattr__(name: str) -> Any:
    """Import what is not an error when it is first asked for."""
    if name in _MODULE_OF:
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f'aiida.common.{name}')
    raise AttributeError(f"module 'aiida.common' has no attribute '{name}'")

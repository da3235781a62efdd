"""Every error this project raises on purpose, under one root; a class's docstring is its default message."""

from __future__ import annotations

__all__ = (
    'AiidaException',
    'CircusCallError',
    'ClosedStorage',
    'ConfigurationError',
    'ConfigurationVersionError',
    'ContentNotExistent',
    'CorruptStorage',
    'DatabaseMigrationError',
    'DbContentError',
    'EntryPointError',
    'FailedError',
    'FeatureDisabled',
    'FeatureNotAvailable',
    'HashingError',
    'IncompatibleDatabaseSchema',
    'IncompatibleExternalDependencies',
    'IncompatibleStorageSchema',
    'InputValidationError',
    'IntegrityError',
    'InternalError',
    'InvalidEntryPointTypeError',
    'InvalidOperation',
    'LicensingException',
    'LoadingEntryPointError',
    'LockedProfileError',
    'LockingProfileError',
    'LostLease',
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
    'RemoteOperationError',
    'StashingError',
    'StorageBackupError',
    'StorageMigrationError',
    'StorageUnavailable',
    'StoringNotAllowed',
    'TestsNotAllowedError',
    'TransportTaskException',
    'UniquenessError',
    'UnreachableStorage',
    'UnsupportedSchemaError',
    'UnsupportedSpeciesError',
    'ValidationError',
)


class AiidaException(Exception):
    """Root of all errors of this project."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or '').strip().split('\n')[0]


# What was asked for is not there, or not alone


class NotExistent(AiidaException):
    """What was asked for does not exist."""


class NotExistentAttributeError(AttributeError, NotExistent):
    """The attribute that was asked for does not exist."""


class NotExistentKeyError(KeyError, NotExistent):
    """The key that was asked for does not exist."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else AiidaException.__str__(self)


class ContentNotExistent(NotExistent):
    """There is no content to return."""


class MultipleObjectsError(AiidaException):
    """More than one thing matches where exactly one was asked for."""


# What was asked for is not allowed


class ValidationError(AiidaException):
    """A value was refused."""


class InputValidationError(ValidationError):
    """The inputs of a process were refused."""


class InvalidOperation(AiidaException):
    """This is not possible in the present state."""


class ModificationNotAllowed(AiidaException):
    """This can no longer be changed."""


class StoringNotAllowed(AiidaException):
    """This cannot be stored."""


class UniquenessError(AiidaException):
    """This exists already and may exist only once."""


class IntegrityError(AiidaException):
    """This would break a constraint of the database."""


class HashingError(AiidaException):
    """A value cannot be hashed."""


class UnsupportedSpeciesError(ValueError):
    """The chemical species is not supported."""


class LicensingException(AiidaException):
    """The licence of the data does not allow this."""


class TestsNotAllowedError(AiidaException):
    """The profile is not one for tests, and tests may delete its data."""

    __test__ = False


# Programs, plugins and their output


class InternalError(AiidaException):
    """A fault of this program: please report it."""


class PluginInternalError(InternalError):
    """A fault of a plugin: please report it to its authors."""


class FailedError(AiidaException):
    """A calculation failed."""


class ParsingError(AiidaException):
    """Something could not be parsed."""


class OutputParsingError(ParsingError):
    """The output of a calculation could not be parsed."""


class FeatureNotAvailable(AiidaException):
    """This feature is not available here."""


class FeatureDisabled(AiidaException):
    """This feature is switched off."""


class EntryPointError(AiidaException):
    """Something is wrong with an entry point."""


class MissingEntryPointError(EntryPointError):
    """There is no such entry point."""


class MultipleEntryPointError(EntryPointError):
    """There is more than one entry point of this name."""


class LoadingEntryPointError(EntryPointError):
    """An entry point could not be loaded."""


class InvalidEntryPointTypeError(EntryPointError):
    """An entry point gives something its group does not admit."""


# Machines that are not ours


class RemoteOperationError(AiidaException):
    """Something failed on a computer."""


class TransportTaskException(AiidaException):
    """A task that needs a transport failed."""


class StashingError(AiidaException):
    """Files could not be stashed."""


class CircusCallError(AiidaException):
    """The supervisor of the daemon did not answer."""


# Configuration and storage


class ConfigurationError(AiidaException):
    """Something is wrong with the configuration."""


class MissingConfigurationError(ConfigurationError):
    """There is no configuration file."""


class ConfigurationVersionError(ConfigurationError):
    """The configuration file has a version this program cannot read."""


class ProfileConfigurationError(ConfigurationError):
    """Something is wrong with the configuration of a profile."""


class IncompatibleExternalDependencies(ConfigurationError):
    """A program this one depends on has a version that does not fit."""


class LockedProfileError(AiidaException):
    """The profile is locked by another program."""


class LockingProfileError(AiidaException):
    """The profile cannot be locked, because it is in use."""


class ClosedStorage(AiidaException):
    """The storage was closed."""


class CorruptStorage(ConfigurationError):
    """The storage is damaged or not one of ours."""


class UnreachableStorage(ConfigurationError):
    """The storage cannot be reached."""


class StorageUnavailable(AiidaException):
    """The storage does not answer at the moment; the same may succeed later."""


class LostLease(AiidaException):
    """Another worker runs this process now."""


class IncompatibleDatabaseSchema(ConfigurationError):
    """The database has a schema this program does not know."""


class IncompatibleStorageSchema(IncompatibleDatabaseSchema):
    """The storage has a schema this program does not know."""


class UnsupportedSchemaError(AiidaException):
    """This schema cannot be handled."""


class DatabaseMigrationError(AiidaException):
    """The database could not be migrated."""


class StorageMigrationError(DatabaseMigrationError):
    """The storage could not be migrated."""


class StorageBackupError(AiidaException):
    """The storage could not be backed up."""


class DbContentError(AiidaException):
    """The database holds something that cannot be."""

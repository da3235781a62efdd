"""What a plugin tells the engine about a job, and the states of one."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Any

from aiida.common.extendeddicts import DefaultFieldsAttributeDict

__all__ = (
    'CalcInfo',
    'CalcJobState',
    'CodeInfo',
    'CodeRunMode',
    'FileCopyOperation',
    'StashMode',
    'UnstashTargetMode',
)


class CalcJobState(Enum):
    """Where a calculation job is, between its upload and the parsing of its output."""

    UPLOADING = 'uploading'
    SUBMITTING = 'submitting'
    WITHSCHEDULER = 'withscheduler'
    STASHING = 'stashing'
    UNSTASHING = 'unstashing'
    RETRIEVING = 'retrieving'
    PARSING = 'parsing'


class StashMode(Enum):
    """How files are put aside on the computer before its scratch space is cleaned."""

    COPY = 'copy'
    COMPRESS_TAR = 'tar'
    COMPRESS_TARBZ2 = 'tar.bz2'
    COMPRESS_TARGZ = 'tar.gz'
    COMPRESS_TARXZ = 'tar.xz'
    SUBMIT_CUSTOM_CODE = 'submit_custom_code'


class UnstashTargetMode(Enum):
    """Where files that were put aside are brought back to."""

    OriginalPlace = 'OriginalPlace'
    NewRemoteData = 'NewRemoteData'


class CodeRunMode(IntEnum):
    """How the codes of one job are run: one after another, or all at once."""

    SERIAL = 0
    PARALLEL = 1


class FileCopyOperation(IntEnum):
    """The kinds of files a job's folder is filled with, in an order a plugin may choose."""

    LOCAL = 0
    REMOTE = 1
    SANDBOX = 2


class CalcInfo(DefaultFieldsAttributeDict):
    """What the engine has to know to run a job, as ``CalcJob.prepare_for_submission`` returns it.

    * ``codes_info``: list of :class:`CodeInfo`, in the order of the commands; ``codes_run_mode``: :class:`CodeRunMode`.
    * ``local_copy_list``: (node uuid, path in its repository, path in the working directory).
    * ``remote_copy_list``, ``remote_symlink_list``: (computer uuid, absolute source, path in the working directory).
    * ``provenance_exclude_list``: paths of the sandbox that are uploaded but not kept in the repository.
    * ``retrieve_list``, ``retrieve_temporary_list``: paths, or (pattern, target, depth to keep).
    * ``prepend_text``, ``append_text``: lines of the script before and after the commands.
    * ``skip_submit``: whether the job is done once it is uploaded.
    * ``file_copy_operation_order``: list of :class:`FileCopyOperation`.
    """

    _default_fields = (
        'job_environment',
        'email',
        'email_on_started',
        'email_on_terminated',
        'uuid',
        'prepend_text',
        'append_text',
        'num_machines',
        'num_mpiprocs_per_machine',
        'priority',
        'max_wallclock_seconds',
        'max_memory_kb',
        'rerunnable',
        'retrieve_list',
        'retrieve_temporary_list',
        'local_copy_list',
        'remote_copy_list',
        'remote_symlink_list',
        'provenance_exclude_list',
        'codes_info',
        'codes_run_mode',
        'skip_submit',
        'file_copy_operation_order',
    )

    job_environment: dict[str, str] | None
    email: str | None
    email_on_started: bool | None
    email_on_terminated: bool | None
    uuid: str | None
    prepend_text: str | None
    append_text: str | None
    num_machines: int | None
    num_mpiprocs_per_machine: int | None
    priority: str | None
    max_wallclock_seconds: int | None
    max_memory_kb: int | None
    rerunnable: bool | None
    retrieve_list: list[str | tuple[str, str, int]] | None
    retrieve_temporary_list: list[str | tuple[str, str, int]] | None
    local_copy_list: list[tuple[str, str, str]] | None
    remote_copy_list: list[tuple[str, str, str]] | None
    remote_symlink_list: list[tuple[str, str, str]] | None
    provenance_exclude_list: list[str] | None
    codes_info: list[CodeInfo] | None
    codes_run_mode: CodeRunMode | None
    skip_submit: bool | None
    file_copy_operation_order: list[FileCopyOperation] | None


class CodeInfo(DefaultFieldsAttributeDict):
    """How one code of a job is called.

    * ``code_uuid``: which code; ``cmdline_params``: its arguments; ``withmpi``: whether the MPI command goes before it.
    * ``stdin_name``, ``stdout_name``, ``stderr_name``: files its streams are connected to; ``join_files``: whether the
      errors go to the file of the output.
    """

    _default_fields = (
        'cmdline_params',
        'stdin_name',
        'stdout_name',
        'stderr_name',
        'join_files',
        'withmpi',
        'code_uuid',
    )

    cmdline_params: list[Any] | None
    stdin_name: str | None
    stdout_name: str | None
    stderr_name: str | None
    join_files: bool | None
    withmpi: bool | None
    code_uuid: str | None

"""From what a plugin says of a job to the folder that is uploaded: its files, the script, and a record of both."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiida.common.datastructures import CalcInfo, CodeInfo, CodeRunMode, FileCopyOperation
from aiida.common.exceptions import NotExistent, PluginInternalError, ValidationError
from aiida.common.utils import validate_list_of_string_tuples
from aiida.schedulers.datastructures import JobTemplate, JobTemplateCodeInfo
from aiida.schedulers.script import join_blocks

if TYPE_CHECKING:
    from aiida.common.folders import Folder
    from aiida.engine.processes.calcjobs.calcjob import CalcJob
    from aiida.orm import AbstractCode, CalcJobNode, Computer
    from aiida.schedulers import Scheduler
    from aiida.schedulers.datastructures import JobResource

__all__ = ('presubmit',)


def presubmit(process: CalcJob, folder: Folder) -> CalcInfo:
    """Let the plugin write its files to a folder, add script and records, and return what the plugin said, completed.

    :raises PluginInternalError: if the plugin says something that makes no sense.
    """
    node = process.node
    computer = node.computer
    if computer is None:
        raise NotExistent(f'{type(process).__name__}<{node.pk}> has no computer to run on')
    computer = computer._as_read()

    calc_info = process.prepare_for_submission(folder)
    _check(calc_info, node)
    calc_info.uuid = str(node.uuid)
    codes = [_load_code(process, info, computer) for info in calc_info.codes_info or []]
    for code in codes:
        code.validate_working_directory(folder)

    scheduler = computer.get_scheduler()
    template = _make_template(process, calc_info, computer, scheduler, codes)
    _set_retrieve_lists(node, calc_info, template)
    _order_copies(calc_info)

    with folder.open(process.options.submit_script_filename, 'w', encoding='utf8') as handle:
        handle.write(scheduler.get_submit_script(template))
    subfolder = folder.get_subfolder('.aiida', create=True)
    for name, record in (('job_tmpl.json', template), ('calcinfo.json', calc_info)):
        with subfolder.open(name, 'w', encoding='utf8') as handle:
            handle.write(json.dumps(record, default=_as_json))
    return calc_info


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f'{value!r} of type {type(value).__name__} is not JSON')


def _check(calc_info: CalcInfo, node: CalcJobNode) -> None:
    """
    :raises PluginInternalError: if something in what the plugin said is not what it should be.
    """
    problem = _problem_of(calc_info)
    if problem is not None:
        raise PluginInternalError(f'[presubmission of calc {node.pk or "[UNSTORED]"}] {problem}')


def _problem_of(calc_info: CalcInfo) -> str | None:
    if not isinstance(calc_info, CalcInfo):
        return f'`prepare_for_submission` returned {calc_info!r}, not a CalcInfo'
    codes_info = calc_info.codes_info
    if not isinstance(codes_info, list | tuple) or not all(isinstance(info, CodeInfo) for info in codes_info):
        return f'`codes_info` must be a list of CodeInfo, not {codes_info!r}'
    if len(codes_info) > 1 and calc_info.codes_run_mode is not None:
        try:
            CodeRunMode(calc_info.codes_run_mode)
        except ValueError:
            return f'`codes_run_mode` must be a CodeRunMode, not {calc_info.codes_run_mode!r}'
    for name in ('local_copy_list', 'remote_copy_list', 'remote_symlink_list'):
        entries = calc_info[name] or []
        try:
            validate_list_of_string_tuples(entries, tuple_length=3)
        except ValidationError as exception:
            return f'{name} format problem: {exception}'
        for entry in entries:
            if str(entry[2]).startswith('/'):
                return f'{name} format problem: {entry[2]} is not relative to the working directory'
            if name.startswith('remote') and not _is_computer(entry[0]):
                return f'{name} needs a computer with UUID={entry[0]}, and there is none'
    for name in ('retrieve_list', 'retrieve_temporary_list', 'provenance_exclude_list'):
        if calc_info[name] is not None and not isinstance(calc_info[name], list | tuple):
            return f'`{name}` must be a list, not {calc_info[name]!r}'
    return None


def _is_computer(uuid: str) -> bool:
    from aiida.orm import Computer

    try:
        Computer.collection.get(uuid=uuid)
    except (NotExistent, ValueError):
        return False
    return True


def _load_code(process: CalcJob, info: CodeInfo, computer: Computer) -> AbstractCode:
    """Return a code by what the plugin says of it.

    :raises PluginInternalError: if there is none, or it cannot run on the computer.
    """
    from aiida.orm import AbstractCode, load_node

    if info.code_uuid is None:
        raise PluginInternalError('a CodeInfo needs a `code_uuid`')
    own = process.inputs.get('code') if process.inputs is not None else None
    code = own if own is not None and own.uuid == info.code_uuid else load_node(uuid=info.code_uuid)
    if not isinstance(code, AbstractCode):
        raise PluginInternalError(f'`code_uuid` {info.code_uuid} is that of {code!r}, which is not a code')
    if not code.can_run_on_computer(computer):
        raise PluginInternalError(f'the code {code.full_label} cannot run on the computer {computer.label}')
    return code


# the script


def _make_template(
    process: CalcJob, calc_info: CalcInfo, computer: Computer, scheduler: Scheduler, codes: list[AbstractCode]
) -> JobTemplate:
    """Return what the script is made from."""
    node, options = process.node, process.options
    resources = dict(options.resources)
    scheduler.preprocess_resources(resources, computer.get_default_mpiprocs_per_machine())
    job_resource = scheduler.create_job_resource(**resources)

    template = JobTemplate()
    template.submit_as_hold = False
    template.rerunnable = bool(options.get('rerunnable', False) or calc_info.rerunnable)
    template.job_name = f'aiida-{node.pk}'
    template.sched_output_path = options.scheduler_stdout
    template.shebang = computer.get_shebang()
    joined = options.scheduler_stdout == options.scheduler_stderr
    if not joined:
        template.sched_error_path = options.scheduler_stderr
    template.sched_join_files = joined
    template.prepend_text = join_blocks(
        [
            computer.get_prepend_text(),
            *(code.prepend_text for code in codes),
            calc_info.prepend_text,
            options.prepend_text,
        ]
    )
    template.append_text = join_blocks(
        [
            options.append_text,
            calc_info.append_text,
            *(code.append_text for code in codes),
            computer.get_append_text(),
        ]
    )
    template.job_resource = job_resource
    template.codes_info = [
        _make_line(process, info, code, computer, job_resource)
        for info, code in zip(calc_info.codes_info or [], codes, strict=True)
    ]
    # The enumeration is written as its number, which is what a record made elsewhere has too.
    template.codes_run_mode = CodeRunMode.SERIAL if calc_info.codes_run_mode is None else calc_info.codes_run_mode
    for name, given in (
        ('custom_scheduler_commands', options.custom_scheduler_commands or None),
        ('queue_name', options.get('queue_name')),
        ('account', options.get('account')),
        ('qos', options.get('qos')),
        ('priority', options.get('priority')),
        ('max_wallclock_seconds', options.get('max_wallclock_seconds')),
    ):
        if given is not None:
            template[name] = given
    template.import_sys_environment = options.import_sys_environment
    template.job_environment = dict(options.environment_variables)
    template.environment_variables_double_quotes = options.environment_variables_double_quotes
    template.max_memory_kb = options.get('max_memory_kb') or _default_memory(computer, job_resource)
    return template


def _default_memory(computer: Computer, job_resource: JobResource) -> int | None:
    if not job_resource.accepts_default_memory_per_machine():
        return None
    return computer.get_default_memory_per_machine()


def _make_line(
    process: CalcJob, info: CodeInfo, code: AbstractCode, computer: Computer, job_resource: JobResource
) -> JobTemplateCodeInfo:
    """Return how one code is called."""
    mpi_args, extra = [], []
    if _runs_with_mpi(process, info, code):
        numbers = {**job_resource, 'tot_num_mpiprocs': job_resource.get_tot_num_mpiprocs()}
        mpi_args = [word.format(**numbers) for word in computer.get_mpirun_command()]
        extra = list(process.options.mpirun_extra_params)
    return JobTemplateCodeInfo(
        prepend_cmdline_params=code.get_prepend_cmdline_params(mpi_args, extra),
        cmdline_params=code.get_executable_cmdline_params(info.cmdline_params),
        use_double_quotes=[computer.get_use_double_quotes(), code.use_double_quotes],
        wrap_cmdline_params=code.wrap_cmdline_params,
        stdin_name=info.stdin_name,
        stdout_name=info.stdout_name,
        stderr_name=info.stderr_name,
        join_files=bool(info.join_files),
    )


def _runs_with_mpi(process: CalcJob, info: CodeInfo, code: AbstractCode) -> bool:
    """Return whether a code is started by the MPI launcher.

    :raises RuntimeError: if options, plugin and code, as far as they say, do not agree.
    """
    said = {
        'the input `metadata.options.withmpi`': process.options.get('withmpi'),
        f'the plugin {type(process).__name__}': info.withmpi,
        f'the code {code.full_label}': code.with_mpi,
    }
    values = {value for value in said.values() if value is not None}
    if len(values) > 1:
        details = ', '.join(f'{who} says {value}' for who, value in said.items() if value is not None)
        raise RuntimeError(f'with or without MPI for the code {code.full_label}? {details}: change what does not fit')
    return values.pop() if values else False


# what is copied, here and back


def _set_retrieve_lists(node: CalcJobNode, calc_info: CalcInfo, template: JobTemplate) -> None:
    """Note on the node what is to be retrieved: what the plugin says, the scheduler's files, what the user adds."""
    retrieve: list[Any] = list(calc_info.retrieve_list or [])
    scheduler_files: Iterable[str | None] = [template.sched_output_path]
    if not template.sched_join_files:
        scheduler_files = [template.sched_output_path, template.sched_error_path]
    retrieve.extend(path for path in scheduler_files if path is not None and path not in retrieve)
    retrieve.extend(node.get_option('additional_retrieve_list') or [])
    if calc_info.retrieve_list:
        calc_info.retrieve_list = retrieve
    node.set_retrieve_list(retrieve)
    node.set_retrieve_temporary_list(list(calc_info.retrieve_temporary_list or []))


def _order_copies(calc_info: CalcInfo) -> None:
    """Complete the order in which the working directory is filled.

    :raises PluginInternalError: if the plugin gives an order that leaves something out or names it twice.
    """
    default = [FileCopyOperation.SANDBOX, FileCopyOperation.LOCAL, FileCopyOperation.REMOTE]
    order = calc_info.file_copy_operation_order
    if order is None:
        calc_info.file_copy_operation_order = default
    elif sorted(order) != sorted(default):
        raise PluginInternalError(f'`file_copy_operation_order` must name each of {default} once, not {order!r}')

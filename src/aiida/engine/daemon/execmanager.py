"""What is done to a computer in the life of a job: upload, submit, retrieve, kill.

Each function takes the record of a job and an open transport, and can be called again after an interruption.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from aiida.common.claims import this_owner
from aiida.common.datastructures import FileCopyOperation
from aiida.common.exceptions import ConfigurationError, LostLease, NotExistent, RemoteOperationError
from aiida.common.folders import SandboxFolder
from aiida.common.links import LinkType
from aiida.common.log import AIIDA_LOGGER
from aiida.orm import FolderData, Node, PortableCode, RemoteData, load_node
from aiida.orm.utils.log import get_dblogger_extra
from aiida.schedulers.datastructures import JobState
from aiida.transports.transport import has_magic

if TYPE_CHECKING:
    import logging

    from aiida.common.datastructures import CalcInfo
    from aiida.common.folders import Folder
    from aiida.engine.processes.exit_code import ExitCode
    from aiida.orm import CalcJobNode, Computer
    from aiida.transports import Transport

__all__ = ('has_output', 'kill_calculation', 'retrieve_calculation', 'submit_calculation', 'upload_calculation')

#: The folder, beside those of the jobs, that holds what was found where a job was to go.
REMOTE_WORK_DIRECTORY_LOST_FOUND = 'lost+found'

EXEC_LOGGER = AIIDA_LOGGER.getChild('execmanager')

#: In which order the working directory is filled, unless the plugin says otherwise.
_COPY_ORDER = (FileCopyOperation.SANDBOX, FileCopyOperation.LOCAL, FileCopyOperation.REMOTE)


def _job_logger(node: CalcJobNode) -> logging.LoggerAdapter[Any]:
    import logging

    return logging.LoggerAdapter(EXEC_LOGGER, get_dblogger_extra(node))


# upload


def upload_calculation(
    node: CalcJobNode,
    transport: Transport,
    calc_info: CalcInfo,
    folder: Folder,
    inputs: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> RemoteData | None:
    """Fill the working directory of a job, keep its input files with the node, and return a node for the directory.

    :param transport: open, to the computer of the job.
    :param calc_info: what the plugin said.
    :param folder: what the plugin wrote, with the script.
    :param inputs: where data nodes of the copy lists are looked for first.
    :param dry_run: whether ``folder`` itself is filled, and nothing else happens.
    :return: ``None`` for a dry run, or if the job was uploaded before.
    :raises OSError: if a file cannot be copied.
    """
    logger = _job_logger(node)
    if dry_run:
        workdir = PurePosixPath(folder.abspath)
    elif has_output(node, 'remote_folder'):
        logger.warning('CalcJobNode<%s> has a `remote_folder` already: it was uploaded before', node.pk)
        return None
    else:
        workdir = _make_working_directory(node, transport)
    computer = _computer(node)

    for operation in calc_info.file_copy_operation_order or _COPY_ORDER:
        if operation == FileCopyOperation.SANDBOX:
            if not dry_run:
                _copy_sandbox_files(logger, node, transport, folder, workdir)
            _copy_codes(node, transport, calc_info, workdir)
        elif operation == FileCopyOperation.LOCAL:
            _copy_local_files(logger, node, transport, inputs or {}, calc_info.local_copy_list or [], workdir)
        elif dry_run:
            _write_remote_lists(calc_info, workdir)
        else:
            copies, links = calc_info.remote_copy_list or [], calc_info.remote_symlink_list or []
            _copy_remote_files(logger, node, computer, transport, copies, links, workdir)
    if dry_run:
        return None
    _keep_input_files(node, folder, calc_info.provenance_exclude_list or [])
    return RemoteData(computer=computer, remote_path=str(workdir))


def _computer(node: CalcJobNode) -> Computer:
    computer = node.computer
    if computer is None:
        raise NotExistent(f'CalcJobNode<{node.pk}> has no computer to run on')
    return computer._as_read()


def has_output(node: CalcJobNode, label: str) -> bool:
    """Return whether a job has an output of this name already."""
    return bool(node.base.links.get_outgoing(link_type=LinkType.CREATE, link_label_filter=label).all())


def working_directory(node: CalcJobNode, transport: Transport | None = None) -> PurePosixPath:
    """Return the folder a job has, or is going to have, on its computer; it is named by the uuid of the job.

    :param transport: what to ask for the name of the user, if that is needed; by default one is opened.
    :raises ConfigurationError: if the work directory of the computer is not an absolute path.
    """
    template, name = node.get_authinfo().get_workdir(), ''
    if '{username}' in template:
        if transport is None:
            with node.get_transport() as opened:
                name = opened.whoami()
        else:
            name = transport.whoami()
    base = PurePosixPath(template.format(username=name))
    if not base.is_absolute():
        raise ConfigurationError(f'the work directory of {_computer(node).label} must be an absolute path, not {base}')
    return base / node.uuid[:2] / node.uuid[2:4] / node.uuid[4:]


def _make_working_directory(node: CalcJobNode, transport: Transport) -> PurePosixPath:
    """Make an empty folder for a job, named by its uuid, and note it on the node.

    What is there already, of an upload that was interrupted, is put aside.

    :raises ConfigurationError: if the work directory of the computer is not an absolute path.
    """
    workdir = working_directory(node, transport)
    base = workdir.parents[2]
    if transport.path_exists(str(workdir)):
        lost = base / REMOTE_WORK_DIRECTORY_LOST_FOUND
        transport.makedirs(str(lost), ignore_existing=True)
        transport.rmtree(str(lost / node.uuid))
        transport.rename(str(workdir), str(lost / node.uuid))
        EXEC_LOGGER.warning('what was in %s is in %s now', workdir, lost / node.uuid)
    transport.makedirs(str(workdir))
    node.set_remote_workdir(str(workdir))
    return workdir


def _copy_sandbox_files(
    logger: logging.LoggerAdapter[Any],
    node: CalcJobNode,
    transport: Transport,
    folder: Folder,
    workdir: PurePosixPath,
) -> None:
    """Copy what the plugin wrote."""
    logger.debug('CalcJobNode<%s>: copying %s', node.pk, ', '.join(folder.get_content_list()))
    _put_content(transport, folder.abspath, workdir)


def _put_content(transport: Transport, folder: str, workdir: PurePosixPath) -> None:
    """Copy all that is in a folder of this machine to the working directory; folders that are there are added to."""
    for name in sorted(os.listdir(folder)):
        source, target = os.path.join(folder, name), str(workdir / name)
        # What is put where a folder is goes into it, by its own name.
        merges = os.path.isdir(source) and transport.isdir(target)
        transport.put(source, str(workdir) if merges else target)


def _copy_codes(node: CalcJobNode, transport: Transport, calc_info: CalcInfo, workdir: PurePosixPath) -> None:
    """Copy the files of codes that travel with the job."""
    for code_info in calc_info.codes_info or []:
        code = load_node(uuid=code_info.code_uuid)
        if not isinstance(code, PortableCode):
            continue
        with TemporaryDirectory() as temporary:
            code.base.repository.copy_tree(temporary)
            _put_content(transport, temporary, workdir)
        transport.chmod(str(workdir / code.filepath_executable), 0o755)


def _copy_local_files(
    logger: logging.LoggerAdapter[Any],
    node: CalcJobNode,
    transport: Transport,
    inputs: Mapping[str, Any],
    local_copy_list: Sequence[Sequence[Any]],
    workdir: PurePosixPath,
) -> None:
    """Copy files from the repositories of nodes."""
    if not local_copy_list:
        return
    with TemporaryDirectory() as temporary:
        for uuid, source, target in local_copy_list:
            data = _find_data_node(inputs, uuid)
            if data is None:
                logger.warning('there is no Node<%s>, which the `local_copy_list` names: it is left out', uuid)
                continue
            logger.debug('CalcJobNode<%s>: copying %s of Node<%s> to %s', node.pk, source, data.pk, target)
            _copy_from_repository(data, source, temporary, target)
        _put_content(transport, temporary, workdir)


def _copy_from_repository(data: Node, source: str, folder: str, target: str) -> None:
    """Copy a file or the content of a folder from a node's repository to a path in a folder of this machine."""
    repository = data.base.repository
    path = None if source in (None, '', '.') else source
    if path is None or repository.get_object(path).is_dir():
        repository.copy_tree(os.path.join(folder, target), path)
        return
    place = os.path.join(folder, target or source)
    if target.endswith('/') or os.path.isdir(place):
        place = os.path.join(place, os.path.basename(source))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with repository.open(path, 'rb') as handle, open(place, 'wb') as copy:
        import shutil

        shutil.copyfileobj(handle, copy)


def _find_data_node(inputs: Mapping[str, Any], uuid: str) -> Node | None:
    """Return the node with this uuid, of the inputs (stored or not) or of the database; ``None`` if there is none."""
    for value in inputs.values():
        if isinstance(value, Node):
            if value.uuid == uuid:
                return value
        elif isinstance(value, Mapping):
            found = _find_data_node(value, uuid)
            if found is not None:
                return found
    try:
        return load_node(uuid=uuid)
    except (NotExistent, ValueError):
        return None


def _copy_remote_files(
    logger: logging.LoggerAdapter[Any],
    node: CalcJobNode,
    computer: Computer,
    transport: Transport,
    remote_copy_list: Iterable[Sequence[str]],
    remote_symlink_list: Iterable[Sequence[str]],
    workdir: PurePosixPath,
) -> None:
    """Copy or link what lies on the computer, or copy it from another one.

    What is not there to be copied is warned about, as the job may do without it.

    :raises OSError: if it is there and cannot be copied or linked.
    :raises ValueError: if what lies on another computer is to be linked.
    """
    for uuid, source, target in remote_copy_list:
        place = _place_for(transport, workdir, target)
        try:
            if uuid == computer.uuid:
                transport.copy(source, place)
            else:
                _copy_from_computer(node, uuid, source, transport, place)
        except FileNotFoundError:
            logger.warning(
                'CalcJobNode<%s>: %s is not there to be copied to %s; going on without', node.pk, source, target
            )
    for uuid, source, target in remote_symlink_list:
        if uuid != computer.uuid:
            raise ValueError(f'{source} lies on another computer than the job, it can be copied but not linked')
        place = _place_for(transport, workdir, target)
        if not has_magic(source) and transport.isdir(place):
            place = str(PurePosixPath(place) / PurePosixPath(source).name)
        transport.symlink(source, place)


def _place_for(transport: Transport, workdir: PurePosixPath, target: str) -> str:
    """Return a path in the working directory; the folders above are made."""
    place = workdir / target
    if workdir not in (place, place.parent):
        transport.makedirs(str(place.parent), ignore_existing=True)
    return str(place)


def _copy_from_computer(node: CalcJobNode, uuid: str, source: str, transport: Transport, place: str) -> None:
    from aiida.orm import load_computer

    with load_computer(uuid=uuid).get_transport(node.user) as other:
        other.copy_from_remote_to_remote(transport, source, place)


def _write_remote_lists(calc_info: CalcInfo, workdir: PurePosixPath) -> None:
    """Write what would be copied or linked on the computer to files, for the reader of a dry run."""
    for name, entries in (
        ('_aiida_remote_copy_list.txt', calc_info.remote_copy_list),
        ('_aiida_remote_symlink_list.txt', calc_info.remote_symlink_list),
    ):
        if entries:
            with open(workdir / name, 'w') as handle:
                handle.writelines(
                    f'would have been taken from {uuid}:{path} to {target}\n' for uuid, path, target in entries
                )


def _keep_input_files(node: CalcJobNode, folder: Folder, excluded: Iterable[str]) -> None:
    """Keep with the node what the plugin wrote and the script, but not what the plugin excludes."""
    left_out = {PurePosixPath(path) for path in excluded}
    repository = node.base.repository._repository
    for root, _, names in os.walk(folder.abspath):
        relative = PurePosixPath(os.path.relpath(root, folder.abspath))
        for name in names:
            path = relative / name
            if path in left_out or not left_out.isdisjoint(path.parents):
                continue
            with open(os.path.join(root, name), 'rb') as handle:
                repository.put_object_from_filelike(handle, str(path))
    node.base.repository._update_repository_metadata()


# submit


def submit_calculation(calculation: CalcJobNode, transport: Transport) -> str | ExitCode:
    """Submit a job and return its identifier, or an exit code if the scheduler will never take it.

    A job that was submitted before is not submitted again, whether it was noted on the node or not.
    """
    job_id = calculation.get_job_id()
    if job_id is not None:
        return job_id
    scheduler = _computer(calculation).get_scheduler()
    scheduler.set_transport(transport)
    workdir, script = calculation.get_remote_workdir(), calculation.get_option('submit_script_filename')
    assert workdir is not None, 'a job is uploaded before it is submitted'
    assert script is not None, 'a job has a script'
    result: str | ExitCode | None = scheduler.find_submitted_job(workdir)
    if result is None:
        _check_claim(calculation)
        result = scheduler.submit_job(workdir, script)
    else:
        EXEC_LOGGER.info('CalcJobNode<%s> was submitted before an interruption, as %s', calculation.pk, result)
    if isinstance(result, str):
        calculation.set_job_id(result)
    return result


def _check_claim(calculation: CalcJobNode) -> None:
    """Check that nobody else has taken the process over, or has ended it, while this program could not reach the store.

    :raises LostLease: if somebody has; whoever took it over submits the job.
    """
    pk = cast('int', calculation.pk)
    run = calculation.backend.read_run(pk)
    if run is None:
        if load_node(pk).is_sealed:  # what this program holds does not say so
            raise LostLease(f'Process<{pk}> was ended by somebody else, so its job is not submitted')
    elif run.owner != this_owner():
        raise LostLease(f'the job of Process<{pk}> is left to {run.owner or "the workers"}')


# retrieve


def retrieve_calculation(
    calculation: CalcJobNode, transport: Transport, retrieved_temporary_folder: str | os.PathLike[str]
) -> FolderData | None:
    """Copy the results of a job from the computer.

    :param retrieved_temporary_folder: where the files go that only the parser sees.
    :return: a node, not stored, with the files that are kept; ``None`` if there is one already.
    """
    workdir = calculation.get_remote_workdir()
    assert workdir is not None, 'a job has a working directory before anything is retrieved'
    retrieved = None
    if not has_output(calculation, calculation.link_label_retrieved):
        with SandboxFolder() as folder:
            retrieve_files_from_list(calculation, transport, folder.abspath, calculation.get_retrieve_list() or [])
            retrieved = FolderData()
            retrieved.base.repository.put_object_from_tree(folder.abspath)
    temporary = calculation.get_retrieve_temporary_list()
    if temporary:
        retrieve_files_from_list(calculation, transport, os.fspath(retrieved_temporary_folder), temporary)
    return retrieved


def retrieve_files_from_list(
    calculation: CalcJobNode, transport: Transport, folder: str, retrieve_list: Iterable[str | Sequence[Any]]
) -> None:
    """Copy files of the working directory of a job to a folder on this machine.

    A directive is a path or pattern, whose files go into the folder by their names; or (path or pattern, target,
    depth), where they go below the target with the last ``depth`` parts of their path (all of it for ``None``). What is
    not there is left out.

    :param folder: absolute path.
    """
    workdir = calculation.get_remote_workdir()
    assert workdir is not None
    for directive in retrieve_list:
        pattern, target, depth = (directive, '.', 1) if isinstance(directive, str) else tuple(directive)
        paths = [os.path.join(workdir, pattern)]
        if has_magic(pattern):
            paths = transport.glob(os.path.join(glob.escape(workdir), pattern))
        for path in paths:
            kept = _last_parts(os.path.relpath(path, workdir), depth, at_least=1 if has_magic(pattern) else 0)
            if not kept and os.path.normpath(target) == '.' and os.path.normpath(path) != workdir:
                kept = (os.path.basename(os.path.normpath(path)),)
            _retrieve(transport, path, os.path.normpath(os.path.join(folder, target, *kept)))


def _last_parts(path: str, number: int | None, at_least: int) -> tuple[str, ...]:
    """Return the last parts of a relative path, all that are not ``..`` for ``None``."""
    parts = tuple(part for part in PurePosixPath(path).parts if part != '..')
    return parts if number is None else parts[max(0, len(parts) - max(number, at_least)) :]


def _retrieve(transport: Transport, path: str, place: str) -> None:
    """Copy a file to a place, or a folder so that its content is in the place."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    if os.path.isdir(place) and transport.isdir(path):
        for name in transport.listdir(path):
            _retrieve(transport, os.path.join(path, name), os.path.join(place, name))
    else:
        transport.get(path, place, ignore_nonexisting=True)


# kill


def kill_calculation(calculation: CalcJobNode, transport: Transport) -> None:
    """Kill the job of a calculation, if it was submitted, and keep it from starting if that was interrupted.

    A job that is neither killed nor listed nor known to have ended is warned about in the report of the process.

    :raises RemoteOperationError: if the scheduler refuses and the job is still there.
    """
    scheduler = _computer(calculation).get_scheduler()
    scheduler.set_transport(transport)
    workdir = calculation.get_remote_workdir()
    job_id = calculation.get_job_id()
    if workdir is not None:
        # a submission that was interrupted and tried again may have noted a job that left the first one alone
        job_id = scheduler.withdraw_job(workdir) or job_id
    if job_id is None:
        return
    if workdir is not None and scheduler.get_ended_job(workdir, job_id) is not None:
        return
    if scheduler.kill_job(job_id):
        return
    jobs = scheduler.get_jobs(jobs=[job_id], as_dict=True)
    assert isinstance(jobs, dict)
    job = jobs.get(job_id)
    if job is not None and job.job_state is not JobState.DONE:
        raise RemoteOperationError(f'the scheduler did not kill the job {job_id} of CalcJobNode<{calculation.pk}>')
    if workdir is not None and scheduler.get_ended_job(workdir, job_id) is not None:
        return
    _job_logger(calculation).warning(
        'the scheduler did not kill the job %s and does not list it: it has ended by other means, or may still run',
        job_id,
    )

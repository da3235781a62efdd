"""A process that runs a program on a computer."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, cast

import plumpy
import plumpy.process_states
from plumpy.process_states import ProcessState

from aiida.common.disks import scratch_watched
from aiida.common.exceptions import ConfigurationError, EntryPointError, FeatureNotAvailable, InvalidOperation
from aiida.common.extendeddicts import AttributeDict
from aiida.common.lang import classproperty
from aiida.common.links import LinkType
from aiida.engine.exceptions import PluginUnavailable
from aiida.engine.processes.calcjobs.manager import GONE_WITHOUT_MARK
from aiida.engine.processes.calcjobs.options import complete_resources, define_options
from aiida.engine.processes.calcjobs.presubmit import presubmit
from aiida.engine.processes.calcjobs.tasks import RETRIEVE_COMMAND, UPLOAD_COMMAND, Waiting
from aiida.engine.processes.calcjobs.validation import (
    validate_additional_retrieve_list,
    validate_calc_job,
    validate_monitors,
    validate_parser,
)
from aiida.engine.processes.exit_code import ExitCode
from aiida.engine.processes.process import Process
from aiida.engine.processes.process_spec import CalcJobProcessSpec
from aiida.orm import AbstractCode, CalcJobNode, Dict, FolderData, Node, RemoteData, RemoteStashData
from aiida.schedulers import Scheduler

if TYPE_CHECKING:
    from aiida.common.datastructures import CalcInfo
    from aiida.common.folders import Folder
    from aiida.engine.processes.calcjobs.importer import CalcJobImporter
    from aiida.engine.processes.ports import PortNamespace
    from aiida.parsers import Parser

__all__ = (
    'CalcJob',
    'validate_additional_retrieve_list',
    'validate_calc_job',
    'validate_monitors',
    'validate_parser',
)


class CalcJob(Process):
    """A process that runs a program on a computer, by way of a transport and a scheduler.

    A plugin derives from it, declares inputs and outputs in :meth:`define`, and writes the input files of the program
    in :meth:`prepare_for_submission`.
    """

    _node_class = CalcJobNode
    _spec_class = CalcJobProcessSpec
    link_label_retrieved: str = 'retrieved'
    #: The input whose files are put aside or brought back, by default those of the job itself are put aside.
    _stash_source: ClassVar[str | None] = None

    KEY_CACHE_VERSION: ClassVar[str] = 'cache_version'
    #: A number to be raised when results of older versions must not be taken from the cache any more.
    CACHE_VERSION: ClassVar[int | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """
        :raises InvalidOperation: for this class itself, which has nothing to run.
        """
        if self.__class__ is CalcJob:
            raise InvalidOperation('CalcJob cannot be instantiated itself: derive from it, or take a plugin')
        super().__init__(*args, **kwargs)

    # declarations

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:  # type: ignore[override]
        """Declare what all jobs take and give."""
        super().define(spec)
        spec.inputs.validator = cast('Any', validate_calc_job)
        spec.input(
            'code',
            valid_type=AbstractCode,
            required=False,
            help='The program to run. Needed, unless the results of a job that was run elsewhere are imported from '
            '`remote_folder`.',
        )
        spec.input(
            'remote_folder',
            valid_type=RemoteData,
            required=False,
            help='The folder on a computer in which an equal job was run elsewhere. Nothing is run then: the input '
            'files are made for the record, and the results are retrieved from there and parsed.',
        )
        spec.input_namespace(
            'monitors',
            valid_type=Dict,
            required=False,
            dynamic=True,
            validator=validate_monitors,
            help='Functions that look after the running job and may have it killed: for each its `entry_point`, and '
            'maybe `kwargs`, `priority` and `minimum_poll_interval` (s).',
        )
        define_options(spec)
        spec.output('remote_folder', valid_type=RemoteData, help='The folder on the computer in which the job was run.')
        spec.output(
            'remote_stash',
            valid_type=RemoteStashData,
            required=False,
            help='The files that were put aside on the computer, as the option `stash` says.',
        )
        spec.output(
            cls.link_label_retrieved,
            valid_type=FolderData,
            pass_to_parser=True,
            help='The files that were retrieved: those the plugin asks for, and the output and errors of the script.',
        )
        for status, label, message in (
            (100, 'ERROR_NO_RETRIEVED_FOLDER', 'The process did not have the required `retrieved` output.'),
            (110, 'ERROR_SCHEDULER_OUT_OF_MEMORY', 'The job ran out of memory.'),
            (120, 'ERROR_SCHEDULER_OUT_OF_WALLTIME', 'The job ran out of walltime.'),
            (131, 'ERROR_SCHEDULER_INVALID_ACCOUNT', 'The specified account is invalid.'),
            (140, 'ERROR_SCHEDULER_NODE_FAILURE', 'The node running the job failed.'),
            (150, 'STOPPED_BY_MONITOR', '{message}'),
            (160, 'ERROR_STASHING_FAILED', '{message}'),
        ):
            spec.exit_code(status, label, message, invalidates_cache=True)

    @classproperty
    def spec_options(cls) -> PortNamespace:  # noqa: N805
        """The ports of the options."""
        return cast('PortNamespace', cls.spec_metadata['options'])

    @classmethod
    def get_importer(cls, entry_point_name: str | None = None) -> CalcJobImporter:
        """Return the importer of this class.

        :param entry_point_name: the name it is registered under, by default that of the class.
        :raises EntryPointError: if there is none.
        """
        from aiida.plugins.entry_point import get_entry_point_from_class, load_entry_point

        if entry_point_name is None:
            _, entry_point = get_entry_point_from_class(cls.__module__, cls.__name__)
            if entry_point is None:
                raise EntryPointError(f'{cls.__name__} is not registered as a plugin: give the name of an importer')
            entry_point_name = entry_point.name
        return cast('CalcJobImporter', load_entry_point('aiida.calculations.importers', entry_point_name)())

    @classmethod
    def get_state_classes(cls) -> dict[Hashable, type[plumpy.process_states.State]]:
        """Return the class of each state; a job has its own way of waiting."""
        return {**super().get_state_classes(), ProcessState.WAITING: Waiting}

    # properties

    @property
    def options(self) -> AttributeDict:
        """The options the job was launched with."""
        return cast('AttributeDict', self.metadata.get('options', AttributeDict()))

    @property
    def node(self) -> CalcJobNode:
        """The record of the job."""
        return cast('CalcJobNode', super().node)

    # making the node

    def _create_and_setup_db_record(self) -> int | uuid.UUID:
        """Make the node, once the resources hold what the computer has by default."""
        self._parsed_inputs = complete_resources(self._parsed_inputs)
        return super()._create_and_setup_db_record()

    def _setup_metadata(self, metadata: dict[str, Any]) -> None:
        """Note computer and options on the node."""
        computer = metadata.pop('computer', None)
        if computer is not None:
            self.node.computer = computer
        options = metadata.pop('options', {})
        self.node.set_options({name: value for name, value in options.items() if value is not None})
        super()._setup_metadata(metadata)

    def _setup_inputs(self) -> None:
        """Link the inputs; without a computer of its own the job runs on that of its code."""
        super()._setup_inputs()
        inputs = cast('Any', self.inputs)
        for name in ('code', 'remote_folder'):
            if self.node.computer is None and inputs.get(name) is not None:
                self.node.computer = inputs[name].computer

    def _setup_version_info(self) -> None:
        """Note the versions of this program, of the plugin, and those that plugin and parser give their results."""
        super()._setup_version_info()
        self._note_versions_of_monitors()
        versions: dict[str, int | None] = {}
        if self.CACHE_VERSION is not None:
            versions['calc_job'] = self.CACHE_VERSION
        parser_class = self.node.get_parser_class()
        if parser_class is not None and getattr(parser_class, 'CACHE_VERSION', None) is not None:
            versions['parser'] = parser_class.CACHE_VERSION
        if versions:
            self.node.base.attributes.set(self.KEY_CACHE_VERSION, versions)

    def _note_versions_of_monitors(self) -> None:
        """Note the version of the package of each monitor, as far as it can be told."""
        provider, found = self._runner.plugin_version_provider, {}
        for name, monitor in (cast('Any', self.inputs).get('monitors') or {}).items():
            plugin = f'aiida.calculations.monitors:{monitor["entry_point"]}'
            version = provider.get_version_info(plugin)['version'].get('plugin')
            if version is not None:
                found[name] = version
        if found:
            known = self.node.base.attributes.get('version')
            self.node.base.attributes.set('version', {**known, 'monitors': found})

    # running

    def _conclude_process(self, state: plumpy.process_states.Finished) -> None:
        """Decide how it ended; a dry run has no outputs to be missed."""
        if self.metadata.get('dry_run', False):
            state.successful = True
        else:
            super()._conclude_process(state)

    def run(self) -> Any:
        """Return what is next: the upload, or the end for what need not be run."""
        if self.metadata.get('dry_run', False):
            self._perform_dry_run()
            return plumpy.process_states.Stop(None, True)
        if 'remote_folder' in cast('Any', self.inputs):
            return self._perform_import()
        if self.node.exit_status is not None:
            self._take_cached_outputs()
            return self.node.exit_status
        return plumpy.process_states.Wait(msg='Waiting to upload', data=UPLOAD_COMMAND)

    def _take_cached_outputs(self) -> None:
        """Take the outputs that were copied to the node, with the node itself, for those of this process."""
        links = self.node.base.links.get_outgoing(link_type=LinkType.CREATE)
        self._outputs = dict(links.nested())
        self.linked_outputs.update(links.all_link_labels())

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the input files of the program to a folder, and say what else is needed to run it.

        :param folder: an empty folder on this machine, whose content is uploaded.
        :return: the codes to run, what to copy, what to retrieve.
        """
        raise NotImplementedError(f'{type(self).__name__} does not define `prepare_for_submission`')

    def presubmit(self, folder: Folder) -> CalcInfo:
        """Write all that is uploaded to a folder: the plugin's files, the script, and a record of both."""
        return presubmit(self, folder)

    def on_terminated(self) -> None:
        """Called when it is terminated: it is in no state of a job any more."""
        self.node.delete_state()
        super().on_terminated()

    def on_kill(self, msg: Any) -> None:
        """Called when it is killed: a job that nobody was waiting for, as the process was paused, is killed too."""
        super().on_kill(msg)
        force = isinstance(msg, dict) and msg.get('force_kill', False)
        if self.paused and not force and self.node.get_job_id() is not None:
            from aiida.engine.daemon.execmanager import kill_calculation

            try:
                with self.node.get_transport() as transport:
                    kill_calculation(self.node, transport)
            except Exception as exception:
                self.logger.error('the job %s may still be running: %r', self.node.get_job_id(), exception)

    def _perform_dry_run(self) -> None:
        """Make the folder of the job below ``submit_test`` in the current folder, and note on the node where."""
        from aiida.common.folders import SubmitTestFolder
        from aiida.engine.daemon.execmanager import upload_calculation
        from aiida.transports.plugins.local import LocalTransport

        with LocalTransport(machine='localhost') as transport, SubmitTestFolder() as folder:
            calc_info = self.presubmit(folder)
            upload_calculation(self.node, transport, calc_info, folder, inputs=cast('Any', self.inputs), dry_run=True)
            self.node.dry_run_info = {  # type: ignore[attr-defined]
                'folder': folder.abspath,
                'script_filename': self.node.get_option('submit_script_filename'),
            }

    def _perform_import(self) -> ExitCode:
        """Retrieve and parse the results of a job that was run elsewhere."""

        from aiida.common.datastructures import CalcJobState
        from aiida.common.folders import SandboxFolder
        from aiida.engine.daemon.execmanager import retrieve_calculation

        node, remote_folder = self.node, cast('Any', self.inputs).remote_folder
        with SandboxFolder() as folder, tempfile.TemporaryDirectory() as temporary:
            self.presubmit(folder)
            node.set_remote_workdir(remote_folder.get_remote_path())
            with node.get_transport() as transport:
                retrieved = retrieve_calculation(node, transport, temporary)
            if retrieved is not None:
                self.out(self.link_label_retrieved, retrieved)
            self.out('remote_folder', RemoteData(computer=node.computer, remote_path=remote_folder.get_remote_path()))
            self._store_outputs_for_parser()
            node.set_state(CalcJobState.PARSING)
            node.base.attributes.set(CalcJobNode.IMMIGRATED_KEY, True)
            return cast('ExitCode', self.parse(temporary))

    def _store_outputs_for_parser(self) -> None:
        """Write the outputs now, for the parser to find them on the node."""
        if self.node.is_stored:
            with self.node.backend.transaction():
                self.update_outputs()

    # parsing

    def parse(
        self, retrieved_temporary_folder: str | None = None, existing_exit_code: ExitCode | None = None
    ) -> ExitCode | plumpy.process_states.Wait:
        """Parse what was retrieved, and return how the job ended.

        The exit code of the parser, if it gives one, wins over that of the scheduler. Where there is no parser to judge
        the results of a job that vanished, it counts as lost with its machine.

        :param retrieved_temporary_folder: the files that are not kept; deleted afterwards.
        :param existing_exit_code: what is returned in any case, if given.
        """
        if not os.path.isdir(retrieved_temporary_folder or ''):
            if self.node.get_retrieve_temporary_list():
                # They were lost by an interruption.
                return plumpy.process_states.Wait(msg='Waiting to retrieve', data=RETRIEVE_COMMAND)
            with scratch_watched([tempfile.gettempdir()]):
                retrieved_temporary_folder = tempfile.mkdtemp()
        try:
            return self._judge_results(retrieved_temporary_folder, existing_exit_code)
        finally:
            shutil.rmtree(cast('str', retrieved_temporary_folder), ignore_errors=True)

    def _judge_results(self, retrieved_temporary_folder: str | None, existing_exit_code: ExitCode | None) -> ExitCode:
        """Let scheduler and parser say how the job ended."""
        retrieved = self.node.get_retrieved_node()
        if retrieved is None:
            return cast('ExitCode', self.exit_codes.ERROR_NO_RETRIEVED_FOLDER)
        by_scheduler = self.parse_scheduler_output(retrieved)
        if by_scheduler is not None and by_scheduler.status > 0:
            self.logger.warning(
                'scheduler parser returned exit code<%s>: %s', by_scheduler.status, by_scheduler.message
            )
        by_parser = self.parse_retrieved_output(retrieved_temporary_folder)
        if by_parser is not None and by_parser.status > 0:
            self.logger.warning('output parser returned exit code<%s>: %s', by_parser.status, by_parser.message)
        if existing_exit_code is not None:
            return existing_exit_code
        return by_parser or by_scheduler or self._doubt_of_end() or ExitCode(0)

    def _doubt_of_end(self) -> ExitCode | None:
        """Return an exit code if it is not known how the job ended and there is no parser to find out."""
        info = self.node.get_last_job_info() if self._parser_class() is None else None
        if info is None or info.annotation != GONE_WITHOUT_MARK:
            return None
        return cast('ExitCode', self.exit_codes.ERROR_SCHEDULER_NODE_FAILURE._replace(message=GONE_WITHOUT_MARK))

    def _parser_class(self) -> type[Parser] | None:
        """Return the class of the parser, ``None`` if there is none.

        :raises PluginUnavailable: if it cannot be imported here; it could when the job was made.
        """
        try:
            return self.node.get_parser_class()
        except ConfigurationError as exception:
            raise PluginUnavailable(str(exception)) from exception

    @staticmethod
    def terminate(exit_code: ExitCode) -> ExitCode:
        """Return an exit code; run as the last step of a job that is not parsed."""
        return exit_code

    def parse_scheduler_output(self, retrieved: Node) -> ExitCode | None:
        """Return an exit code if the scheduler says that it ended the job, ``None`` otherwise.

        :raises ValueError: if the scheduler returns anything but an exit code or ``None``.
        """
        computer = self.node.computer
        scheduler = computer.get_scheduler() if computer is not None else None
        if scheduler is None or type(scheduler).parse_output is Scheduler.parse_output:
            return None
        details = self.node.get_detailed_job_info()
        if details is not None and details.get('retval', 0) != 0:
            self.logger.info('could not get the details of the job: %s', details.get('stderr'))
            details = None
        try:
            exit_code = scheduler.parse_output(
                details,
                self._content_of_retrieved(retrieved, 'scheduler_stdout'),
                self._content_of_retrieved(retrieved, 'scheduler_stderr'),
            )
        except FeatureNotAvailable:
            return None
        except Exception as exception:
            self.logger.error('`parse_output` of the scheduler raised %s', exception, exc_info=True)
            return None
        if exit_code is not None and not isinstance(exit_code, ExitCode):
            raise ValueError(
                f'`parse_output` of a scheduler returns an ExitCode or None, not {exit_code!r}: '
                f'see {type(scheduler).__name__}'
            )
        return exit_code

    def _content_of_retrieved(self, retrieved: Node, option: str) -> str | None:
        """Return the content of a file that an option names, ``None`` if it was not retrieved."""
        name = self.node.get_option(option)
        if name is None:
            return None
        try:
            return retrieved.base.repository.get_object_content(name, mode='rb').decode('utf-8', 'replace')
        except OSError:
            self.logger.warning('could not parse scheduler output: the `%s` file is missing', name)
            return None

    def parse_retrieved_output(self, retrieved_temporary_folder: str | None = None) -> ExitCode | None:
        """Let the parser, if there is one, parse what was retrieved, and emit its outputs.

        :raises ValueError: if the parser returns anything but an exit code or ``None``.
        """
        parser_class = self._parser_class()
        if parser_class is None:
            return None
        parser = parser_class(self.node)
        parameters = parser.get_outputs_for_parsing()
        if retrieved_temporary_folder is not None:
            parameters['retrieved_temporary_folder'] = retrieved_temporary_folder
        exit_code = parser.parse(**parameters)
        for label, output in parser.outputs.items():
            try:
                self.out(label, output)
            except (TypeError, ValueError) as exception:
                self.logger.error('invalid value %r specified with label `%s`: %s', output, label, exception)
                exit_code = cast('ExitCode', self.exit_codes.ERROR_INVALID_OUTPUT)
                break
        if exit_code is not None and not isinstance(exit_code, ExitCode):
            raise ValueError(f'a parser returns an ExitCode or None, not {exit_code!r}: see {parser_class.__name__}')
        return exit_code

"""The record of a job on a computer."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.datastructures import CalcJobState
from aiida.common.exceptions import ConfigurationError, EntryPointError
from aiida.common.links import LinkType
from aiida.common.timezone import now
from aiida.orm.nodes.process.calculation.calculation import CalculationNode
from aiida.orm.nodes.process.process import ProcessNodeCaching
from aiida.orm.utils.upstairs import upstairs

if TYPE_CHECKING:
    from aiida.engine.processes.builder import ProcessBuilder
    from aiida.orm.authinfos import AuthInfo
    from aiida.orm.nodes.data.folder import FolderData
    from aiida.orm.utils.calcjob import CalcJobResultManager
    from aiida.parsers import Parser
    from aiida.schedulers.datastructures import JobInfo, JobState
    from aiida.transports import Transport

__all__ = ('CalcJobNode',)

Directives = Sequence[str | tuple[str, str, int]]


class CalcJobNodeCaching(ProcessNodeCaching):
    """The hash of a job: its files are what its inputs make, so they do not count."""

    def get_objects_to_hash(self) -> dict[str, Any]:
        """Return what the job is told apart by."""
        objects = super().get_objects_to_hash()
        objects.pop('repository_hash', None)
        return objects


class CalcJobNode(CalculationNode):
    """The record of a job on a computer."""

    _CLS_NODE_CACHING = CalcJobNodeCaching

    CALC_JOB_STATE_KEY: ClassVar[str] = 'state'
    IMMIGRATED_KEY: ClassVar[str] = 'imported'
    REMOTE_WORKDIR_KEY: ClassVar[str] = 'remote_workdir'
    RETRIEVE_LIST_KEY: ClassVar[str] = 'retrieve_list'
    RETRIEVE_TEMPORARY_LIST_KEY: ClassVar[str] = 'retrieve_temporary_list'
    SCHEDULER_JOB_ID_KEY: ClassVar[str] = 'job_id'
    SCHEDULER_STATE_KEY: ClassVar[str] = 'scheduler_state'
    SCHEDULER_LAST_CHECK_TIME_KEY: ClassVar[str] = 'scheduler_lastchecktime'
    SCHEDULER_LAST_JOB_INFO_KEY: ClassVar[str] = 'last_job_info'
    SCHEDULER_DETAILED_JOB_INFO_KEY: ClassVar[str] = 'detailed_job_info'

    _updatable_attributes: ClassVar[tuple[str, ...]] = (
        *CalculationNode._updatable_attributes,
        CALC_JOB_STATE_KEY,
        IMMIGRATED_KEY,
        REMOTE_WORKDIR_KEY,
        RETRIEVE_LIST_KEY,
        RETRIEVE_TEMPORARY_LIST_KEY,
        SCHEDULER_JOB_ID_KEY,
        SCHEDULER_STATE_KEY,
        SCHEDULER_LAST_CHECK_TIME_KEY,
        SCHEDULER_LAST_JOB_INFO_KEY,
        SCHEDULER_DETAILED_JOB_INFO_KEY,
    )
    _hash_ignored_attributes: ClassVar[tuple[str, ...]] = (
        *CalculationNode._hash_ignored_attributes,
        *('queue_name', 'account', 'qos', 'priority', 'max_wallclock_seconds', 'max_memory_kb', 'version'),
    )

    @property
    def link_label_retrieved(self) -> str:
        """The label of the link to the retrieved files."""
        return 'retrieved'

    @property
    def res(self) -> CalcJobResultManager:
        """The results in the default output node, as attributes or items."""
        from aiida.orm.utils.calcjob import CalcJobResultManager

        return CalcJobResultManager(self)

    @property
    def tools(self) -> Any:
        """The helpers that a plugin registers for this job, the general ones by default."""
        from aiida.plugins.entry_point import is_valid_entry_point_string, load_entry_point, parse_entry_point_string

        process_type = self.process_type or ''
        if is_valid_entry_point_string(process_type):
            try:
                return load_entry_point('aiida.tools.calculations', parse_entry_point_string(process_type)[1])(self)
            except EntryPointError:
                pass
        return upstairs('aiida.tools.calculations.base:CalculationTools')(self)

    @property
    def is_imported(self) -> bool:
        """Whether the job was run elsewhere and its files were taken over."""
        return bool(self.base.attributes.get(self.IMMIGRATED_KEY, False))

    @property
    def imported(self) -> bool:
        """Whether the job was run elsewhere and its files were taken over; older name of :attr:`is_imported`."""
        return self.is_imported

    # options

    def get_option(self, name: str) -> Any | None:
        """Return an option, ``None`` if it is not set."""
        return self.base.attributes.get(name, None)

    def set_option(self, name: str, value: Any) -> None:
        """Set an option."""
        self.base.attributes.set(name, value)

    def get_options(self) -> dict[str, Any]:
        """Return the options that are set.

        :raises ValueError: if the process class, which says what is an option, cannot be loaded.
        """
        values = {name: self.get_option(name) for name in self.process_class.spec_options}
        return {name: value for name, value in values.items() if value is not None}

    def set_options(self, options: dict[str, Any]) -> None:
        """Set several options."""
        self.base.attributes.set_many(options)

    def get_builder_restart(self) -> ProcessBuilder:
        """Return a builder of the same process class with the same inputs and options.

        :raises ValueError: if the process class cannot be loaded.
        """
        builder = super().get_builder_restart()
        builder._merge({'metadata': {'options': self.get_options()}})
        return builder

    # state

    def get_state(self) -> CalcJobState | None:
        """Return where the job is, ``None`` if it is in no job's state."""
        state = self.base.attributes.get(self.CALC_JOB_STATE_KEY, None)
        return None if state is None else CalcJobState(state)

    def set_state(self, state: CalcJobState) -> None:
        """Set where the job is.

        :raises ValueError: if it is no state of a job.
        """
        if not isinstance(state, CalcJobState):
            raise ValueError(f'{state} is not a valid CalcJobState')
        self.base.attributes.set(self.CALC_JOB_STATE_KEY, state.value)

    def delete_state(self) -> None:
        """Say that the job is in no job's state; no-op if it is in none."""
        self._set_or_delete(self.CALC_JOB_STATE_KEY, None)

    def get_remote_workdir(self) -> str | None:
        """Return the folder on the computer."""
        return self.base.attributes.get(self.REMOTE_WORKDIR_KEY, None)  # type: ignore[no-any-return]

    def set_remote_workdir(self, remote_workdir: str) -> None:
        """Set the folder on the computer."""
        self.base.attributes.set(self.REMOTE_WORKDIR_KEY, remote_workdir)

    def get_retrieve_list(self) -> Directives | None:
        """Return what is to be retrieved and kept."""
        return self.base.attributes.get(self.RETRIEVE_LIST_KEY, None)  # type: ignore[no-any-return]

    def set_retrieve_list(self, retrieve_list: Directives) -> None:
        """Set what is to be retrieved and kept.

        :raises TypeError: if it is no sequence.
        :raises ValueError: if an item is neither a path nor a triple of source, target and depth.
        """
        self._validate_retrieval_directive(retrieve_list)
        self.base.attributes.set(self.RETRIEVE_LIST_KEY, retrieve_list)

    def get_retrieve_temporary_list(self) -> Directives | None:
        """Return what is to be retrieved for the parser only."""
        return self.base.attributes.get(self.RETRIEVE_TEMPORARY_LIST_KEY, None)  # type: ignore[no-any-return]

    def set_retrieve_temporary_list(self, retrieve_temporary_list: Directives) -> None:
        """Set what is to be retrieved for the parser only.

        :raises TypeError: if it is no sequence.
        :raises ValueError: if an item is neither a path nor a triple of source, target and depth.
        """
        self._validate_retrieval_directive(retrieve_temporary_list)
        self.base.attributes.set(self.RETRIEVE_TEMPORARY_LIST_KEY, retrieve_temporary_list)

    @staticmethod
    def _validate_retrieval_directive(directives: Any) -> None:
        """Check what is to be retrieved.

        :raises TypeError: if it is no sequence.
        :raises ValueError: if an item is neither a path nor a triple of source, target and depth.
        """
        if not isinstance(directives, list | tuple):
            raise TypeError(f'what to retrieve is given as a list or tuple, not as {directives!r}')
        for directive in directives:
            if isinstance(directive, str):
                continue
            if not isinstance(directive, list | tuple) or len(directive) != 3:
                raise ValueError(f'invalid directive, neither a path nor (source, target, depth): {directive!r}')
            source, target, depth = directive
            if not isinstance(source, str) or not isinstance(target, str):
                raise ValueError(f'invalid directive, source and target are strings: {directive!r}')
            if depth is not None and not isinstance(depth, int):
                raise ValueError(f'invalid directive, the depth is an integer or None: {directive!r}')

    # the scheduler

    def get_job_id(self) -> str | None:
        """Return the number the scheduler gave."""
        return self.base.attributes.get(self.SCHEDULER_JOB_ID_KEY, None)  # type: ignore[no-any-return]

    def set_job_id(self, job_id: int | str) -> None:
        """Set the number the scheduler gave."""
        self.base.attributes.set(self.SCHEDULER_JOB_ID_KEY, str(job_id))

    def get_scheduler_state(self) -> JobState | None:
        """Return the state the scheduler last told."""
        state = self.base.attributes.get(self.SCHEDULER_STATE_KEY, None)
        return None if state is None else cast('JobState', upstairs('aiida.schedulers.datastructures:JobState')(state))

    def set_scheduler_state(self, state: JobState) -> None:
        """Set the state the scheduler told now.

        :raises ValueError: if it is no state of a scheduler's job.
        """
        if not isinstance(state, upstairs('aiida.schedulers.datastructures:JobState')):
            raise ValueError(f'scheduler state should be an instance of JobState, got: {state}')
        self.base.attributes.set_many(
            {self.SCHEDULER_STATE_KEY: state.value, self.SCHEDULER_LAST_CHECK_TIME_KEY: now().isoformat()}
        )

    def get_scheduler_lastchecktime(self) -> datetime.datetime | None:
        """Return when the scheduler was last asked."""
        moment = self.base.attributes.get(self.SCHEDULER_LAST_CHECK_TIME_KEY, None)
        return None if moment is None else datetime.datetime.fromisoformat(moment)

    def get_last_job_info(self) -> JobInfo | None:
        """Return what the scheduler last told."""
        info = self.base.attributes.get(self.SCHEDULER_LAST_JOB_INFO_KEY, None)
        if info is None:
            return None
        job_info_class = upstairs('aiida.schedulers.datastructures:JobInfo')
        return cast('JobInfo', job_info_class.load_from_dict(info))

    def set_last_job_info(self, last_job_info: JobInfo) -> None:
        """Set what the scheduler last told."""
        self.base.attributes.set(self.SCHEDULER_LAST_JOB_INFO_KEY, last_job_info.get_dict())

    def get_detailed_job_info(self) -> dict[str, Any] | None:
        """Return what the scheduler told of the job after its end."""
        return self.base.attributes.get(self.SCHEDULER_DETAILED_JOB_INFO_KEY, None)  # type: ignore[no-any-return]

    def set_detailed_job_info(self, detailed_job_info: dict[str, Any] | None) -> None:
        """Set what the scheduler told of the job after its end."""
        self.base.attributes.set(self.SCHEDULER_DETAILED_JOB_INFO_KEY, detailed_job_info)

    # the computer

    def get_authinfo(self) -> AuthInfo:
        """Return the settings by which the user of the node reaches its computer.

        :raises NotExistent: if there is no computer, or it is not configured.
        """
        from aiida.common.exceptions import NotExistent

        computer = self.computer
        if computer is None:
            raise NotExistent(f'{self!r} has no computer')
        return computer.get_authinfo(self.user)

    def get_transport(self) -> Transport:
        """Return a transport to the computer of the node, closed.

        :raises NotExistent: if there is no computer, or it is not configured.
        """
        return self.get_authinfo().get_transport()

    # results

    def get_parser_class(self) -> type[Parser] | None:
        """Return the class of the parser, ``None`` if there is none.

        :raises ConfigurationError: if it cannot be loaded.
        """
        from aiida.plugins.entry_point import load_entry_point

        name = self.get_option('parser_name')
        if name is None:
            return None
        try:
            return cast('type[Parser]', load_entry_point('aiida.parsers', name))
        except EntryPointError as exception:
            raise ConfigurationError(f"the parser '{name}' of {self!r} cannot be loaded: {exception}") from exception

    def get_retrieved_node(self) -> FolderData | None:
        """Return the retrieved files, ``None`` if nothing was retrieved."""
        from aiida.orm.nodes.data.folder import FolderData

        link = self.base.links.get_outgoing(
            node_class=FolderData, link_type=LinkType.CREATE, link_label_filter=self.link_label_retrieved
        ).first()
        return None if link is None else cast('FolderData', link.node)

    def get_scheduler_stdout(self) -> str | None:
        """Return what the job wrote to its standard output, ``None`` if that was not retrieved."""
        return self._retrieved_text('scheduler_stdout')

    def get_scheduler_stderr(self) -> str | None:
        """Return what the job wrote to its standard error, ``None`` if that was not retrieved."""
        return self._retrieved_text('scheduler_stderr')

    def _retrieved_text(self, option: str) -> str | None:
        filename, retrieved = self.get_option(option), self.get_retrieved_node()
        if filename is None or retrieved is None:
            return None
        try:
            return str(retrieved.base.repository.get_object_content(filename))
        except OSError:
            return None

    def get_description(self) -> str:
        """Return where the job is."""
        state = self.get_state()
        return '' if state is None else state.value

"""The record of a process: what it is, where it stands, how it ended."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.exceptions import EntryPointError, ModificationNotAllowed
from aiida.common.links import LinkType
from aiida.common.timezone import now
from aiida.orm.nodes.caching import NodeCaching
from aiida.orm.nodes.links import NodeLinks
from aiida.orm.nodes.node import Node
from aiida.orm.utils.held import forget_held_node, remember_held_node
from aiida.orm.utils.mixins import Sealable
from aiida.orm.utils.upstairs import upstairs
from aiida.storage.records import LogRecord

if TYPE_CHECKING:
    from pathlib import Path

    from plumpy.process_states import ProcessState

    from aiida.engine.processes.builder import ProcessBuilder
    from aiida.engine.processes.exit_code import ExitCode

__all__ = ('ProcessNode', 'ProcessNodeCaching', 'ProcessNodeLinks')


def __getattr__(name: str) -> Any:
    if name == 'ProcessState':
        from plumpy.process_states import ProcessState

        return ProcessState
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


class ProcessNodeCaching(NodeCaching):
    """The hash of a process node: with its inputs, without what only says how it was run."""

    @property
    def is_valid_cache(self) -> bool:
        """Whether others may take the outputs over: if it is complete and neither user nor process class objects.

        A class that cannot be asked, because it cannot be loaded, is taken to object.
        """
        node = cast('ProcessNode', self._node)
        if not (node.is_finished and node.is_sealed and super().is_valid_cache):
            return False
        try:
            process_class = node.process_class
        except ValueError as exception:
            node.logger.warning('%s is not considered for caching: %s', node, exception)
            return False
        for asked in (process_class, getattr(process_class, 'process_class', None)):
            decide = getattr(asked, 'is_valid_cache', None)
            if decide is not None:
                return bool(decide(node))
        return True

    @is_valid_cache.setter
    def is_valid_cache(self, valid: bool) -> None:
        self._set_valid(valid)

    def should_use_cache(self) -> bool:
        """Whether an equal node may be used in place of running the process, unless its inputs say no."""
        metadata = (self._node._attributes_now().get(ProcessNode.METADATA_INPUTS_KEY) or {}).get('metadata') or {}
        return not metadata.get('disable_cache', False) and super().should_use_cache()

    def get_objects_to_hash(self) -> dict[str, Any]:
        """Return what the process is told apart by: its class, its attributes, its files, and its inputs."""
        objects = super().get_objects_to_hash()
        links = self._node.base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK))
        ignored = self._node._hash_ignored_inputs
        objects['inputs'] = {
            triple.link_label: triple.node.base.caching._hash_as_input()
            for triple in links
            if triple.link_label not in ignored
        }
        return objects


class ProcessNodeLinks(NodeLinks):
    """The links of a process node, whose inputs are complete when it is stored."""

    def validate_incoming(self, source: Node, link_type: LinkType, link_label: str) -> None:
        """Check that a link may enter this node.

        :raises ValueError: also if it is an input and the process is stored already.
        """
        super().validate_incoming(source, link_type, link_label)
        if self._node._record.id is not None:
            raise ValueError(
                f'cannot link {source} to {self._node} as {link_label!r}: the process is stored, and what leads to it '
                'is complete then'
            )


class _Held:
    """What was written to a node while it is held."""

    __slots__ = ('changes', 'logs', 'removed')

    def __init__(self) -> None:
        self.changes: dict[str, Any] = {}
        self.removed: set[str] = set()
        self.logs: list[LogRecord] = []

    def put_back(self, changes: dict[str, Any], removed: set[str], logs: list[LogRecord]) -> None:
        """Take back what was written in a transaction that was rolled back; what came later wins."""
        self.removed |= {key for key in removed if key not in self.changes}
        self.changes = {**{key: value for key, value in changes.items() if key not in self.removed}, **self.changes}
        self.logs = logs + self.logs


def _load_process_class(process_type: str) -> Any:
    """Return the class, or function, that a process type names; it may stand in another class.

    It is looked up each time, since a cell of a notebook may have defined it anew.

    :raises ImportError: if there is no such module.
    :raises AttributeError: if it is not there.
    """
    names = process_type.split('.')
    for count in range(len(names) - 1, 0, -1):
        module = '.'.join(names[:count])
        try:
            found: Any = import_module(module)
        except ModuleNotFoundError as exception:
            missing = exception.name or ''
            if count == 1 or not (module == missing or module.startswith(f'{missing}.')):
                raise
            continue
        for name in names[count:]:
            found = getattr(found, name)
        return found
    raise ImportError(f'`{process_type}` names no module')


class ProcessNode(Sealable, Node):
    """The record of a process. Processes make their own nodes."""

    _CLS_NODE_LINKS = ProcessNodeLinks
    _CLS_NODE_CACHING = ProcessNodeCaching

    CHECKPOINT_KEY: ClassVar[str] = 'checkpoints'
    EXCEPTION_KEY: ClassVar[str] = 'exception'
    EXIT_MESSAGE_KEY: ClassVar[str] = 'exit_message'
    EXIT_STATUS_KEY: ClassVar[str] = 'exit_status'
    METADATA_INPUTS_KEY: ClassVar[str] = 'metadata_inputs'
    PROCESS_LABEL_KEY: ClassVar[str] = 'process_label'
    PROCESS_PAUSED_KEY: ClassVar[str] = 'paused'
    PROCESS_STATE_KEY: ClassVar[str] = 'process_state'
    PROCESS_STATUS_KEY: ClassVar[str] = 'process_status'

    _updatable_attributes: ClassVar[tuple[str, ...]] = (
        *Sealable._updatable_attributes,
        PROCESS_PAUSED_KEY,
        CHECKPOINT_KEY,
        EXCEPTION_KEY,
        EXIT_MESSAGE_KEY,
        EXIT_STATUS_KEY,
        PROCESS_LABEL_KEY,
        PROCESS_STATE_KEY,
        PROCESS_STATUS_KEY,
    )
    _hash_ignored_attributes: ClassVar[tuple[str, ...]] = (METADATA_INPUTS_KEY,)
    #: Labels of inputs that do not count when nodes are compared by their hash.
    _hash_ignored_inputs: ClassVar[tuple[str, ...]] = ('CALL',)
    #: The kinds of link that ``inputs`` and ``outputs`` show; set by calculations and workflows.
    _INPUT_LINK: ClassVar[LinkType]
    _OUTPUT_LINK: ClassVar[LinkType]

    _held: _Held | None = None
    #: Kind and label of the links that leave the node, if all are known because this object stored it.
    _outgoing_labels: set[tuple[LinkType, str]] | None = None

    def __str__(self) -> str:
        text = super().__str__()
        return f'{text} ({self.process_type})' if self.process_type else text

    # holding back what is written

    def hold(self) -> None:
        """Gather changes of attributes and log messages in memory from now on, until :meth:`flush` writes them.

        The process that owns the node holds it: its attributes are then as this object knows them, not as the database
        has them.
        """
        if self._held is None:
            self._attributes_now()
            self._held = _Held()
            remember_held_node(self)

    @property
    def is_held(self) -> bool:
        """Whether changes are gathered."""
        return self._held is not None

    def flush(self) -> None:
        """Write what was gathered, in the open transaction or in one of its own.

        If that transaction is rolled back, it is gathered again.
        """
        held, pk = self._held, self._record.id
        if held is None or pk is None or not (held.changes or held.removed or held.logs):
            return
        store = self._store
        with store.transaction():
            # taken before they are written: another thread may gather more meanwhile
            changes, removed, logs = held.changes, held.removed, held.logs
            held.changes, held.removed, held.logs = {}, set(), []
            store.on_rollback(lambda: held.put_back(changes, removed, logs))
            if changes or removed:
                moment = now()
                store.patch_node(pk, 'attributes', changes, removed, moment)
                self._record.mtime = moment
            if logs:
                store.insert_logs(logs)

    def release(self) -> None:
        """Write what was gathered and gather no more."""
        self.flush()
        self._held = None
        forget_held_node(self)

    def drop_held(self) -> None:
        """Forget what was gathered and gather no more: somebody else owns the node, or will go on from before."""
        self._held = None
        forget_held_node(self)

    def hold_log(self, log: LogRecord) -> bool:
        """Take a log message to be written with the next flush; return whether it was taken."""
        if self._held is None:
            return False
        self._held.logs.append(log)
        return True

    def _insert(self) -> None:
        super()._insert()
        self._outgoing_labels = set()
        if self._held is not None:
            remember_held_node(self)

    def _forget(self, incoming: list[tuple[Node, LinkType, str]]) -> Callable[[], None]:
        undo_storing = super()._forget(incoming)

        def undo() -> None:
            forget_held_node(self)
            undo_storing()

        return undo

    def _has_outgoing_label(self, link_type: LinkType, label: str) -> bool:
        if self._outgoing_labels is not None and self._held is not None:
            return (link_type, label) in self._outgoing_labels
        return super()._has_outgoing_label(link_type, label)

    def _remember_outgoing(self, link_type: LinkType, label: str) -> None:
        known = self._outgoing_labels
        if known is not None:
            known.add((link_type, label))
            self._store.on_rollback(lambda: known.discard((link_type, label)))

    def _attributes_now(self) -> dict[str, Any]:
        """Return the attributes: as the database has them while the process lives, unless this object holds them."""
        record = self._record
        if record.id is None or self._held is not None or record.attributes.get('sealed'):
            return record.attributes
        record.attributes = self._store.read_attributes(record.id)
        return record.attributes

    def _write_attributes(self, changes: Mapping[str, Any], removed: Iterable[str]) -> None:
        held = self._held
        if held is None:
            super()._write_attributes(changes, removed)
            return
        attributes = self._record.attributes
        for key in removed:
            attributes.pop(key, None)
            held.changes.pop(key, None)
            held.removed.add(key)
        attributes.update(changes)
        held.changes.update(changes)
        held.removed.difference_update(changes)

    def _check_mutability_attributes(self, keys: list[str] | None = None) -> None:
        """Raise unless these attributes may be changed.

        :raises ModificationNotAllowed: if the node is sealed, or stored and one of them is not an updatable one.
        """
        if self._record.id is None:
            return
        if self.is_sealed:
            raise ModificationNotAllowed(f'{self} is sealed, its attributes can no longer be changed')
        updatable = self._updatable_attributes
        refused = [key for key in keys if key not in updatable] if keys is not None else ['all']
        if refused:
            raise ModificationNotAllowed(
                f'{self} is stored, of its attributes only the updatable ones can be changed, not: {", ".join(refused)}'
            )

    def _set_or_delete(self, key: str, value: Any) -> None:
        """Set an attribute, or remove it where the value is ``None``."""
        if value is not None:
            self.base.attributes.set(key, value)
        elif key in self._attributes_now():
            self.base.attributes.delete(key)

    # neighbours

    @property
    def logger(self) -> Any:
        """A logger whose messages are kept with the node."""
        from aiida.orm.utils.log import create_logger_adapter

        return create_logger_adapter(self._logger, self)

    @property
    def called(self) -> list[ProcessNode]:
        """The processes this one called, in the order they were called."""
        links = self.base.links.get_outgoing(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK))
        return cast('list[ProcessNode]', links.all_nodes())

    @property
    def called_descendants(self) -> list[ProcessNode]:
        """The processes this one called, and those they called, and so on."""
        descendants = []
        for node in self.called:
            descendants.append(node)
            descendants.extend(node.called_descendants)
        return descendants

    @property
    def caller(self) -> ProcessNode | None:
        """The process that called this one, ``None`` if there is none."""
        link = self.base.links.get_incoming(link_type=(LinkType.CALL_CALC, LinkType.CALL_WORK)).first()
        return None if link is None else cast('ProcessNode', link.node)

    # class

    def set_process_type(self, process_type_string: str) -> None:
        """Set the string that stands for the class of the process."""
        self.process_type = process_type_string

    @property
    def process_class(self) -> Any:
        """The class of the process, or the process function.

        :raises ValueError: if it is not known or cannot be imported.
        """
        from aiida.plugins.entry_point import is_valid_entry_point_string, load_entry_point_from_string

        process_type = self.process_type
        if not process_type:
            raise ValueError(f'{self!r} has no process type, so that its process class cannot be told')
        try:
            if is_valid_entry_point_string(process_type):
                return load_entry_point_from_string(process_type)
            return _load_process_class(process_type)
        except (EntryPointError, ImportError, AttributeError, ValueError) as exception:
            raise ValueError(
                f'the process class of {self!r} cannot be imported, is its plugin installed? ({exception})'
            ) from exception

    def get_builder_restart(self) -> ProcessBuilder:
        """Return a builder of the same process class with the same inputs.

        :raises ValueError: if the process class cannot be loaded.
        """
        builder: ProcessBuilder = self.process_class.get_builder()
        builder._merge(self.base.links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK)).nested())
        metadata_inputs = self.get_metadata_inputs()
        if metadata_inputs:
            builder._merge(metadata_inputs)
        return builder

    @property
    def process_label(self) -> str | None:
        """The name of the process class."""
        return self.base.attributes.get(self.PROCESS_LABEL_KEY, None)  # type: ignore[no-any-return]

    def set_process_label(self, label: str) -> None:
        """Set the name of the process class."""
        self.base.attributes.set(self.PROCESS_LABEL_KEY, label)

    def get_metadata_inputs(self) -> dict[str, Any] | None:
        """Return the inputs that are no nodes."""
        return self.base.attributes.get(self.METADATA_INPUTS_KEY, None)  # type: ignore[no-any-return]

    def set_metadata_inputs(self, value: dict[str, Any]) -> None:
        """Set the inputs that are no nodes."""
        self.base.attributes.set(self.METADATA_INPUTS_KEY, value)

    @classmethod
    def recursive_merge(cls, left: dict[Any, Any], right: dict[Any, Any]) -> None:
        """Merge a nested dictionary into another, in place; where both have a value, the right one wins."""
        for key, value in right.items():
            if isinstance(left.get(key), dict) and isinstance(value, dict):
                cls.recursive_merge(left[key], value)
            else:
                left[key] = value

    # state

    @property
    def process_state(self) -> ProcessState | None:
        """The state of the process, ``None`` if it has none yet."""
        state = self._state()
        if state is None:
            return None
        return cast('ProcessState', upstairs('plumpy.process_states:ProcessState')(state))

    def set_process_state(self, state: str | ProcessState | None) -> None:
        """Set the state of the process."""
        value = state.value if isinstance(state, enum.Enum) else state
        self.base.attributes.set(self.PROCESS_STATE_KEY, value)

    def _state(self) -> str | None:
        return self._attributes_now().get(self.PROCESS_STATE_KEY)

    @property
    def process_status(self) -> str | None:
        """What the process says of itself at the moment."""
        return self.base.attributes.get(self.PROCESS_STATUS_KEY, None)  # type: ignore[no-any-return]

    def set_process_status(self, status: str | None) -> None:
        """Set what the process says of itself.

        :raises TypeError: if it is no text.
        """
        if status is not None and not isinstance(status, str):
            raise TypeError(f'the process status is a string, not {status!r} of type {type(status)}')
        self._set_or_delete(self.PROCESS_STATUS_KEY, status)

    @property
    def is_terminated(self) -> bool:
        """Whether the process has come to an end of any kind."""
        return self._state() in {'finished', 'excepted', 'killed'}

    @property
    def is_excepted(self) -> bool:
        """Whether the process ended with an exception."""
        return self._state() == 'excepted'

    @property
    def is_killed(self) -> bool:
        """Whether the process was killed."""
        return self._state() == 'killed'

    @property
    def is_finished(self) -> bool:
        """Whether the process came to its own end, successful or not."""
        return self._state() == 'finished'

    @property
    def is_finished_ok(self) -> bool:
        """Whether the process came to its own end with exit status 0."""
        return self.is_finished and self.exit_status == 0

    @property
    def is_failed(self) -> bool:
        """Whether the process came to its own end with an exit status other than 0."""
        return self.is_finished and self.exit_status != 0

    @property
    def exit_code(self) -> ExitCode | None:
        """Exit status and message together, ``None`` if there is no status or no message."""
        status, message = self.exit_status, self.exit_message
        if status is None or message is None:
            return None
        return cast('ExitCode', upstairs('aiida.engine.processes.exit_code:ExitCode')(status, message))

    @property
    def exit_status(self) -> int | None:
        """The number the process ended with: 0 says success."""
        return self.base.attributes.get(self.EXIT_STATUS_KEY, None)  # type: ignore[no-any-return]

    def set_exit_status(self, status: enum.Enum | int | None = None) -> None:
        """Set the number the process ended with, 0 for ``None``.

        :raises ValueError: if it is no integer.
        """
        value = status.value if isinstance(status, enum.Enum) else 0 if status is None else status
        if not isinstance(value, int):
            raise ValueError(f'the exit status has to be an integer, not {value!r}')
        self.base.attributes.set(self.EXIT_STATUS_KEY, value)

    @property
    def exit_message(self) -> str | None:
        """What the exit status means."""
        return self.base.attributes.get(self.EXIT_MESSAGE_KEY, None)  # type: ignore[no-any-return]

    def set_exit_message(self, message: str | None) -> None:
        """Set what the exit status means; ``None`` changes nothing.

        :raises ValueError: if it is no text.
        """
        if message is None:
            return
        if not isinstance(message, str):
            raise ValueError(f'the exit message has to be a string, not {message!r} of type {type(message)}')
        self.base.attributes.set(self.EXIT_MESSAGE_KEY, message)

    @property
    def exception(self) -> str | None:
        """The exception the process ended with, if it did."""
        if not self.is_excepted:
            return None
        return self.base.attributes.get(self.EXCEPTION_KEY, '')  # type: ignore[no-any-return]

    def set_exception(self, exception: str) -> None:
        """Set the exception the process ended with.

        :raises ValueError: if it is no text.
        """
        if not isinstance(exception, str):
            raise ValueError(f'the exception has to be given as a string, not {exception!r} of type {type(exception)}')
        self.base.attributes.set(self.EXCEPTION_KEY, exception)

    @property
    def checkpoint(self) -> str | None:
        """The checkpoint that AiiDA keeps here; ours have a table of their own."""
        return self.base.attributes.get(self.CHECKPOINT_KEY, None)  # type: ignore[no-any-return]

    def set_checkpoint(self, checkpoint: str) -> None:
        """Set the checkpoint."""
        self.base.attributes.set(self.CHECKPOINT_KEY, checkpoint)

    def delete_checkpoint(self) -> None:
        """Remove the checkpoint; one that is absent is no error."""
        self._set_or_delete(self.CHECKPOINT_KEY, None)

    @property
    def paused(self) -> bool:
        """Whether the process is paused."""
        return bool(self.base.attributes.get(self.PROCESS_PAUSED_KEY, False))

    def pause(self) -> None:
        """Note that the process is paused; to pause one, see :mod:`aiida.engine.processes.control`."""
        self.base.attributes.set(self.PROCESS_PAUSED_KEY, True)

    def unpause(self) -> None:
        """Note that the process is not paused."""
        self._set_or_delete(self.PROCESS_PAUSED_KEY, None)

    def dump(
        self,
        output_path: str | Path | None = None,
        dry_run: bool = False,
        overwrite: bool = False,
        include_inputs: bool = True,
        include_outputs: bool = False,
        include_attributes: bool = True,
        include_extras: bool = False,
        flat: bool = False,
        dump_unsealed: bool = False,
    ) -> Path:
        """Write the files of the process, and of all that it called, into a folder.

        :param output_path: the folder, by default one with the name of the process in the current one.
        :param dry_run: whether only to say what would be written.
        :param overwrite: whether to write what is up to date too, and to replace the dump of something else.
        :param include_inputs: whether the files of the data that calculations used are written.
        :param include_outputs: whether the files of the data that calculations made are written.
        :param include_attributes: whether the attributes are written.
        :param include_extras: whether the extras are written.
        :param flat: whether all files of a calculation stand side by side.
        :param dump_unsealed: whether a process that is not finished may be dumped.
        :return: the absolute path of the folder.
        :raises InvalidOperation: if the process is not finished, or the folder holds files that are of no dump.
        """
        options = upstairs('aiida.tools.dumping.options:ContentOptions')(
            include_inputs=include_inputs,
            include_outputs=include_outputs,
            include_attributes=include_attributes,
            include_extras=include_extras,
            flat=flat,
            dump_unsealed=dump_unsealed,
        )
        dump = upstairs('aiida.tools.dumping.process:dump_process')
        return cast('Path', dump(self, output_path, dry_run=dry_run, overwrite=overwrite, options=options))

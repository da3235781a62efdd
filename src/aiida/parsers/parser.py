"""The contract of a parser."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, cast

from aiida.common.exceptions import ModificationNotAllowed
from aiida.common.extendeddicts import AttributeDict

if TYPE_CHECKING:
    import logging

    from aiida.engine import ExitCode
    from aiida.engine.processes.exit_code import ExitCodesNamespace
    from aiida.orm import CalcFunctionNode, CalcJobNode, Data, FolderData

__all__ = ('Parser',)


class Parser(ABC):
    """Reads the files that a job has left, and makes nodes of what is in them.

    A plugin defines :meth:`parse`, which calls :meth:`out` for each output and returns an exit code if the job failed.
    """

    #: A number to be raised when results of older versions must not be taken from the cache any more.
    CACHE_VERSION: ClassVar[int | None] = None

    def __init__(self, node: CalcJobNode) -> None:
        """
        :param node: the record of the job.
        """
        from aiida.orm.utils.log import create_logger_adapter

        self._node = node
        self._logger = create_logger_adapter(_logger_of(self), node)
        self._outputs: AttributeDict = AttributeDict()

    @property
    def logger(self) -> logging.LoggerAdapter[Any]:
        """A logger whose messages are kept with the node of the job."""
        return self._logger

    @property
    def node(self) -> CalcJobNode:
        """The record of the job."""
        return self._node

    @property
    def exit_codes(self) -> ExitCodesNamespace:
        """The exit codes of the process by label, as its class declares them."""
        return cast('ExitCodesNamespace', self.node.process_class.exit_codes)

    @property
    def retrieved(self) -> FolderData:
        """The files that were retrieved."""
        return cast('FolderData', self.node.base.links.get_outgoing().get_node_by_label('retrieved'))

    @property
    def outputs(self) -> AttributeDict:
        """The outputs that were given to :meth:`out`."""
        return self._outputs

    def out(self, link_label: str, node: Data) -> None:
        """Emit an output.

        :param link_label: the name of the output.
        :raises ModificationNotAllowed: if there is one of this name.
        """
        if link_label in self._outputs:
            raise ModificationNotAllowed(f'the output {link_label} already exists')
        self._outputs[link_label] = node

    def get_outputs_for_parsing(self) -> dict[str, Any]:
        """Return the outputs of the job that its process declares to be passed to the parser, by name."""
        links = self.node.base.links.get_outgoing()
        found = {}
        for name, port in self.node.process_class.spec().outputs.items():
            if getattr(port, 'pass_to_parser', False) and name in links.all_link_labels():
                found[name] = links.get_node_by_label(name)
        return found

    @classmethod
    def parse_from_node(
        cls, node: CalcJobNode, store_provenance: bool = True, retrieved_temporary_folder: Any = None
    ) -> tuple[dict[str, Any] | None, CalcFunctionNode]:
        """Parse the files of a job again, by a calcfunction whose inputs are what is passed to the parser.

        :param store_provenance: whether inputs and outputs of the calcfunction are stored.
        :param retrieved_temporary_folder: the files that are not kept, if the parser needs them.
        :return: the outputs by name, and the node of the calcfunction.
        """
        from aiida.engine import calcfunction
        from aiida.orm import Str

        parser = cls(node=node)

        @calcfunction
        def parse_calcfunction(**kwargs: Any) -> Any:
            """Parse what a job left; the exit code is that of the parser."""
            # The name of the folder is an input only to tell this call from others.
            kwargs.pop('retrieved_temporary_folder', None)
            if retrieved_temporary_folder is not None:
                kwargs['retrieved_temporary_folder'] = str(retrieved_temporary_folder)
            exit_code = parser.parse(**kwargs)
            if exit_code is not None and exit_code.status:
                # An exit code other than zero would lose the outputs that the parser has nevertheless.
                from aiida.engine.processes.process import Process

                process = cast('Process', Process.current())
                process.out_many(dict(parser.outputs))
                return exit_code
            return dict(parser.outputs)

        inputs: dict[str, Any] = {
            'metadata': {'store_provenance': store_provenance},
            **parser.get_outputs_for_parsing(),
        }
        if retrieved_temporary_folder is not None:
            inputs['retrieved_temporary_folder'] = Str(str(retrieved_temporary_folder))
        run = cast('Any', parse_calcfunction).run_get_node(**inputs)
        return cast('tuple[dict[str, Any] | None, CalcFunctionNode]', tuple(run))

    @abstractmethod
    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Read the files and call :meth:`out` for each output.

        :param kwargs: the outputs that are passed to the parser, ``retrieved`` for one, and
            ``retrieved_temporary_folder``, the path of a folder with files that are not kept, if there are any.
        :return: an exit code if the job failed, ``None`` otherwise.
        """


def _logger_of(parser: Parser) -> logging.Logger:
    from aiida.common.log import AIIDA_LOGGER

    return AIIDA_LOGGER.getChild('parser').getChild(type(parser).__name__)

"""Types of parameters that are entities, named by pk, uuid (or its first characters) or label."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import click

from aiida.cmdline.params.types.base import ParamType

__all__ = (
    'CalculationParamType',
    'CodeParamType',
    'ComputerParamType',
    'DataParamType',
    'GroupParamType',
    'IdentifierParamType',
    'NodeParamType',
    'ProcessParamType',
    'WorkflowParamType',
)


class IdentifierParamType(ParamType, ABC):
    """An entity, found when the command is called."""

    def __init__(self, sub_classes: tuple[str, ...] | None = None) -> None:
        """
        :param sub_classes: entry points, as ``aiida.data:core.int``, of the classes that are accepted.
        :raises TypeError: if they are not a tuple.
        """
        if sub_classes is not None and not isinstance(sub_classes, tuple):
            raise TypeError(f'sub_classes has to be a tuple of entry points, got {sub_classes!r}')
        self._entry_points = sub_classes

    @property
    @abstractmethod
    def orm_class_loader(self) -> Any:
        """The class that finds entities of the kind."""

    @cached_property
    def _sub_classes(self) -> tuple[Any, ...] | None:
        if self._entry_points is None:
            return None
        from aiida.plugins.entry_point import load_entry_point_from_string

        return tuple(load_entry_point_from_string(entry_point) for entry_point in self._entry_points)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the entity.

        :raises click.BadParameter: if there is none, or more than one.
        """
        from aiida.cmdline.utils.decorators import load_backend_if_not_loaded
        from aiida.common.exceptions import EntryPointError, MultipleObjectsError, NotExistent
        from aiida.orm.entities import Entity

        if isinstance(value, Entity):
            return value
        if not value:
            raise click.BadParameter('it must not be empty', ctx=ctx, param=param)
        load_backend_if_not_loaded()
        try:
            return self.orm_class_loader.load_entity(value, sub_classes=self._sub_classes)
        except (NotExistent, MultipleObjectsError, EntryPointError, ValueError, TypeError) as exception:
            raise click.BadParameter(str(exception), ctx=ctx, param=param) from exception


class NodeParamType(IdentifierParamType):
    """A node."""

    name = 'Node'

    @property
    def orm_class_loader(self) -> Any:
        """What finds nodes."""
        from aiida.orm.utils.loaders import NodeEntityLoader

        return NodeEntityLoader


class ProcessParamType(IdentifierParamType):
    """A process."""

    name = 'Process'

    @property
    def orm_class_loader(self) -> Any:
        """What finds processes."""
        from aiida.orm.utils.loaders import ProcessEntityLoader

        return ProcessEntityLoader


class CalculationParamType(IdentifierParamType):
    """A calculation."""

    name = 'Calculation'

    @property
    def orm_class_loader(self) -> Any:
        """What finds calculations."""
        from aiida.orm.utils.loaders import CalculationEntityLoader

        return CalculationEntityLoader


class WorkflowParamType(IdentifierParamType):
    """A workflow."""

    name = 'WorkflowNode'

    @property
    def orm_class_loader(self) -> Any:
        """What finds workflows."""
        from aiida.orm.utils.loaders import WorkflowEntityLoader

        return WorkflowEntityLoader


class DataParamType(IdentifierParamType):
    """A data node."""

    name = 'Data'

    @property
    def orm_class_loader(self) -> Any:
        """What finds data."""
        from aiida.orm.utils.loaders import DataEntityLoader

        return DataEntityLoader


class CodeParamType(IdentifierParamType):
    """A code."""

    name = 'Code'

    def __init__(self, sub_classes: tuple[str, ...] | None = None, entry_point: str | None = None) -> None:
        """
        :param entry_point: the entry point of the calculations that the code has to be for.
        """
        super().__init__(sub_classes)
        self._required_entry_point = entry_point

    @property
    def orm_class_loader(self) -> Any:
        """What finds codes."""
        from aiida.orm.utils.loaders import CodeEntityLoader

        return CodeEntityLoader

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the code.

        :raises click.BadParameter: if there is none, more than one, or it is for other calculations.
        """
        code = super().convert(value, param, ctx)
        wanted = self._required_entry_point
        if code is not None and wanted and code.default_calc_job_plugin != wanted:
            raise click.BadParameter(
                f'the code is for `{code.default_calc_job_plugin}`, and one for `{wanted}` is needed',
                ctx=ctx,
                param=param,
            )
        return code


class ComputerParamType(IdentifierParamType):
    """A computer."""

    name = 'Computer'

    @property
    def orm_class_loader(self) -> Any:
        """What finds computers."""
        from aiida.orm.utils.loaders import ComputerEntityLoader

        return ComputerEntityLoader

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Return the labels of computers that begin with a text."""
        from click.shell_completion import CompletionItem

        try:
            from aiida.cmdline.utils.decorators import load_backend_if_not_loaded
            from aiida.orm.backend import get_store
            from aiida.storage.records import EntityKind

            load_backend_if_not_loaded()
            labels = [row['label'] for row in get_store().find_entities(EntityKind.COMPUTER)]
        except Exception:  # completion never fails
            return []
        return [CompletionItem(label) for label in labels if label.startswith(incomplete)]


class GroupParamType(IdentifierParamType):
    """A group."""

    name = 'Group'

    def __init__(
        self, create_if_not_exist: bool = False, sub_classes: tuple[str, ...] = ('aiida.groups:core',)
    ) -> None:
        """
        :param create_if_not_exist: whether a group is made, of the first class, where there is none of the label.
        """
        super().__init__(sub_classes)
        self._create_if_not_exist = create_if_not_exist

    @property
    def orm_class_loader(self) -> Any:
        """What finds groups."""
        from aiida.orm.utils.loaders import GroupEntityLoader

        return GroupEntityLoader

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the group.

        :raises click.BadParameter: if there is none and it is not to be made, or more than one.
        """
        from aiida.common.exceptions import NotExistent

        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as exception:
            if not self._create_if_not_exist or not isinstance(exception.__cause__, NotExistent):
                raise
            assert self._sub_classes is not None
            return self._sub_classes[0](label=value).store()

"""From the name of an entry point to the class or function it stands for, checked to be of the group's kind."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from aiida.common.exceptions import InvalidEntryPointTypeError
from aiida.plugins.entry_point import get_entry_point, load_entry_point

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = (
    'BaseFactory',
    'BrokerFactory',
    'CalcJobImporterFactory',
    'CalculationFactory',
    'DataFactory',
    'DbImporterFactory',
    'GroupFactory',
    'OrbitalFactory',
    'ParserFactory',
    'SchedulerFactory',
    'StorageFactory',
    'TransportFactory',
    'WorkflowFactory',
)


def raise_invalid_type_error(entry_point_name: str, entry_point_group: str, valid_classes: tuple[Any, ...]) -> NoReturn:
    """Say that what an entry point gives is not of the kind its group admits.

    :raises InvalidEntryPointTypeError: always.
    """
    names = ', '.join(getattr(cls, '__name__', str(cls)) for cls in valid_classes)
    raise InvalidEntryPointTypeError(
        f'entry point `{entry_point_name}` of group `{entry_point_group}` is none of: {names}'
    )


def _resolve(specification: str) -> Any:
    """Return the object named ``module:attribute``."""
    module_name, _, attribute = specification.partition(':')
    return getattr(import_module(module_name), attribute)


def BaseFactory(group: str, name: str, load: bool = True) -> EntryPoint | Any:
    """Return what an entry point stands for, or the entry point itself.

    :param group: the group, e.g. ``aiida.data``.
    :param name: the name of the entry point.
    :param load: whether to load it.
    :raises MissingEntryPointError: if there is no such entry point.
    :raises MultipleEntryPointError: if there is more than one.
    :raises LoadingEntryPointError: if it cannot be loaded.
    """
    if load is True:
        return load_entry_point(group, name)
    return get_entry_point(group, name)


def _class_of(group: str, name: str, load: bool, *bases: str) -> Any:
    """Return a class that derives from one of ``bases`` (``module:attribute``, loaded now)."""
    found = BaseFactory(group, name, load)
    if load is not True:
        return found
    valid = tuple(_resolve(base) for base in bases)
    if isinstance(found, type) and issubclass(found, valid):
        return found
    raise_invalid_type_error(name, group, valid)


def _process_of(group: str, name: str, load: bool, base: str, node: str, kind: str) -> Any:
    """Return a process class, or a process function whose node is of a class."""
    found: Any = BaseFactory(group, name, load)
    if load is not True:
        return found
    valid = _resolve(base)
    if isinstance(found, type):
        if issubclass(found, valid):
            return found
    elif getattr(found, 'is_process_function', False) and issubclass(found.node_class, _resolve(node)):
        return found
    raise_invalid_type_error(name, group, (valid, kind))


def BrokerFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from :class:`aiida.brokers.broker.Broker`; see :func:`BaseFactory`."""
    return _class_of('aiida.brokers', entry_point_name, load, 'aiida.brokers.broker:Broker')


def CalculationFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``CalcJob``, or a calcfunction; see :func:`BaseFactory`."""
    return _process_of(
        'aiida.calculations',
        entry_point_name,
        load,
        'aiida.engine:CalcJob',
        'aiida.orm:CalcFunctionNode',
        'calcfunction',
    )


def CalcJobImporterFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``CalcJobImporter``; see :func:`BaseFactory`."""
    return _class_of('aiida.calculations.importers', entry_point_name, load, 'aiida.engine:CalcJobImporter')


def DataFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Data``; see :func:`BaseFactory`."""
    return _class_of('aiida.data', entry_point_name, load, 'aiida.orm:Data')


def DbImporterFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``DbImporter``; see :func:`BaseFactory`."""
    return _class_of('aiida.tools.dbimporters', entry_point_name, load, 'aiida.tools.dbimporters:DbImporter')


def GroupFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Group``; see :func:`BaseFactory`."""
    return _class_of('aiida.groups', entry_point_name, load, 'aiida.orm:Group')


def OrbitalFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Orbital``; see :func:`BaseFactory`."""
    return _class_of('aiida.tools.data.orbitals', entry_point_name, load, 'aiida.tools.data.orbital.orbital:Orbital')


def ParserFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Parser``; see :func:`BaseFactory`."""
    return _class_of('aiida.parsers', entry_point_name, load, 'aiida.parsers:Parser')


def SchedulerFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Scheduler``; see :func:`BaseFactory`."""
    return _class_of('aiida.schedulers', entry_point_name, load, 'aiida.schedulers:Scheduler')


def StorageFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return the class of a store: one that can be initialised and closed; see :func:`BaseFactory`."""
    found = BaseFactory('aiida.storage', entry_point_name, load)
    if load is True and not (isinstance(found, type) and hasattr(found, 'initialise') and hasattr(found, 'close')):
        raise_invalid_type_error(entry_point_name, 'aiida.storage', ('class with `initialise` and `close`',))
    return found


def TransportFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``Transport``; see :func:`BaseFactory`."""
    return _class_of('aiida.transports', entry_point_name, load, 'aiida.transports:Transport')


def WorkflowFactory(entry_point_name: str, load: bool = True) -> EntryPoint | Any:
    """Return a class that derives from ``WorkChain``, or a workfunction; see :func:`BaseFactory`."""
    return _process_of(
        'aiida.workflows',
        entry_point_name,
        load,
        'aiida.engine:WorkChain',
        'aiida.orm:WorkFunctionNode',
        'workfunction',
    )


#: The factory of each group that has one.
FACTORIES: dict[str, Callable[..., Any]] = {
    'aiida.brokers': BrokerFactory,
    'aiida.calculations': CalculationFactory,
    'aiida.calculations.importers': CalcJobImporterFactory,
    'aiida.data': DataFactory,
    'aiida.groups': GroupFactory,
    'aiida.parsers': ParserFactory,
    'aiida.schedulers': SchedulerFactory,
    'aiida.storage': StorageFactory,
    'aiida.transports': TransportFactory,
    'aiida.tools.dbimporters': DbImporterFactory,
    'aiida.tools.data.orbitals': OrbitalFactory,
    'aiida.workflows': WorkflowFactory,
}

"""From the names under which plugins are registered to what they provide."""

from __future__ import annotations

from aiida.plugins.entry_point import (
    get_entry_points,
    load_entry_point,
    load_entry_point_from_string,
    parse_entry_point,
)
from aiida.plugins.factories import (
    BaseFactory,
    BrokerFactory,
    CalcJobImporterFactory,
    CalculationFactory,
    DataFactory,
    DbImporterFactory,
    GroupFactory,
    OrbitalFactory,
    ParserFactory,
    SchedulerFactory,
    StorageFactory,
    TransportFactory,
    WorkflowFactory,
)
from aiida.plugins.utils import PluginVersionProvider

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
    'PluginVersionProvider',
    'SchedulerFactory',
    'StorageFactory',
    'TransportFactory',
    'WorkflowFactory',
    'get_entry_points',
    'load_entry_point',
    'load_entry_point_from_string',
    'parse_entry_point',
)

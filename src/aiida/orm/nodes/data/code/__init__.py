"""Nodes that stand for programs that calculations run."""

from __future__ import annotations

from aiida.orm.nodes.data.code.abstract import AbstractCode
from aiida.orm.nodes.data.code.containerized import ContainerizedCode
from aiida.orm.nodes.data.code.installed import InstalledCode
from aiida.orm.nodes.data.code.legacy import Code
from aiida.orm.nodes.data.code.portable import PortableCode

__all__ = ('AbstractCode', 'Code', 'ContainerizedCode', 'InstalledCode', 'PortableCode')

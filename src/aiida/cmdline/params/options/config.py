"""The option ``--config``: a YAML file with the values of the other options."""

from __future__ import annotations

from typing import Any

import click

from aiida.cmdline.params.options.overridable import OverridableOption
from aiida.cmdline.params.types.path import FileOrUrl

__all__ = ('CONFIG_FILE', 'ConfigFileOption')


def yaml_config_file_provider(handle: Any, cmd_name: str) -> dict[str, Any]:
    """Return the values in a YAML file; names may be written with hyphens.

    :raises ValueError: if it holds no mapping.
    """
    import yaml

    try:
        content = yaml.safe_load(handle)
    except yaml.YAMLError as exception:
        raise ValueError(f'it is not valid YAML: {exception}') from exception
    if not isinstance(content, dict):
        raise ValueError('it has to hold `name: value` pairs')
    return {str(name).replace('-', '_'): value for name, value in content.items()}


def _apply(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is None or ctx.resilient_parsing:
        return value
    try:
        values = yaml_config_file_provider(value, ctx.info_name or '')
    except ValueError as exception:
        raise click.BadParameter(str(exception), ctx=ctx, param=param) from exception
    known = {parameter.name for parameter in ctx.command.params}
    unknown = sorted(set(values) - known)
    if unknown:
        raise click.BadParameter(f'there are no options {", ".join(unknown)}', ctx=ctx, param=param)
    ctx.default_map = {**(ctx.default_map or {}), **values}
    return value


class ConfigFileOption(OverridableOption):
    """The definition of such an option."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep what :func:`click.option` takes."""
        super().__init__(
            *args, **{'is_eager': True, 'expose_value': False, 'callback': _apply, 'type': FileOrUrl(), **kwargs}
        )


CONFIG_FILE = ConfigFileOption(
    '--config', help='A YAML file with the values of the other options: a path, an address, or `-`.'
)

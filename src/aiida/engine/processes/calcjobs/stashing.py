"""The options for putting files of a job aside on the computer, and for bringing them back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aiida.common.datastructures import StashMode, UnstashTargetMode
from aiida.engine.daemon.stashing import COMPRESSED_MODES
from aiida.transports.transport import has_magic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiida.engine.processes.process_spec import CalcJobProcessSpec

__all__ = ('check_own_stashing', 'define_stash_options', 'validate_stash_options', 'validate_unstash_options')

_STASH = '`metadata.options.stash'
_UNSTASH = '`metadata.options.unstash'


def define_stash_options(spec: CalcJobProcessSpec) -> None:
    """Declare what a job may be told of files that are put aside or brought back."""
    spec.input_namespace(
        'metadata.options.stash',
        required=False,
        populate_defaults=False,
        validator=validate_stash_options,
        help='Files that are put aside on the computer after the job, before anything is retrieved.',
    )
    for name, kind, text in (
        ('target_base', str, 'The folder on the computer they go to, an absolute path.'),
        ('source_list', (tuple, list), 'What is put aside: paths and patterns below the working directory.'),
        (
            'stash_mode',
            str,
            'How: `copy`, or `tar`, `tar.gz`, `tar.bz2`, `tar.xz` to pack them into an archive; `submit_custom_code` '
            'leaves it to a program that `core.stash` runs.',
        ),
        ('dereference', bool, 'Whether an archive holds what links lead to.'),
        ('fail_on_missing', bool, 'Whether something that is not there is an error; there may be no patterns then.'),
    ):
        spec.input(f'metadata.options.stash.{name}', valid_type=kind, required=False, help=text)
    spec.input_namespace(
        'metadata.options.unstash',
        required=False,
        populate_defaults=False,
        validator=validate_unstash_options,
        help='Files that `core.unstash` brings back from where they were put aside.',
    )
    for name, kind, text in (
        ('source_list', (tuple, list), 'What is brought back: paths and patterns as they were put aside, `*` for all.'),
        ('unstash_target_mode', str, 'Where to: `NewRemoteData`, a folder of its own, or `OriginalPlace`.'),
    ):
        spec.input(f'metadata.options.unstash.{name}', valid_type=kind, required=False, help=text)


def check_own_stashing(options: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the options of a job that has no files but its own, ``None`` if nothing is."""
    if options.get('unstash'):
        return f'{_UNSTASH}` is for jobs that bring files back: run `core.unstash`, and leave it out here'
    if (options.get('stash') or {}).get('stash_mode') == StashMode.SUBMIT_CUSTOM_CODE.value:
        return (
            f'{_STASH}.stash_mode` is {StashMode.SUBMIT_CUSTOM_CODE.value!r}, for which a program has to be run: run '
            '`core.stash` with that program on the `remote_folder` of this job, or choose another mode'
        )
    return None


def validate_stash_options(stash_options: Any, _: Any) -> str | None:
    """Return what is wrong with the options for putting files aside, ``None`` if nothing is."""
    if not stash_options:
        return None
    target, sources = stash_options.get('target_base'), stash_options.get('source_list')
    if not isinstance(target, str) or not os.path.isabs(target):
        return f'{_STASH}.target_base` is the absolute path of a folder on the computer, not {target!r}'
    modes = [mode.value for mode in StashMode]
    if stash_options.get('stash_mode') not in modes:
        return f'{_STASH}.stash_mode` is one of {", ".join(modes)}, not {stash_options.get("stash_mode")!r}'
    return _problem_of_sources(_STASH, 'the working directory', sources) or _problem_of_flags(stash_options)


def _problem_of_sources(name: str, folder: str, sources: Any) -> str | None:
    if isinstance(sources, list | tuple) and not any(
        not isinstance(source, str) or not source or os.path.isabs(source) or '..' in source.split('/')
        for source in sources
    ):
        return None
    return f'{name}.source_list` is a list of paths relative to {folder} that stay in it, not {sources!r}'


def _problem_of_flags(options: Any) -> str | None:
    mode, dereference, strict = (
        StashMode(options['stash_mode']),
        options.get('dereference'),
        options.get('fail_on_missing'),
    )
    if mode in COMPRESSED_MODES:
        if not isinstance(dereference, bool):
            return (
                f'{_STASH}.dereference` is True or False with the mode `{mode.value}`, for the archive to hold what '
                f'links lead to or the links, not {dereference!r}'
            )
    elif dereference is not None:
        return (
            f'{_STASH}.dereference` is {dereference!r}: it says how links are packed, and the mode `{mode.value}` '
            'packs nothing: leave it out'
        )
    if strict is not None and not isinstance(strict, bool):
        return f'{_STASH}.fail_on_missing` is True or False, not {strict!r}'
    if strict and mode is StashMode.SUBMIT_CUSTOM_CODE:
        return f'{_STASH}.fail_on_missing` is nothing the program of the mode `{mode.value}` is told: leave it out'
    patterns = [source for source in options['source_list'] if has_magic(source)]
    if strict and patterns:
        return f'{_STASH}.fail_on_missing` goes with plain paths only: {patterns} are patterns, which may fit nothing'
    return None


def validate_unstash_options(unstash_options: Any, _: Any) -> str | None:
    """Return what is wrong with the options for bringing files back, ``None`` if nothing is."""
    if not unstash_options:
        return None
    modes = [mode.value for mode in UnstashTargetMode]
    if unstash_options.get('unstash_target_mode') not in modes:
        return (
            f'{_UNSTASH}.unstash_target_mode` is one of {", ".join(modes)}, not '
            f'{unstash_options.get("unstash_target_mode")!r}'
        )
    return _problem_of_sources(_UNSTASH, 'what was put aside', unstash_options.get('source_list'))

"""What scripts of AiiDA 0.10 import around `aiida.work`."""

import importlib
import importlib.util
import subprocess
import sys

import pytest

from aiida import orm
from aiida.common.warnings import AiidaDeprecationWarning

NAMES = {
    'aiida.orm.data': {'Data': 'Data'},
    'aiida.orm.data.base': {
        **{name: name for name in ('Bool', 'Float', 'Int', 'List', 'Str', 'BaseType', 'NumericType')},
        'to_aiida_type': 'to_aiida_type',
    },
    'aiida.orm.data.parameter': {'ParameterData': 'Dict'},
    'aiida.orm.data.structure': {'StructureData': 'StructureData', 'Kind': 'Kind', 'Site': 'Site'},
    'aiida.orm.data.array': {'ArrayData': 'ArrayData'},
    'aiida.orm.data.array.bands': {'BandsData': 'BandsData'},
    'aiida.orm.data.array.kpoints': {'KpointsData': 'KpointsData'},
    'aiida.orm.data.array.trajectory': {'TrajectoryData': 'TrajectoryData'},
    'aiida.orm.data.array.xy': {'XyData': 'XyData'},
    'aiida.orm.data.upf': {'UpfData': 'UpfData'},
    'aiida.orm.data.cif': {'CifData': 'CifData'},
    'aiida.orm.data.folder': {'FolderData': 'FolderData'},
    'aiida.orm.data.remote': {'RemoteData': 'RemoteData'},
    'aiida.orm.data.singlefile': {'SinglefileData': 'SinglefileData'},
    'aiida.orm.calculation': {'Calculation': 'ProcessNode'},
    'aiida.orm.calculation.job': {'JobCalculation': 'CalcJobNode'},
    'aiida.orm.calculation.work': {'WorkCalculation': 'WorkflowNode'},
    'aiida.orm.calculation.inline': {'InlineCalculation': 'CalcFunctionNode'},
    'aiida.orm.calculation.function': {'FunctionCalculation': 'WorkFunctionNode'},
    'aiida.orm.code': {'Code': 'Code'},
    'aiida.orm.computer': {'Computer': 'Computer'},
    'aiida.orm.group': {'Group': 'Group'},
    'aiida.orm.node': {'Node': 'Node'},
    'aiida.orm': {'JobCalculation': 'CalcJobNode', 'WorkCalculation': 'WorkflowNode', 'Calculation': 'ProcessNode'},
}


@pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning')
@pytest.mark.parametrize('module', NAMES)
def test_names(module):
    importlib.import_module('aiida.orm.data')
    importlib.import_module('aiida.orm.calculation')
    found = importlib.import_module(module)
    assert importlib.util.find_spec(module) is not None
    for old, new in NAMES[module].items():
        assert getattr(found, old) is getattr(orm, new)
        assert old in dir(found)
    with pytest.raises(AttributeError):
        found.nothing  # noqa: B018


@pytest.mark.filterwarnings('ignore::aiida.common.warnings.AiidaDeprecationWarning')
def test_a_star():
    names = {}
    exec('from aiida.orm.data.base import *', names)
    assert names['Int'] is orm.Int
    exec('from aiida.work.workchain import *', names)
    assert {'WorkChain', 'ToContext', 'if_', 'Outputs'} <= names.keys()


def run(script, *arguments):
    """Run a script in an interpreter of its own and return what it prints, and its warnings."""
    done = subprocess.run(
        [sys.executable, *arguments, '-c', script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if 'AiidaDeprecationWarning' in line]


def test_a_name_is_warned_about_once_and_the_script_is_blamed():
    printed, warned = run(
        'from aiida.orm.data.base import Int\n'
        'from aiida.orm.data.base import Int as Again\n'
        'from aiida.orm import DataFactory\n'
        'from aiida.orm.utils import DataFactory\n'
        'print(DataFactory("parameter").__name__)\n'
    )
    assert printed == 'Dict\n'
    assert [line.partition(':')[0] for line in warned[:2]] == ['<string>', '<string>']
    assert '`aiida.orm.data.base.Int` is of AiiDA 0.10, use `aiida.orm.Int`' in warned[0]
    assert '`aiida.orm.DataFactory` is of AiiDA 0.10, use `aiida.plugins.DataFactory`' in warned[1]
    assert '`parameter` is now called `core.dict`' in warned[2]
    assert len(warned) == 3


def test_modules_of_work_are_warned_about_once():
    _, warned = run(
        'import aiida.work.workchain\nfrom aiida.work.workchain import WorkChain\nfrom aiida.work.run import run\n'
    )
    assert [line.partition(':')[0] for line in warned] == ['<string>']


def test_what_is_not_imported():
    printed, _ = run(
        'import aiida.engine, sys\n'
        'from aiida.engine import WorkChain, run\n'
        'print([name for name in sys.modules if name.startswith(("aiida.work.", "aiida.backends", "portalocker"))])\n'
        'import aiida.work.workchain, aiida.work.run, aiida.work.workflow, aiida.work.test_utils, aiida.work.defaults\n'
        'print([name for name in sys.modules if name.startswith(("portalocker", "aiida.work.persistence"))])\n',
        '-W',
        'ignore',
    )
    assert printed == '[]\n[]\n'


def test_nodes_answer_only_where_work_is_imported():
    printed, _ = run(
        'from aiida.orm.nodes.deprecated import OLDER_NAMES\n'
        'import aiida.orm, aiida.engine\n'
        'print(len(OLDER_NAMES))\n'
        'import aiida.work\n'
        'print("inp" in OLDER_NAMES)\n'
    )
    assert printed == '0\nTrue\n'


def test_loading_a_profile(profile):
    import aiida
    from aiida.backends.utils import is_dbenv_loaded, load_dbenv

    assert aiida.load_dbenv is load_dbenv
    assert aiida.is_dbenv_loaded is is_dbenv_loaded
    assert is_dbenv_loaded()
    with pytest.warns(AiidaDeprecationWarning, match='load_profile'):
        load_dbenv(profile=profile.name)
    aiida.manage.get_manager().unload_profile()
    assert not is_dbenv_loaded()
    with pytest.warns(AiidaDeprecationWarning) as caught:
        load_dbenv(process='daemon')
    assert caught[0].filename == __file__
    assert aiida.get_profile().name == profile.name

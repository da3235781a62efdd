"""The workflows of the plugin."""

from aiida import orm
from aiida.common import AttributeDict
from aiida.engine import (
    BaseRestartWorkChain,
    ProcessHandlerReport,
    ToContext,
    WorkChain,
    calcfunction,
    process_handler,
    while_,
)
from aiida.plugins import CalculationFactory

SumCalculation = CalculationFactory('sums.sum')


@calcfunction
def double(parameters):
    return orm.Int(2 * parameters['sum'])


class SumBaseWorkChain(BaseRestartWorkChain):
    """Adds numbers until it works."""

    _process_class = SumCalculation

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.expose_inputs(SumCalculation, namespace='sum')
        spec.expose_outputs(SumCalculation)
        spec.outline(
            cls.setup,
            while_(cls.should_run_process)(cls.run_process, cls.inspect_process),
            cls.results,
        )
        spec.exit_code(400, 'ERROR_HOPELESS', message='It is of no use.')

    def setup(self):
        super().setup()
        self.ctx.inputs = AttributeDict(self.exposed_inputs(SumCalculation, 'sum'))

    @process_handler(priority=100, exit_codes=[SumCalculation.exit_codes.ERROR_TRUNCATED])
    def handle_truncated(self, calculation):
        self.report(f'{calculation.process_label}<{calculation.pk}> was truncated')
        return ProcessHandlerReport(True)

    @process_handler(priority=200)
    def handle_hopeless(self, calculation):
        if calculation.exit_status == 301:
            return ProcessHandlerReport(True, self.exit_codes.ERROR_HOPELESS)
        return None


class TwiceWorkChain(WorkChain):
    """Adds numbers and doubles the sum."""

    @classmethod
    def define(cls, spec):
        super().define(spec)
        spec.expose_inputs(SumBaseWorkChain, namespace='base')
        spec.input('clean_workdir', valid_type=orm.Bool, default=lambda: orm.Bool(False))
        spec.output('double', valid_type=orm.Int)
        spec.outline(cls.run_base, cls.inspect_base, cls.results)
        spec.exit_code(401, 'ERROR_SUB_PROCESS', message='the sum failed')

    def run_base(self):
        inputs = AttributeDict(self.exposed_inputs(SumBaseWorkChain, namespace='base'))
        inputs.metadata.call_link_label = 'base'
        return ToContext(base=self.submit(SumBaseWorkChain, **inputs))

    def inspect_base(self):
        if not self.ctx.base.is_finished_ok:
            return self.exit_codes.ERROR_SUB_PROCESS
        return None

    def results(self):
        self.out('double', double(self.ctx.base.outputs.output_parameters))

    def on_terminated(self):
        super().on_terminated()
        if self.inputs.clean_workdir.value is False:
            self.report('remote folders will not be cleaned')
            return
        for called in self.node.called_descendants:
            if isinstance(called, orm.CalcJobNode):
                called.outputs.remote_folder._clean()

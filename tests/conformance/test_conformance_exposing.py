"""Row A25: inputs and outputs that are taken over from another class."""

import pytest
from conformance_inventory import row
from conformance_ports import Sub

from aiida import orm
from aiida.engine import (
    ProcessSpec,
    WorkChain,
    run,
    run_get_node,
)

pytestmark = pytest.mark.usefixtures('runner')


@row('A25')
def test_exposed_inputs_and_outputs():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            optional = {'required': False, 'populate_defaults': False, 'help': 'the second'}
            spec.expose_inputs(Sub, include=('a',))
            spec.expose_inputs(Sub, namespace='first', exclude=('a', 'deep'))
            spec.expose_inputs(Sub, namespace='deep.second', namespace_options=optional)
            spec.expose_outputs(Sub, namespace='first')
            spec.expose_outputs(Sub, include=('sum',))
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            inputs = self.exposed_inputs(Sub, namespace='first')
            assert set(inputs) == {'a', 'b', 'metadata'} or set(inputs) == {'a', 'b'}
            assert 'a' not in self.exposed_inputs(Sub, namespace='first', agglomerate=False)
            return self.to_context(child=self.submit(Sub, **inputs))

        def collect(self):
            self.out_many(self.exposed_outputs(self.ctx.child, Sub, namespace='first'))
            self.out_many(self.exposed_outputs(self.ctx.child, Sub))

    inputs = Outer.spec().inputs
    assert [name for name in inputs if name != 'metadata'] == ['a', 'first', 'deep']
    assert set(inputs['first']) == {'b'} or set(inputs['first']) == {'b', 'metadata'}
    assert inputs['deep']['second'].required is False
    assert inputs['deep']['second'].help == 'the second'
    assert {'a', 'b', 'deep'} <= set(inputs['deep']['second'])
    assert inputs['a'].help == 'the first'
    assert inputs['a'] is not Sub.spec().inputs['a']
    results, node = run_get_node(Outer, a=orm.Int(1), first={'b': orm.Int(2)})
    assert results['first']['sum'].value == 3
    assert results['sum'].value == 3
    assert node.is_finished_ok


@row('A25')
def test_what_is_exposed_is_included_or_excluded():
    spec = ProcessSpec()
    with pytest.raises(ValueError):
        spec.expose_inputs(Sub, include=('a',), exclude=('b',))
    with pytest.raises(ValueError):
        spec.expose_inputs(Sub, namespace='x', namespace_options={'no_such_option': 1})


@row('A25', 'P28')
def test_what_is_exposed_can_be_changed_without_changing_the_original():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='sub')
            spec.inputs['sub']['a'].default = lambda: orm.Int(7)
            spec.inputs['sub']['a'].required = False

    run(Sub, a=1)
    assert Outer.spec().inputs['sub']['a'].required is False
    assert Sub.spec().inputs['a'].required is True
    assert not Sub.spec().inputs['a'].has_default()


@row('A25')
def test_nested_names_of_what_is_exposed():
    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='without', exclude=('deep.c', 'b'))
            spec.expose_inputs(Sub, namespace='only', include=('deep.c', 'a'))
            spec.expose_inputs(Sub, namespace='all')
            spec.expose_outputs(Sub, namespace='all', namespace_options={'required': False})

    inputs = Outer.spec().inputs

    def names(namespace):
        return {name for name in inputs[namespace] if name != 'metadata'}

    assert names('all') == {'a', 'b', 'deep'}
    assert names('without') - {'deep'} == {'a'}
    assert 'c' not in inputs['without'].get('deep', {})
    assert names('only') == {'a', 'deep'}
    assert list(inputs['only']['deep']) == ['c']
    assert Outer.spec().outputs['all'].required is False


@row('A25')
def test_exposing_one_class_twice_and_again():
    class Middle(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Sub, namespace='sub')
            spec.expose_outputs(Sub)
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            self.to_context(child=self.submit(Sub, **self.exposed_inputs(Sub, 'sub')))

        def collect(self):
            self.out_many(self.exposed_outputs(self.ctx.child, Sub))

    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            spec.expose_inputs(Middle, namespace='one')
            spec.expose_inputs(Middle, namespace='two')
            spec.expose_outputs(Middle, namespace='one')
            spec.expose_outputs(Middle, namespace='two')
            spec.outline(cls.launch, cls.collect)

        def launch(self):
            for name in ('one', 'two'):
                self.to_context(**{name: self.submit(Middle, **self.exposed_inputs(Middle, name))})

        def collect(self):
            for name in ('one', 'two'):
                self.out_many(self.exposed_outputs(self.ctx[name], Middle, name))

    inputs = {name: {'sub': {'a': number, 'b': 10, 'deep': {'c': 'x'}}} for number, name in enumerate(('one', 'two'))}
    results, node = run_get_node(Outer, **inputs)
    assert {name: results[name]['sum'].value for name in results} == {'one': 10, 'two': 11}
    assert 'one__sub__deep__c' in node.base.links.get_incoming().all_link_labels()
    assert len(node.called_descendants) == 6


@row('A25', 'C01')
def test_of_equal_names_that_of_the_lower_namespace_is_taken():
    seen = {}

    class Outer(WorkChain):
        @classmethod
        def define(cls, spec):
            super().define(spec)
            for namespace in (None, 'low', 'low.lowest'):
                spec.expose_inputs(Sub, namespace=namespace, exclude=('deep',), namespace_options={'required': False})
            for name in ('a', 'b'):
                for ports in (spec.inputs, spec.inputs['low'], spec.inputs['low']['lowest']):
                    ports[name].required = False
            spec.outline(cls.look)

        def look(self):
            for namespace in (None, 'low', 'low.lowest'):
                for agglomerate in (True, False):
                    values = self.exposed_inputs(Sub, namespace, agglomerate)
                    seen[namespace, agglomerate] = {name: values[name].value for name in ('a', 'b') if name in values}

    run(Outer, a=1, b=10, low={'a': 2, 'lowest': {'b': 3}})
    assert {namespace: values for (namespace, agglomerate), values in seen.items() if agglomerate} == {
        None: {'a': 1, 'b': 10},
        'low': {'a': 2, 'b': 10},
        'low.lowest': {'a': 2, 'b': 3},
    }
    assert seen[None, False] == {'a': 1, 'b': 10}
    assert seen['low', False].get('a') == 2
    assert seen['low.lowest', False].get('b') == 3

"""Data of the plugin."""

from aiida.orm import Data


class TermsData(Data):
    """The numbers to add."""

    def __init__(self, terms=None, **kwargs):
        super().__init__(**kwargs)
        self.base.attributes.set('terms', list(terms or []))

    @property
    def terms(self):
        return self.base.attributes.get('terms')

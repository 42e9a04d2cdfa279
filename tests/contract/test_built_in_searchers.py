"""Every built-in searcher keeps the contract of searchers."""

from __future__ import annotations

import pytest

from automl.plugins import Registry
from automl.search.contracts import Searcher
from automl.testing import SearcherContract

REGISTRY = Registry.load()
pytestmark = pytest.mark.filterwarnings(
    # keras-tuner's lock; removed names are for keras-tuner to mend.
    r"ignore:(currentThread|getName)\(\) is deprecated:DeprecationWarning:keras_tuner"
)


class TestBuiltInSearchers(SearcherContract):
    @pytest.fixture(autouse=True, params=REGISTRY.ids("searchers"))
    def _kind(self, request: pytest.FixtureRequest) -> None:
        if request.param == "optuna.gp":
            pytest.importorskip("torch", reason="torch is an extra of its own")
        self.kind: type[Searcher] = REGISTRY.get("searchers", request.param)

    def make_searcher(self) -> Searcher:
        return self.kind(self.kind.Params.model_validate(dict(self.kind.examples()[-1])))

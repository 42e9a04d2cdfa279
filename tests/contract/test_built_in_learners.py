"""Every built-in learner and network keeps its contract."""

from __future__ import annotations

from typing import Any

import pytest

from automl.learning import Learner, Network
from automl.plugins import Registry
from automl.testing import LearnerContract, NetworkContract

REGISTRY = Registry.load()


class TestBuiltInLearners(LearnerContract):
    @pytest.fixture(autouse=True, params=REGISTRY.ids("learners"))
    def _kind(self, request: pytest.FixtureRequest) -> None:
        self.kind: type[Learner] = REGISTRY.get("learners", request.param)

    def make_learner(self) -> Learner:
        return self.kind()

    def make_network(self) -> Network | None:
        """The first network that names this learner as the one that trains it."""
        kinds: list[Any] = [REGISTRY.get("networks", name) for name in REGISTRY.ids("networks")]
        return next((kind() for kind in kinds if kind.learner == self.kind.id), None)


class TestBuiltInNetworks(NetworkContract):
    @pytest.fixture(autouse=True, params=REGISTRY.ids("networks"))
    def _kind(self, request: pytest.FixtureRequest) -> None:
        self.kind: type[Network] = REGISTRY.get("networks", request.param)

    def make_network(self) -> Network:
        return self.kind()

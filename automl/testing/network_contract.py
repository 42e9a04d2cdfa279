"""The contract suite of networks; inherit it and say how to make one.

::

    class TestMine(NetworkContract):
        def make_network(self) -> Network:
            return MyNetwork()
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from automl.learning import Network, NetworkSpec, Task, Trial
from automl.plugins import Registry
from automl.testing.learner_contract import TASKS, assert_is_prediction, can_do, rows_of, state_bytes

_INPUTS = 4
_CLOSE = 1e-5


class NetworkContract:
    """What every network does.

    An author supplies ``make_network``, which returns a new one. Its ``examples()`` are built as well, so a test
    suite sees every way in which a file may ask for it.
    """

    def make_network(self) -> Network:
        raise NotImplementedError

    @pytest.fixture(params=list(TASKS.values()), ids=list(TASKS))
    def task(self, request: pytest.FixtureRequest) -> Task:
        task: Task = request.param
        return task

    def networks(self) -> list[Network]:
        """The author's, and one for each example."""
        kind = type(self.make_network())
        if not kind.any_table:
            pytest.skip("it is written for one table, and says so (any_table)")
        return [self.make_network(), *(kind(kind.Params.model_validate(dict(e))) for e in kind.examples())]

    def test_it_maps_rows_to_what_the_task_wants(self, task: Task) -> None:
        outputs = 1 if task.kind == "binary" else task.outputs
        for network in self.networks():
            model = network.build(NetworkSpec(_INPUTS, task, 1))
            found = outputs_of(model, batch(5))
            assert found.shape == (5, outputs), f"{network.params!r} maps [5, {_INPUTS}] to {found.shape}"
            assert np.isfinite(found).all()

    @pytest.mark.parametrize("inputs", [1, 33])
    def test_it_takes_any_number_of_inputs(self, inputs: int) -> None:
        for network in self.networks():
            model = network.build(NetworkSpec(inputs, TASKS["regression"], 1))
            assert outputs_of(model, batch(2, inputs)).shape == (2, 1)

    def test_same_seed_gives_same_weights(self, task: Task) -> None:
        for network in self.networks():
            first = network.build(NetworkSpec(_INPUTS, task, 1)).get_weights()
            network.build(NetworkSpec(_INPUTS + 1, task, 9))  # what is built between is not to matter
            second = network.build(NetworkSpec(_INPUTS, task, 1)).get_weights()
            assert len(first) == len(second)
            assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True)), "equal seeds, other weights"

    def test_another_seed_gives_other_weights(self) -> None:
        for network in self.networks():
            first, second = (
                network.build(NetworkSpec(_INPUTS, TASKS["regression"], seed)).get_weights() for seed in (1, 2)
            )
            assert any(not np.array_equal(a, b) for a, b in zip(first, second, strict=True)), (
                f"{network.params!r}: the seed does not matter; mend: give spec.seed to every initializer"
            )

    def test_rows_do_not_see_each_other(self, task: Task) -> None:
        for network in self.networks():
            model, rows = network.build(NetworkSpec(_INPUTS, task, 1)), batch(8)
            np.testing.assert_allclose(
                outputs_of(model, rows)[:3], outputs_of(model, rows[:3]), rtol=_CLOSE, atol=_CLOSE
            )

    def test_every_build_is_a_new_model(self) -> None:
        network = self.networks()[0]
        spec = NetworkSpec(_INPUTS, TASKS["regression"], 1)
        first, second = network.build(spec), network.build(spec)
        assert first is not second
        first.set_weights([np.zeros_like(weight) for weight in first.get_weights()])
        assert any(weight.any() for weight in second.get_weights()), "two models share their weights"

    def test_it_leaves_the_global_generators_alone(self) -> None:
        before = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
        self.networks()[0].build(NetworkSpec(_INPUTS, TASKS["regression"], 1))
        assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # type: ignore[index]

    def test_its_learner_trains_it(self, task: Task) -> None:
        network = self.networks()[0]
        learner: Any = Registry.load().get("learners", network.learner)()
        if not can_do(learner, task):
            pytest.skip("its learner declares no such tasks")
        fitted = []
        for _ in range(2):
            trial = Trial(task, 1, 2, 2, network=network)
            training = learner.open(trial, rows_of(task), rows_of(task, 20, seed=1))
            assert_is_prediction(training.epoch().predicted, task, 20)
            fitted.append(state_bytes(training.finish()))
        assert fitted[0] == fitted[1], "equal seeds give other models"


def batch(rows: int, inputs: int = _INPUTS) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, inputs)).astype("float32")


def outputs_of(model: Any, rows: np.ndarray) -> np.ndarray:
    """What the model makes of rows when it is not being trained."""
    return np.asarray(model(rows, training=False))

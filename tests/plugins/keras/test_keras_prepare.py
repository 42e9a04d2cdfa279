"""Before the first epoch: compiling without training, the bound on a network's size, precision, threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras_samples import BINARY, REGRESSION, make_rows, open_training, small, train
from test_keras_fallback import OwnStep, Strings

from automl import codec
from automl.errors import ConstraintError
from automl.learning import Network, NetworkSpec, Trial
from automl_keras.fitted import NetworkFitted
from automl_keras.learner import KerasLearner

NOISY = {"dropout": 0.2, "batch_norm": True}


class Counting(Network):
    """Counts how often its layer is called by Python: when something is traced."""

    id = "test.counting"

    def build(self, spec: NetworkSpec):
        import keras

        @keras.saving.register_keras_serializable("automl_test")
        class Counted(keras.layers.Layer):
            calls = 0

            def call(self, inputs):
                type(self).calls += 1
                return inputs

        self.layer = Counted
        inputs = keras.Input((spec.inputs,))
        return keras.Model(inputs, keras.layers.Dense(1)(Counted()(inputs)))


@pytest.mark.parametrize("mode", ["xla", "graph"])
def test_preparing_traces_everything_and_the_epochs_nothing(mode):
    network = Counting()
    training = open_training(network=network, params={"compile": mode}, valid=make_rows(n=10))
    training.prepare()
    traced = network.layer.calls
    assert traced
    train(training, 2)
    assert network.layer.calls == traced


@pytest.mark.parametrize("mode", ["xla", "graph", "fit"])
def test_preparing_changes_nothing_but_time(mode):
    valid = make_rows(n=30, seed=5)
    trainings = [open_training(network=small(**NOISY), params={"compile": mode}, valid=valid) for _ in range(2)]
    before = codec.to_bytes(trainings[0].state())
    trainings[0].prepare()
    trainings[0].prepare()
    assert codec.to_bytes(trainings[0].state()) == before
    assert [epoch.metrics for epoch in train(trainings[0], 2)] == [epoch.metrics for epoch in train(trainings[1], 2)]


def test_preparing_after_a_restore_keeps_what_was_restored():
    first = open_training(network=small(**NOISY))
    train(first, 2)
    second = open_training(network=small(**NOISY))
    second.restore(first.state())
    second.prepare()
    assert second.epoch().metrics == first.epoch().metrics


@pytest.mark.usefixtures("nothing_compiled")
@pytest.mark.parametrize(("network", "mode"), [(Strings(), "graph"), (OwnStep(), "fit")], ids=["graph", "fit"])
def test_falling_back_happens_while_preparing(network, mode):
    training = open_training(network=network, params={"compile": "xla"})
    training.prepare()
    assert training.mode == mode


def test_a_network_that_learns_too_many_numbers_says_how_many():
    """4 columns to 8 to 4 units to 1: 40 + 36 + 5 numbers."""
    for bound in (81, None):
        KerasLearner().open(Trial(REGRESSION, 0, 1, 1, network=small(), most_parameters=bound), make_rows(), None)
    with pytest.raises(ConstraintError, match=r"learns 81 numbers, and the search allows 60; mend:") as caught:
        KerasLearner().open(Trial(REGRESSION, 0, 1, 1, network=small(), most_parameters=60), make_rows(), None)
    assert caught.value.excess == pytest.approx(0.35)


@pytest.mark.parametrize("task", [REGRESSION, BINARY], ids=lambda task: task.kind)
@pytest.mark.parametrize("mode", ["xla", "fit"])
def test_float64_is_float64_from_the_rows_to_the_loaded_model(task, mode):
    import keras

    valid = make_rows(task, n=300, seed=5)
    training = open_training(
        task, network=small(**NOISY), params={"precision": "float64", "compile": mode, "ema": 0.5}, valid=valid
    )
    last = train(training, 2)[-1]
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"
    kept = training.finish()
    assert {weight.dtype for weight in kept.weights} == {np.dtype("float64")}
    loaded = NetworkFitted.from_state(codec.from_bytes(codec.to_bytes(kept.state())))
    assert np.array_equal(loaded.apply(valid.frame).to_numpy().squeeze(), last.predicted)
    coarse = open_training(
        task, network=small(**NOISY), params={"precision": "float32", "compile": mode, "ema": 0.5}, valid=valid
    )
    difference = np.abs(train(coarse, 2)[-1].predicted - last.predicted).max()
    assert difference > 0, "both trained in the same precision"


BUSY = """
import sys
from pathlib import Path
from keras_samples import make_rows, open_training, small, train

def ticks():
    tasks = Path("/proc/self/task").iterdir()
    fields = {task.name: (task / "stat").read_text().rsplit(")", 1)[1].split() for task in tasks}
    return {name: int(found[11]) + int(found[12]) for name, found in fields.items()}

training = open_training(
    network=small(widths=[512, 512]), params={"batch_size": 256, "compile": sys.argv[1]}, train=make_rows(n=4000),
    valid=make_rows(n=1000),
)
training.prepare()
train(training, 1)
before = ticks()
train(training, 4)
spent = sorted(after - before.get(name, 0) for name, after in ticks().items())
import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
print(spent[-1], sum(spent))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads as Linux lists them")
@pytest.mark.parametrize("mode", ["xla", "graph"])
def test_one_thread_was_asked_for_and_one_works(mode):
    told = subprocess.run(
        [sys.executable, "-c", BUSY, mode], cwd=Path(__file__).parent, capture_output=True, text=True, check=True,
        timeout=300,
    )  # fmt: skip
    threads, (busiest, together) = (tuple(map(int, line.split())) for line in told.stdout.splitlines()[-2:])
    assert threads == (1, 1)
    assert busiest >= 0.85 * together, f"{together} ticks of work, {busiest} of them in one thread"

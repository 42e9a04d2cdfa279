"""A network that predicts differently twice, or by its neighbours, ends the run with its name."""

from __future__ import annotations

from pathlib import Path

import pytest
import unsteady_networks as offered
from keras_samples import make_rows, open_training, train

from automl import run as runs
from automl.errors import BundleError, StageError
from automl.learning import Network, NetworkSpec
from automl.pipeline_file import load
from automl.plugins import Plugin, Registry

PIPELINE = """
version: 1
name: unsteady
seed: 5
data: {{path: table.csv, target: y}}
stages:
  split: {{use: split.random, in: data, with: {{test: 0.2, valid: 0.3}}}}
  search:
    use: search.network
    in: split
    with: {{network: {network}, budget: {{trials: 1, epochs: 2}}, baselines: [], space: {{compile: graph}}}}
run: {{executor: {{use: in_process}}}}
track: []
"""


@pytest.mark.parametrize("network", offered.NETWORKS, ids=lambda network: network.id)
def test_it_is_found_before_the_run_has_succeeded(network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    registry = Registry.load(third_party=False)
    registry.register(offered, Plugin("unsteady", "unsteady_networks", "automl-unsteady", "1.0"))
    rows = make_rows(n=150)
    rows.frame.assign(y=rows.target).to_csv("table.csv", index=False)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE.format(network=network.id))
    says = rf"stages.search: learner 'keras' with network '{network.id}' gives a row something else (when|with).*mend:"
    with pytest.raises(BundleError, match=says):
        runs.run(load(tmp_path / "pipeline.yaml", registry), registry, workspace=tmp_path / ".automl")
    assert not list(tmp_path.rglob("model.automl"))


def test_a_dropout_that_the_model_itself_calls_in_training_mode_does_nothing_in_prediction() -> None:
    """Keras 3.15 overrules that argument where it predicts."""

    class Overruled(Network):
        id = "test.overruled"

        def build(self, spec: NetworkSpec):
            import keras

            inputs = keras.Input((spec.inputs,))
            return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dropout(0.5)(inputs, training=True)))

    training = open_training(network=Overruled(), params={"compile": "graph"})
    train(training, 1)
    fitted, frame = training.finish(), make_rows(n=20, seed=2).frame
    assert fitted.apply(frame).equals(fitted.apply(frame))


def test_a_network_with_a_lambda_is_named_before_it_is_trained() -> None:
    class Loose(Network):
        id = "test.loose"

        def build(self, spec: NetworkSpec):
            import keras

            inputs = keras.Input((spec.inputs,))
            return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Lambda(lambda x: x * 2)(inputs)))

    with pytest.raises(BundleError, match=r"^network 'test.loose': it has a lambda function, .*mend: write a layer"):
        open_training(network=Loose(), params={"compile": "graph"})


def test_a_network_that_calls_a_layer_in_inference_mode_is_refused() -> None:
    """Keras 3.15 overrules that argument as well, while it trains: the statistics would change."""

    class Overruled(Network):
        id = "test.overruled"

        def build(self, spec: NetworkSpec):
            import keras

            inputs = keras.Input((spec.inputs,))
            norm = keras.layers.BatchNormalization(name="norm")
            return keras.Model(inputs, keras.layers.Dense(1)(norm(inputs, training=False)))

    with pytest.raises(StageError, match=r"network 'test.overruled': the layer 'norm' is called with training=False"):
        open_training(network=Overruled(), params={"compile": "graph"})

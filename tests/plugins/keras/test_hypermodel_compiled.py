"""What of a hypermodel runs in a compiled epoch, and that the rest trains in ``model.fit`` as stock Keras does."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from keras_samples import MULTICLASS, REGRESSION, make_rows

from automl.dataset import Rows
from automl.errors import PlanError, StageError
from automl.fingerprint import seed_from
from automl.learning import Task, Training, Trial
from automl.plugins import Registry
from automl_keras.hypermodel import HypermodelNetwork, network_from_hypermodel, seeded
from automl_keras.targets import TargetCode

EPOCHS = 2


def network(build: str) -> HypermodelNetwork:
    return network_from_hypermodel(f"hypermodels_odd:{build}", f"odd.{build}")()


def rows(task: Task, n: int, seed: int) -> Rows:
    made = make_rows(task, n, seed)
    if task.kind == "regression":  # between 0 and 1, as some of the losses take it
        made = replace(made, target=0.5 + 0.5 * np.tanh(made.frame["c1"] + made.frame["c3"]))
    return made


def open_training(build: str, task: Task = REGRESSION) -> Training:
    used = network(build)
    learner = Registry.load(third_party=False).get("learners", used.learner)
    trial = Trial(task, 7, EPOCHS, until=EPOCHS, network=used)
    # Whole batches: in a last one that is filled up, averages are taken otherwise than by model.fit.
    return learner(learner.Params(compile="graph")).open(trial, rows(task, 96, 0), rows(task, 40, 1))


def stock(build: str, compiled: bool) -> list[np.ndarray]:
    """The weights after ``model.fit`` of the same rows in the same order."""
    from automl_keras.batches import Batches, LabelledRows
    from automl_keras.labelling import initial_values

    used = network(build)
    model = used.build_with(used.hyperparameters(), 4, 7)
    for variable, value in zip(model.variables, initial_values(model, 7), strict=True):
        variable.assign(value)
    made = rows(REGRESSION, 96, 0)
    assert made.target is not None
    x, y = made.frame.to_numpy("float32"), made.target.to_numpy("float32")[:, None]
    batches = Batches(LabelledRows(x, y, np.ones(len(x))), 32, 7)
    for epoch in range(EPOCHS):
        order = batches.permutation(epoch) if compiled else np.arange(len(x))
        with seeded(seed_from(7, "fit", epoch)):
            model.fit(x[order], y[order], 32, epoch + 1, 0, initial_epoch=epoch, shuffle=not compiled)
    return [np.array(weight.numpy()) for weight in model.weights]


IN_FIT = ["build_summed", "build_exempt", "build_adapted", "build_own_schedule", "build_dice"]
COMPILED = ["build_given_statistics", "build_no_decay"]


@pytest.mark.parametrize("build", IN_FIT + COMPILED)
def test_it_trains_and_what_is_left_predicts_the_same(build: str) -> None:
    training = open_training(build)
    assert type(training).__name__ == ("FitTraining" if build in IN_FIT else "NetworkTraining")
    epochs = [training.epoch() for _ in range(EPOCHS)]
    assert getattr(training, "mode", "graph") == "graph"
    fitted = training.finish()
    applied = fitted.apply(rows(REGRESSION, 40, 1).frame)
    np.testing.assert_allclose(applied.to_numpy().ravel(), np.ravel(epochs[-1].predicted), rtol=1e-6)
    if build not in IN_FIT[1:]:  # one stands for all that model.fit trains
        for found, expected in zip(fitted.weights, stock(build, build in COMPILED), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", ["build_exempt_by_list", "build_described_schedule", "build_tversky_by_name"])
def test_it_is_left_to_model_fit(build: str) -> None:
    from automl_keras.hypermodel_compiled import Compiled

    used = network(build)
    assert Compiled.of(used.build_with(used.hyperparameters(), 4, 7)) is None


def test_a_decay_of_zero_is_a_decay_and_none_is_none() -> None:
    import keras

    from automl_keras.hypermodel_compiled import Compiled

    def dials(decay: float | None) -> object:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1, weight_decay=decay), "mse")
        compiled = Compiled.of(model)
        assert compiled is not None
        assert compiled.optimizer.dials == tuple(compiled.dials)
        return compiled.dials

    assert [dials(None), dials(0.0), dials(0.1)] == [{}, {"weight_decay": 0.0}, {"weight_decay": 0.1}]


def test_every_optimizer_of_keras_is_built_again() -> None:
    import keras
    import tensorflow as tf

    from automl_keras.hypermodel_compiled import Compiled

    for name in dir(keras.optimizers):
        kind = getattr(keras.optimizers, name)
        if not inspect.isclass(kind) or not issubclass(kind, keras.optimizers.Optimizer):
            continue
        if name in ("Optimizer", "LossScaleOptimizer", "MultiOptimizer"):  # none by themselves
            continue
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile(kind(), "mse")
        compiled = Compiled.of(model)
        assert compiled is not None, name
        built = compiled.optimizer.build(model.trainable_variables, {"weight_decay": tf.Variable(0.0)})
        assert type(built) is kind


def test_losses_of_keras_are_compiled_where_they_give_each_row_a_value() -> None:
    import keras

    from automl_keras.hypermodel_compiled import StockLoss

    losses = keras.losses
    named = ["mse", "binary_crossentropy", "sparse_categorical_crossentropy"]
    for loss in (*named, losses.KLDivergence(), losses.poisson, losses.Dice(axis=(1,))):
        assert StockLoss.of(loss) is not None, loss
    summed = [losses.CategoricalCrossentropy(reduction=other) for other in ("sum", None, "mean_with_sample_weight")]
    for loss in (*summed, losses.Dice(), losses.Tversky(), "dice", "ctc", losses.CosineSimilarity(axis=0)):
        assert StockLoss.of(loss) is None, loss


# What a model puts out


@pytest.mark.parametrize("build", ["build_loss_in_a_list", "build_loss_in_a_dict"])
def test_a_loss_in_a_list_or_dict_of_one_is_that_loss(build: str) -> None:
    training = open_training(build, MULTICLASS)
    assert type(training).__name__ == "NetworkTraining"
    epochs = [training.epoch() for _ in range(EPOCHS)]
    predicted = epochs[-1].predicted
    assert predicted is not None
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0, atol=1e-6)
    applied = training.finish().apply(rows(MULTICLASS, 40, 1).frame)
    np.testing.assert_array_equal(applied.to_numpy(), predicted)


@pytest.mark.parametrize(
    ("build", "found"),
    [
        ("build_softmax_in_submodel", True),
        ("build_softmax_as_operation", True),
        ("build_softmax_as_function", True),
        ("build_softmax_as_layer", True),
        ("build_linear_after_softmax", False),
        ("build_subclassed_end", False),
    ],
)
def test_a_softmax_at_the_end_is_found_wherever_it_is(build: str, found: bool) -> None:
    from automl_keras.hypermodel_outputs import target_code

    used = network(build)
    model, target = used.build_with(used.hyperparameters(), 4, 7), make_rows(MULTICLASS).target
    if not found:  # a mean squared error leaves values that no rule makes probabilities of
        with pytest.raises(StageError, match="makes no probabilities of them; mend: softmax"):
            target_code(model, MULTICLASS, used.id, target)
        return
    code, one_hot = target_code(model, MULTICLASS, used.id, target)
    assert (code.outputs, one_hot) == ("probabilities", True)


def test_a_subclassed_model_is_told() -> None:
    message = "returned a Subclassed, a keras.Model whose layers are connected by code.*mend: use a functional"
    with pytest.raises(StageError, match=message):
        open_training("build_subclassed")
    with pytest.raises(PlanError, match=message):
        type(network("build_subclassed")).space()


# Targets


@pytest.mark.parametrize("size", [1e153, 1e160, 1e300])
def test_a_huge_target_is_no_constant(size: float) -> None:
    values = np.linspace(-1.0, 3.0, 101)
    code = TargetCode.fit(REGRESSION, pd.Series(values * size))
    np.testing.assert_allclose([code.center[0] / size, code.scale[0] / size], [values.mean(), values.std()], rtol=1e-12)
    encoded = code.encode(REGRESSION, pd.Series(values * size))
    np.testing.assert_allclose(encoded.std(), 1.0, rtol=1e-6)
    np.testing.assert_allclose(code.decode(encoded), values * size, rtol=1e-5, atol=1e-6 * size)


def test_the_mean_of_a_target_near_the_largest_number_is_found() -> None:
    code = TargetCode.fit(REGRESSION, pd.Series([1.6e308, 1.7e308, 1.5e308]))
    np.testing.assert_allclose(code.center, [1.6e308], rtol=1e-12)
    assert np.isfinite(code.encode(REGRESSION, pd.Series([1.5e308, 1.7e308]))).all()
    assert TargetCode.fit(REGRESSION, pd.Series([1.6e308] * 3)).scale == (1.0,)


@pytest.mark.parametrize("size", [1e-140, 1.0, 1e6, 1e150])
def test_an_ordinary_target_has_the_mean_and_deviation_of_numpy(size: float) -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, size=77) * size
    code = TargetCode.fit(REGRESSION, pd.Series(values))
    assert (code.center, code.scale) == ((float(values.mean()),), (float(values.std()),))


@pytest.mark.parametrize(("build", "layer"), [("build_inference", "norm"), ("build_inference_inside", "base")])
def test_a_layer_in_inference_mode_is_refused_because_keras_would_train_it_otherwise(build: str, layer: str) -> None:
    says = rf"network 'odd.{build}': the layer '{layer}' is called with training=False, .*set layer.trainable = False"
    with pytest.raises(StageError, match=says):
        open_training(build)


def test_a_layer_that_is_not_trainable_keeps_its_statistics() -> None:
    training = open_training("build_kept")
    for _ in range(EPOCHS):
        training.epoch()
    fitted = training.finish()
    assert sum(np.array_equal(weights, np.zeros(4)) for weights in fitted.weights) == 2, "beta and the moving mean"

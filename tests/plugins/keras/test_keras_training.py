"""A training's life: equal seeds, shared programs, marks, states, losses that are not finite."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train

from automl import codec
from automl.errors import StageError
from automl_keras.signatures import KEPT, program

NOISY = {"dropout": 0.2, "batch_norm": True}
LOWERING = {"schedule": {"performance": {"patience": 1, "min_delta": 10.0}}, "compile": "graph"}


def digest_of(mode: str, activation: str) -> str:
    """Fingerprint of the model that one training leaves; run in this process and in others."""
    training = open_training(network=small(**NOISY, activation=activation), params={"compile": mode})
    train(training, 3)
    return hashlib.sha256(codec.to_bytes(training.finish().state())).hexdigest()


VARIANTS = [(mode, activation) for mode in ("xla", "graph") for activation in ("relu", "selu")]


def test_equal_seeds_give_equal_bits_here_again_and_elsewhere():
    first = []
    for mode, activation in VARIANTS:
        first.append(digest_of(mode, activation))
        before = program.cache_info().hits
        assert digest_of(mode, activation) == first[-1], (mode, activation)
        assert program.cache_info().hits == before + 1, "the second training should reuse the compiled program"
    code = "from test_keras_training import VARIANTS, digest_of; print(*[digest_of(*variant) for variant in VARIANTS])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True, timeout=300
    )
    assert told.stdout.split()[-len(first) :] == first


def test_another_seed_gives_another_model_from_the_same_program():
    open_training(seed=1)
    before = program.cache_info().misses
    one, other = open_training(seed=1), open_training(seed=2)
    assert program.cache_info().misses == before
    for training in (one, other):
        train(training, 1)
    assert not np.array_equal(one.finish().weights[0], other.finish().weights[0])


def test_what_a_search_varies_most_compiles_nothing_anew():
    open_training(params={"optimizer": {"adamw": {}}})
    before = program.cache_info().misses
    for rate, decay, beta in ((1e-2, 1e-3, 0.8), (1e-4, 1e-1, 0.95)):
        optimizer = {"adamw": {"learning_rate": rate, "weight_decay": decay, "beta_1": beta}}
        open_training(params={"optimizer": optimizer, "schedule": "one_cycle", "warmup": 0.1}, seed=3)
    open_training(network=small(initializer="orthogonal"), params={"optimizer": "adamw"}, train=make_rows(n=101))
    assert program.cache_info().misses == before


def test_programs_are_bounded():
    assert program.cache_info().maxsize == KEPT


def test_trainings_that_take_turns_do_not_disturb_each_other():
    networks = [small(**NOISY), small(**NOISY)]
    alone = []
    for seed, network in enumerate(networks):
        training = open_training(network=network, seed=seed, valid=make_rows(n=30, seed=5))
        alone.append((train(training, 4), training.finish()))
    both = [
        open_training(network=network, seed=seed, valid=make_rows(n=30, seed=5))
        for seed, network in enumerate(networks)
    ]
    turns = [[training.epoch() for training in both] for _ in range(4)]
    for number, (epochs, fitted) in enumerate(alone):
        assert [turn[number].metrics for turn in turns] == [epoch.metrics for epoch in epochs]
        assert codec.to_bytes(both[number].finish().state()) == codec.to_bytes(fitted.state())


@pytest.mark.parametrize(
    ("network", "params"),
    [
        (NOISY, {"optimizer": "adam", **LOWERING}),
        ({"activation": "selu", "dropout": 0.3}, {"optimizer": "nadam", "schedule": "one_cycle", "compile": "xla"}),
        ({}, {"optimizer": {"sgd": {"nesterov": True}}, "ema": 0.9, "compile": "graph"}),
        ({}, {"optimizer": "rmsprop", "compile": "fit"}),
    ],
)
def test_three_epochs_and_three_from_their_state_are_six(network, params):
    valid = make_rows(n=30, seed=5)
    whole = open_training(network=small(**network), params=params, valid=valid)
    expected = train(whole, 6)[3:]
    first = open_training(network=small(**network), params=params, valid=valid)
    train(first, 3)
    state = codec.from_bytes(codec.to_bytes(first.state()))
    train(first, 1)  # what goes on after the state was taken is not in it
    second = open_training(network=small(**network), params=params, valid=valid)
    second.restore(state)
    found = train(second, 3)
    assert [epoch.metrics for epoch in found] == [epoch.metrics for epoch in expected]
    assert all(np.array_equal(a.predicted, b.predicted) for a, b in zip(found, expected, strict=True))
    assert codec.to_bytes(second.finish().state()) == codec.to_bytes(whole.finish().state())
    assert codec.to_bytes(second.state()) == codec.to_bytes(whole.state())


def test_a_state_of_another_network_is_refused():
    state = open_training().state()
    with pytest.raises(StageError, match="cannot continue"):
        open_training(network=small(widths=[5])).restore(state)


def test_finish_returns_the_marked_weights_also_after_a_restore():
    valid = make_rows(n=30, seed=5)
    training = open_training(valid=valid)
    train(training, 2)
    training.mark()
    best = training.finish()
    training.epoch()
    assert codec.to_bytes(training.finish().state()) == codec.to_bytes(best.state())
    later = open_training(valid=valid)
    later.restore(training.state())
    later.epoch()
    assert codec.to_bytes(later.finish().state()) == codec.to_bytes(best.state())


@pytest.mark.parametrize("task", [REGRESSION, BINARY, MULTICLASS], ids=lambda task: task.kind)
def test_the_finished_model_predicts_what_the_epoch_reported(task):
    valid = make_rows(task, n=300, seed=5)
    training = open_training(task, network=small(**NOISY), valid=valid)
    last = train(training, 2)[-1]
    predicted = training.finish().apply(valid.frame).to_numpy()
    assert last.predicted.dtype == np.float64
    assert np.array_equal(predicted.squeeze(), last.predicted)


@pytest.mark.parametrize("mode", ["xla", "graph", "fit"])
def test_a_loss_that_is_not_finite_is_reported_and_breaks_nothing(mode):
    params = {"optimizer": {"sgd": {"learning_rate": 100.0}}, "compile": mode}
    training = open_training(network=small(activation="elu"), params=params, valid=make_rows(n=20))
    epochs = train(training, 6)
    assert not math.isfinite(epochs[-1].metrics["loss"])
    assert not math.isfinite(epochs[-1].metrics["valid_loss"])
    training.mark()
    assert training.finish().apply(make_rows(n=20).frame)["prediction"].isna().all()
    healthy = open_training(network=small(activation="elu"), params={"optimizer": "sgd", "compile": mode}, seed=1)
    assert math.isfinite(healthy.epoch().metrics["loss"])


def test_without_validation_rows_nothing_is_predicted():
    epoch = open_training().epoch()
    assert epoch.predicted is None
    assert set(epoch.metrics) == {"loss", "learning_rate"}


def test_the_rows_stay_as_they_are():
    rows = make_rows(weighted=True)
    before = rows.frame.copy()
    train(open_training(train=rows), 1)
    assert rows.frame.equals(before)

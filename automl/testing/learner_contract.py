"""The contract suite of learners; inherit it and say how to make one.

::

    class TestMine(LearnerContract):
        def make_learner(self) -> Learner:
            return MyLearner()
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.codec import from_bytes, to_bytes
from automl.components import Fitted
from automl.dataset import Rows
from automl.errors import AutoMLError
from automl.learning import Epoch, Learner, Network, Task, Training, Trial
from automl.testing.tables import assert_same, read_only

TASKS = {
    "regression": Task("regression", "y"),
    "binary": Task("binary", "y", ("no", "yes")),
    "multiclass": Task("multiclass", "y", ("a", "b", "c")),
    "several_targets": Task("regression", "y", more_targets=("z",)),
}
_LAST_BITS = 1e-5
"""Relative difference that is no difference: float32 sums in an order that depends on the number of rows."""


def rows_of(task: Task, n: int = 80, seed: int = 0, weighted: bool = False) -> Rows:
    """``n`` rows of four numeric columns and a target that depends on them; every class occurs."""
    draw = np.random.default_rng(seed)
    index = pd.Index(np.arange(n) * 3 + 5, dtype="int64")
    frame = pd.DataFrame({name: draw.normal(size=n) for name in ("p", "q", "r", "s")}, index=index)
    signal = frame["p"] * frame["q"] + frame["r"]
    if task.is_classification:
        edges = np.quantile(signal, np.linspace(0, 1, task.outputs + 1)[1:-1])
        labels = np.asarray(task.classes, dtype=object)[np.searchsorted(edges, signal)]
        target = pd.Series(labels, index=index, name=task.target, dtype="str")
    else:
        target = (1000.0 + 200.0 * signal).rename(task.target)
    if task.more_targets:
        target = pd.DataFrame({name: place - target / 7 for place, name in enumerate(task.targets)})
    weight = pd.Series(draw.uniform(0.5, 2.0, n), index=index) if weighted else None
    return Rows(frame, target, weight, dict.fromkeys(frame.columns, "numeric"))


class LearnerContract:
    """What every learner does.

    An author supplies ``make_learner``, which returns a new one, quick enough to train for a few epochs on eighty
    rows; and ``make_network`` where it trains networks.
    """

    epochs = 4
    """How long a training may get."""

    def make_learner(self) -> Learner:
        raise NotImplementedError

    def make_network(self) -> Network | None:
        """The network to train; None for a learner that takes none."""
        return None

    @pytest.fixture(params=list(TASKS.values()), ids=list(TASKS))
    def task(self, request: pytest.FixtureRequest) -> Task:
        """Each kind of task that the learner declares."""
        task: Task = request.param
        if not can_do(self.make_learner(), task):
            pytest.skip("it declares no such tasks")
        return task

    def open(self, task: Task, train: Rows | None = None, valid: Rows | None = None, seed: int = 3) -> Training:
        learner, network = self.make_learner(), self.make_network()
        if learner.takes_network and network is None:
            pytest.skip("no network for any table is offered that it trains (make_network)")
        trial = Trial(task, seed, self.epochs, self.epochs, network=network)
        return learner.open(trial, rows_of(task) if train is None else train, valid)

    def train(self, task: Task, epochs: int, seed: int = 3) -> tuple[Training, list[Epoch]]:
        training = self.open(task, valid=rows_of(task, 30, seed=1), seed=seed)
        return training, [training.epoch() for _ in range(epochs)]

    @property
    def full(self) -> int:
        """Epochs of a whole training."""
        return self.epochs if self.make_learner().epochwise else 1

    def test_same_seed_and_rows_give_same_bits(self, task: Task) -> None:
        first, one = self.train(task, self.full)
        self.make_learner().start(1)  # as before every training of a search
        second, other = self.train(task, self.full)
        assert_same_epochs(one, other)
        assert state_bytes(first.finish()) == state_bytes(second.finish())

    def test_trainings_side_by_side_do_not_touch_each_other(self, task: Task) -> None:
        alone, expected = self.train(task, self.full)
        valid = rows_of(task, 30, seed=1)
        one, other = self.open(task, valid=valid), self.open(task, valid=valid, seed=4)
        found = []
        for _ in range(self.full):
            other.epoch()
            found.append(one.epoch())
        assert_same_epochs(found, expected)
        assert state_bytes(one.finish()) == state_bytes(alone.finish())

    def test_an_epoch_tells_numbers_and_predictions_for_the_validation_rows(self, task: Task) -> None:
        _, epochs = self.train(task, self.full)
        for epoch in epochs:
            assert all(isinstance(value, float) for value in epoch.metrics.values()), epoch.metrics
            assert_is_prediction(epoch.predicted, task, 30)

    def test_without_validation_rows_it_trains_and_predicts_nothing(self, task: Task) -> None:
        training = self.open(task)
        assert all(training.epoch().predicted is None for _ in range(self.full))
        assert len(training.finish().apply(rows_of(task, 7).frame)) == 7

    def test_the_model_predicts_what_the_last_epoch_predicted(self, task: Task) -> None:
        training, epochs = self.train(task, self.full)
        valid = rows_of(task, 30, seed=1).frame
        assert_close(values_of(training.finish(), valid, task), epochs[-1].predicted)

    def test_mark_keeps_the_parameters_of_its_epoch(self, task: Task) -> None:
        training, epochs = self.train(task, 1)
        training.mark()
        for _ in range(self.full - 1):
            training.epoch()
        valid = rows_of(task, 30, seed=1).frame
        assert_close(values_of(training.finish(), valid, task), epochs[0].predicted)

    def test_finish_may_be_asked_twice(self, task: Task) -> None:
        training, _ = self.train(task, self.full)
        assert state_bytes(training.finish()) == state_bytes(training.finish())

    def test_a_restored_training_goes_on_as_if_never_stopped(self, task: Task) -> None:
        if not self.make_learner().epochwise:
            pytest.skip("it trains in one go")
        whole, expected = self.train(task, self.epochs)
        half, done = self.train(task, 2)
        state = from_bytes(to_bytes(dict(half.state())))
        resumed = self.open(task, valid=rows_of(task, 30, seed=1))
        resumed.restore(state)
        assert_same_epochs([*done, *(resumed.epoch() for _ in range(self.epochs - 2))], expected)
        assert state_bytes(resumed.finish()) == state_bytes(whole.finish())

    def test_taking_the_state_changes_nothing(self, task: Task) -> None:
        if not self.make_learner().epochwise:
            pytest.skip("it trains in one go")
        whole, _ = self.train(task, 2)
        watched, _ = self.train(task, 1)
        watched.state()
        watched.epoch()
        assert state_bytes(watched.finish()) == state_bytes(whole.finish())

    def test_a_mark_outlives_the_restart(self, task: Task) -> None:
        if not self.make_learner().epochwise:
            pytest.skip("it trains in one go")
        marked, _ = self.train(task, 1)
        marked.mark()
        marked.epoch()
        resumed = self.open(task, valid=rows_of(task, 30, seed=1))
        resumed.restore(from_bytes(to_bytes(dict(marked.state()))))
        assert state_bytes(resumed.finish()) == state_bytes(marked.finish())

    def test_what_trains_in_one_go_says_that_it_cannot_be_continued(self, task: Task) -> None:
        if self.make_learner().epochwise:
            pytest.skip("it trains epoch by epoch")
        training, _ = self.train(task, 1)
        with pytest.raises(NotImplementedError):
            training.state()

    def test_the_rows_stay_as_they_are(self, task: Task) -> None:
        train, valid = rows_of(task, weighted=True), rows_of(task, 30, seed=1, weighted=True)
        training = self.open(task, train, valid)
        training.epoch()
        assert_same(train.frame, rows_of(task, weighted=True).frame, "the training rows were changed")
        assert_same(valid.frame, rows_of(task, 30, seed=1).frame, "the validation rows were changed")
        for rows, given in ((train, rows_of(task, weighted=True)), (valid, rows_of(task, 30, seed=1, weighted=True))):
            assert_same(pd.DataFrame(rows.target), pd.DataFrame(given.target), "the target was changed")
            assert_same(pd.DataFrame(rows.weight), pd.DataFrame(given.weight), "the weights were changed")

    def test_read_only_rows_give_the_same(self, task: Task) -> None:
        rows, valid = rows_of(task), rows_of(task, 30, seed=1)
        expected, _ = self.train(task, 1)
        frozen = [Rows(read_only(r.frame), r.target, None, r.kinds) for r in (rows, valid)]
        training = self.open(task, frozen[0], frozen[1])
        training.epoch()
        assert state_bytes(training.finish()) == state_bytes(expected.finish())

    def test_predictions_are_columns_as_declared(self, task: Task) -> None:
        training, _ = self.train(task, 1)
        frame = rows_of(task, 20, seed=2).frame
        predicted = training.finish().apply(frame)
        assert list(predicted.columns) == (list(task.classes) or task.prediction_columns)
        assert all(dtype == "float64" for dtype in predicted.dtypes)
        assert predicted.index.equals(frame.index)
        assert_is_prediction(values_of(training.finish(), frame, task), task, 20)

    def test_rows_are_predicted_alike_in_any_order_and_company(self, task: Task) -> None:
        training, _ = self.train(task, 1)
        fitted, frame = training.finish(), rows_of(task, 40, seed=2).frame
        whole = fitted.apply(frame)
        places = np.random.default_rng(0).permutation(40)
        for some in (places, places[:7], places[:1], places[:0]):
            part = fitted.apply(frame.iloc[some])
            assert_same(part, whole.iloc[some], f"{len(some)} of 40 rows are predicted otherwise", rtol=_LAST_BITS)

    def test_columns_are_found_by_name(self, task: Task) -> None:
        training, _ = self.train(task, 1)
        fitted, frame = training.finish(), rows_of(task, 20, seed=2).frame
        assert_same(fitted.apply(frame[frame.columns[::-1]]), fitted.apply(frame), "columns are taken by their place")

    def test_the_model_round_trips_without_pickle(self, task: Task) -> None:
        training, _ = self.train(task, 1)
        fitted, frame = training.finish(), rows_of(task, 20, seed=2).frame
        assert type(fitted) is self.make_learner().fitted, "finish returns the class that `fitted` declares"
        back = type(fitted).from_state(from_bytes(to_bytes(fitted.state())))
        assert_same(back.apply(frame), fitted.apply(frame), "what was loaded predicts otherwise")
        assert state_bytes(back) == state_bytes(fitted)

    def test_a_new_process_predicts_the_same(self, tmp_path: Path) -> None:
        tasks = [task for task in TASKS.values() if can_do(self.make_learner(), task)]
        models = [self.train(task, 1)[0].finish() for task in tasks]
        frame = rows_of(tasks[0], 20, seed=2).frame
        there = predict_in_another_process(models, frame, tmp_path)
        for model, found in zip(models, there, strict=True):
            np.testing.assert_array_equal(found, model.apply(frame).to_numpy(dtype="float64"))

    def test_weights_are_taken(self, task: Task) -> None:
        training = self.open(task, rows_of(task, weighted=True), rows_of(task, 30, seed=1, weighted=True))
        assert_is_prediction(training.epoch().predicted, task, 30)

    def test_no_rows_are_refused_in_words(self, task: Task) -> None:
        rows = rows_of(task)
        assert rows.target is not None
        none = Rows(rows.frame.iloc[:0], rows.target.iloc[:0], None, rows.kinds)
        with pytest.raises(AutoMLError):
            self.open(task, none).epoch()

    def test_it_leaves_the_global_generators_alone(self, task: Task) -> None:
        before = np.random.get_state()[1].tolist(), random.getstate()  # type: ignore[index]
        self.train(task, 1)[0].finish()
        assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # type: ignore[index]


def can_do(learner: Learner, task: Task) -> bool:
    return task.kind in learner.tasks and (learner.several_targets or not task.more_targets)


def state_bytes(fitted: Fitted) -> bytes:
    return to_bytes(fitted.state())


def values_of(fitted: Fitted, frame: pd.DataFrame, task: Task) -> np.ndarray:
    """Predictions as an epoch gives them: float64 [n], [n, targets], or probabilities [n, classes]."""
    values = fitted.apply(frame).to_numpy(dtype=np.float64)
    return values if task.outputs > 1 else values[:, 0]


def assert_close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, expected, rtol=_LAST_BITS, atol=_LAST_BITS)


def assert_same_epochs(found: Sequence[Epoch], expected: Sequence[Epoch]) -> None:
    for number, (one, other) in enumerate(zip(found, expected, strict=True), start=1):
        assert dict(one.metrics) == dict(other.metrics), f"epoch {number}"
        np.testing.assert_array_equal(one.predicted, other.predicted, err_msg=f"epoch {number}")


def assert_is_prediction(values: Any, task: Task, rows: int) -> None:
    """float64 [rows], [rows, targets], or probabilities [rows, classes] that sum to 1."""
    assert isinstance(values, np.ndarray), f"expected an array, found {type(values).__name__}"
    assert values.dtype == np.float64
    assert values.shape == ((rows, task.outputs) if task.outputs > 1 else (rows,))
    assert np.isfinite(values).all()
    if task.is_classification:
        assert (values >= 0).all()
        np.testing.assert_allclose(values.sum(axis=1), 1.0, atol=1e-6)


def predict_in_another_process(models: Sequence[Fitted], frame: pd.DataFrame, folder: Path) -> list[np.ndarray]:
    """Predictions [n, columns] of each model for ``frame``, made by a process that has only its stored state."""
    document = {
        "models": [[type(model).__module__, type(model).__qualname__, model.state()] for model in models],
        "columns": list(frame.columns),
        "values": frame.to_numpy(dtype="float64"),
        "path": list(sys.path),
    }
    question, told = folder / "models.zip", folder / "predictions.zip"
    question.write_bytes(to_bytes(document))
    done = subprocess.run(  # noqa: S603 - this interpreter, and a module of ours
        [sys.executable, "-m", "automl.testing.stored_models", str(question), str(told)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    predictions: list[np.ndarray] = from_bytes(told.read_bytes())
    return predictions

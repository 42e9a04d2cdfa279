"""The finished model: the same everywhere, row by row, and built of nothing foreign."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras_samples import BINARY, MULTICLASS, REGRESSION, make_rows, open_training, small, train

from automl import codec
from automl.errors import BundleError
from automl.learning import Task
from automl_keras.fitted import NetworkFitted
from automl_keras.targets import TargetCode

WIDE = {"widths": [64, 32], "activation": "selu", "dropout": 0.3}
PREDICT = """
import sys, numpy as np, pandas as pd
from pathlib import Path
from automl import codec
from automl_keras.fitted import NetworkFitted
from automl_keras.targets import TargetCode
folder, threads, *kinds = sys.argv[1:]
if threads != "default":
    import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
rows = pd.read_parquet(Path(folder, "rows"))
for kind in kinds:
    fitted = NetworkFitted.from_state(codec.from_bytes(Path(folder, kind).read_bytes()))
    np.save(Path(folder, f"{kind}.npy"), fitted.apply(rows).to_numpy())
"""


def fitted_for(task: Task) -> NetworkFitted:
    training = open_training(task, network=small(**WIDE), params={"compile": "graph"})
    train(training, 2)
    return NetworkFitted.from_state(codec.from_bytes(codec.to_bytes(training.finish().state())))


@pytest.fixture(params=[REGRESSION, BINARY, MULTICLASS], ids=lambda task: task.kind)
def fitted(request) -> NetworkFitted:
    return fitted_for(request.param)


def test_a_new_process_predicts_the_same_bits_with_any_number_of_threads(tmp_path: Path):
    frame = make_rows(n=700, seed=3).frame
    frame.to_parquet(tmp_path / "rows")
    expected = {}
    for task in (REGRESSION, BINARY, MULTICLASS):
        fitted = fitted_for(task)
        (tmp_path / task.kind).write_bytes(codec.to_bytes(fitted.state()))
        expected[task.kind] = fitted.apply(frame).to_numpy()
    for threads in ("default", "1"):
        subprocess.run(
            [sys.executable, "-c", PREDICT, str(tmp_path), threads, *expected],
            check=True,
            timeout=300,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        for kind, values in expected.items():
            assert np.array_equal(np.load(tmp_path / f"{kind}.npy"), values), (kind, threads)


def test_a_row_is_predicted_the_same_whatever_stands_beside_it(fitted):
    frame = make_rows(n=700, seed=3).frame
    whole = fitted.apply(frame)
    for cut in (1, 255, 256, 257, 699):
        parts = pd.concat([fitted.apply(frame.iloc[:cut]), fitted.apply(frame.iloc[cut:])])
        pd.testing.assert_frame_equal(parts, whole, check_exact=True)
    shuffled = frame.sample(frac=1.0, random_state=0)
    pd.testing.assert_frame_equal(fitted.apply(shuffled).loc[frame.index], whole, check_exact=True)


def test_rows_order_index_and_names_are_kept(fitted):
    frame = make_rows(n=5).frame
    predicted = fitted.apply(frame[["c4", "c2", "c1", "c3"]])
    pd.testing.assert_frame_equal(predicted, fitted.apply(frame))
    assert list(predicted.columns) == (fitted.classes or ["prediction"])
    assert (predicted.dtypes == "float64").all()
    if fitted.classes:
        np.testing.assert_allclose(predicted.sum(axis=1), 1.0)


def test_no_rows_give_no_predictions(fitted):
    predicted = fitted.apply(make_rows(n=5).frame.iloc[:0])
    assert predicted.shape == (0, len(fitted.classes) or 1)


def test_what_is_missing_spoils_its_own_row_only(fitted):
    frame = make_rows(n=6).frame
    broken = frame.copy()
    broken.iloc[2, 1] = np.nan
    broken.iloc[4, 0] = 1e300
    predicted = fitted.apply(broken)
    assert predicted.iloc[2].isna().all()
    assert predicted.iloc[[0, 1, 3, 5]].equals(fitted.apply(frame).iloc[[0, 1, 3, 5]])


def test_the_model_in_use_is_no_part_of_its_state(fitted):
    frame = make_rows(n=5).frame
    fitted.apply(frame)
    assert set(fitted.state()) == {field.name for field in dataclasses.fields(NetworkFitted)}
    again = pickle.loads(pickle.dumps(fitted))
    assert again.apply(frame).equals(fitted.apply(frame))


LAMBDA = {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"module": "os", "class_name": "system", "registered_name": None}, r"uses os\.system"),
        ({"module": "keras.layers", "class_name": "Lambda", "config": {"function": LAMBDA}}, "has a lambda function"),
        ({"module": "keras.utils", "class_name": "get_file"}, r"uses keras\.utils\.get_file"),
        ({"module": "keras.saving", "class_name": "load_model"}, r"uses keras\.saving\.load_model"),
        ({"module": "keras.layers", "class_name": "TFSMLayer"}, "TFSMLayer"),
        ({"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/a"}}, "reads the file"),
        ({"module": "keras.no_such_module", "class_name": "Dense"}, "is not Keras' own"),
        ({"module": None}, r"uses None\.Dense"),
        ({"class_name": ["Dense"]}, "is not Keras' own"),
        ({"config": []}, "cannot be rebuilt"),
        ({"config": {"units": "many"}}, "cannot be rebuilt"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:20],
)
def test_a_doctored_model_is_refused(doctored, changes, message):
    with pytest.raises(BundleError, match=message):
        doctored(lambda layer: layer.update(changes)).apply(make_rows(n=2).frame)


def test_a_network_larger_than_its_weights_is_refused_before_it_is_made(doctored):
    bad = doctored(lambda layer: layer["config"].update(units=10**9), place=-1)
    with pytest.raises(BundleError, match=r"has weights of the shapes .*1000000000\), \(1000000000,\), and those in"):
        bad.apply(make_rows(n=2).frame)
    assert keras.layers.Dense(3)(np.ones((1, 2))).shape == (1, 3)  # Keras is as it was


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": []},
        {"weights": [np.zeros(3)]},
        {"architecture": "[" * 100_000},
        {"architecture": "{}"},
        {"architecture": 3},
        {"registered": {"a>b": "c"}},
    ],
    ids=str,
)
def test_parts_that_do_not_fit_each_other_are_refused(changes):
    good = open_training(params={"compile": "graph"}).finish()
    with pytest.raises(BundleError):
        dataclasses.replace(good, **changes).apply(make_rows(n=2).frame)


@pytest.fixture
def doctored() -> Callable[..., NetworkFitted]:
    """Makes a model with a layer, the first hidden one, that is changed in the file."""
    good = open_training(params={"compile": "graph"}).finish()

    def change(how: Callable[[dict[str, Any]], None], place: int = 1) -> NetworkFitted:
        document = json.loads(good.architecture)
        how(document["config"]["layers"][place])
        return dataclasses.replace(good, architecture=json.dumps(document))

    return change


HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.text(max_size=8),
    st.just([]), st.just({}), st.just({"class_name": "Dense"}), st.just({"module": "os", "class_name": "system"}),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_network_rewritten_at_random_predicts_or_is_refused(data):
    good = _small()
    document = json.loads(good.architecture)
    place, key = data.draw(st.sampled_from(list(places_in(document))))
    place[key] = data.draw(HOSTILE)
    changed = dataclasses.replace(good, architecture=json.dumps(document))
    with contextlib.suppress(BundleError):
        assert len(changed.apply(make_rows(n=2).frame)) == 2


@functools.cache
def _small() -> NetworkFitted:
    return open_training(params={"compile": "graph"}).finish()


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in nested mappings and lists, as a container and a key."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places_in(value[key])


def test_the_unit_of_the_target_goes_by_weight() -> None:
    draw = np.random.default_rng(0)
    values, weight = draw.normal(5.0, 2.0, 60), draw.uniform(0.1, 4.0, 60)
    code = TargetCode.fit(Task("regression", "y"), pd.Series(values), pd.Series(weight))
    mean = np.average(values, weights=weight)
    assert code.center[0] == pytest.approx(mean, rel=1e-12)
    assert code.scale[0] == pytest.approx(np.sqrt(np.average((values - mean) ** 2, weights=weight)), rel=1e-12)
    equal = TargetCode.fit(Task("regression", "y"), pd.Series(values), pd.Series(np.full(60, 3.0)))
    assert equal == TargetCode.fit(Task("regression", "y"), pd.Series(values))

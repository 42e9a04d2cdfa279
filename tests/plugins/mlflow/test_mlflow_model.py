"""The logged model, loaded by MLflow itself and given raw rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from finished_runs import FinishedRun, make_predictor, raw_rows

from automl.plugins import Registry
from automl.predictor import Predictor
from automl_mlflow.location import locate
from automl_mlflow.logged_model import example_of, register, requirements, signature_of
from automl_mlflow.observer import MlflowObserver
from automl_mlflow.tracker import Tracker


@pytest.fixture
def tracked(finished_run: FinishedRun, monkeypatch: pytest.MonkeyPatch) -> tuple[FinishedRun, str, Tracker]:
    """A run whose model is logged, its id, and its store; loading by MLflow's own functions goes to that store."""
    observer = MlflowObserver()
    observer.run_started(event=finished_run.started)
    observer.run_finished(event=finished_run.finished)
    location = locate(None, finished_run.started.directory.parent.parent)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", location.tracking_uri)
    return finished_run, observer.links["MLflow run"], Tracker.connect(location, "houses")


def _logged(tracker: Tracker) -> Any:
    models = tracker.client.search_logged_models([tracker.experiment_id])
    assert len(models) == 1
    return models[0]


def test_it_is_a_ready_logged_model_of_its_run(tracked: tuple[FinishedRun, str, Tracker]) -> None:
    _, run_id, tracker = tracked
    model = _logged(tracker)
    assert (model.name, model.source_run_id, str(model.status)) == ("model", run_id, "READY")
    assert model.params["winner.depth"] == "2"
    assert {metric.key for metric in model.metrics} == {"test_rmse", "test_r2"}
    outputs = tracker.client.get_run(run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [model.model_id]


@pytest.mark.parametrize("by", ["run", "id"])
def test_it_predicts_raw_rows_as_the_bundle_does(tracked: tuple[FinishedRun, str, Tracker], by: str) -> None:
    import mlflow

    run, run_id, tracker = tracked
    uri = f"runs:/{run_id}/model" if by == "run" else f"models:/{_logged(tracker).model_id}"
    loaded = mlflow.pyfunc.load_model(uri)
    rows = raw_rows(8).drop(columns="price")
    assert run.finished.bundle is not None
    expected = Predictor.load(run.finished.bundle).predict(rows)
    pd.testing.assert_frame_equal(loaded.predict(rows), expected)


def _with_missing_cells(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.astype(object).mask(pd.DataFrame({c: [True] + [False] * 3 for c in rows.columns}))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_with_missing_cells, id="missing-cells"),
        pytest.param(lambda rows: rows.assign(rooms=None, town=None, new=None, built=None), id="all-missing"),
        pytest.param(lambda rows: rows.assign(rooms=pd.array([1, None, 3, 4], dtype="Int64")), id="nullable-integers"),
        pytest.param(lambda rows: rows.assign(rooms=["1", "?", "3", ""]), id="numbers-as-text"),
        pytest.param(lambda rows: rows.assign(town=[7, 8, 9, 10]), id="numbers-where-text-was"),
        pytest.param(lambda rows: rows.assign(town=rows["town"].astype("category")), id="categories"),
        pytest.param(lambda rows: rows.assign(built=pd.to_datetime(rows["built"])), id="dates"),
        pytest.param(lambda rows: rows.drop(columns="key").assign(extra=1), id="no-id-and-an-extra-column"),
        pytest.param(lambda rows: rows[rows.columns[::-1]], id="reordered"),
    ],
)
def test_it_takes_what_the_predictor_takes(tracked: tuple[FinishedRun, str, Tracker], change: Any) -> None:
    import mlflow

    run, run_id, _ = tracked
    rows = change(raw_rows(4).drop(columns="price"))
    assert run.finished.bundle is not None
    expected = Predictor.load(run.finished.bundle).predict(rows)
    loaded = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
    pd.testing.assert_series_equal(loaded.predict(rows)["prediction"], expected["prediction"])


def test_a_missing_feature_is_refused(tracked: tuple[FinishedRun, str, Tracker]) -> None:
    import mlflow

    _, run_id, _ = tracked
    loaded = mlflow.pyfunc.load_model(f"runs:/{run_id}/model")
    with pytest.raises(mlflow.exceptions.MlflowException, match="rooms"):
        loaded.predict(raw_rows(2).drop(columns=["price", "rooms"]))


def test_its_example_is_served(tracked: tuple[FinishedRun, str, Tracker], tmp_path: Path) -> None:
    """The example's JSON, through MLflow's own scoring."""
    import mlflow
    from mlflow.models import Model

    _, run_id, _ = tracked
    local = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/model")
    payload, answer = tmp_path / "payload.json", tmp_path / "answer.json"
    payload.write_text(str(Model.load(local).get_serving_input(local)))
    mlflow.models.predict(local, input_path=str(payload), env_manager="local", output_path=str(answer))
    predictions = json.loads(answer.read_text())["predictions"]
    assert [list(row) for row in predictions] == [["prediction"], ["prediction"]]


def test_nothing_in_it_is_pickled(tracked: tuple[FinishedRun, str, Tracker]) -> None:
    import mlflow

    _, run_id, _ = tracked
    local = Path(mlflow.artifacts.download_artifacts(f"runs:/{run_id}/model"))
    files = {str(file.relative_to(local)) for file in local.rglob("*") if file.is_file()}
    assert {"served.py", "artifacts/model.automl", "MLmodel", "requirements.txt"} < files
    assert not [name for name in files if name.endswith((".pkl", ".pickle"))]
    requirement = (local / "requirements.txt").read_text()
    assert "automl-pipelines[cpu]==" in requirement
    assert "mlflow==" in requirement


def test_registering_twice_makes_two_versions(tracked: tuple[FinishedRun, str, Tracker]) -> None:
    import mlflow

    _, run_id, tracker = tracked
    model_id = _logged(tracker).model_id
    assert [register(tracker, "houses", model_id, run_id) for _ in range(2)] == ["1", "2"]
    assert len(mlflow.pyfunc.load_model("models:/houses/2").predict(raw_rows(3).drop(columns="price"))) == 3


@pytest.mark.parametrize(
    ("label_dtype", "expected"),
    [("str", "DataType.string"), ("int64", "DataType.long"), ("bool", "DataType.boolean"), ("uint64", "Any")],
)
def test_a_classification_declares_labels_and_probabilities(
    registry: Registry, label_dtype: str, expected: str
) -> None:
    predictor = make_predictor(registry, label_dtype=label_dtype)
    outputs = signature_of(predictor).outputs
    assert [column.name for column in outputs] == list(predictor.predict(raw_rows(2)).columns)
    assert [str(column.type) for column in outputs][1:] == [
        expected,
        "DataType.double",
        "DataType.double",
    ]


def test_the_example_is_accepted_by_the_predictor(registry: Registry) -> None:
    predictor = make_predictor(registry)
    example = example_of(predictor)
    assert list(example.columns) == predictor.schema.required
    assert predictor.predict(example)["prediction"].notna().all()


def test_requirements_pin_this_distribution_first(registry: Registry) -> None:
    assert requirements(registry)[0].startswith("automl-pipelines[cpu]==")

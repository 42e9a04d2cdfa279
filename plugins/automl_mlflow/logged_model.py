"""The bundle as an MLflow model: its signature, an input example, and what it needs installed."""

from __future__ import annotations

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.columns import Kind
from automl.input_schema.labels import numpy_name
from automl.plugins import Registry
from automl.predictor import Predictor
from automl_mlflow.tracker import Tracker

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

MODEL_NAME = "model"
_DISTRIBUTION = "automl-pipelines"
_LABELS = {
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"), "long"),
    **dict.fromkeys(("float16", "float32", "float64"), "double"),
    "bool": "boolean",
    "str": "string",
}
"""MLflow's types of predicted labels, by the type of the raw target; for others (uint64, decimals) it has none."""
_PLACEHOLDERS: dict[Kind, Any] = {
    "numeric": 0.0,
    "categorical": "a level",
    "ordinal": "a level",
    "boolean": True,
    "datetime": "2026-01-31",
    "text": "some text",
}


def log_model(tracker: Tracker, run_id: str, bundle: Path, params: dict[str, str]) -> str:
    """Log the bundle as the run's model; returns the model's id, for ``mlflow.pyfunc.load_model("models:/<id>")``.

    The fluent ``log_model`` would write where the process's global tracking URI points; this does the same by ids.
    """
    import mlflow
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model

    with tracker.activity.own_work():
        registry = Registry.load()
        predictor = Predictor.load(bundle, registry)
    client = tracker.client
    logged = client.create_logged_model(
        tracker.experiment_id, name=MODEL_NAME, source_run_id=run_id, params=params, model_type="automl"
    )
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / MODEL_NAME
        with tracker.activity.own_work():
            mlflow.pyfunc.save_model(
                str(local),
                python_model=str(Path(__file__).with_name("served.py")),
                artifacts={"bundle": str(bundle)},
                signature=signature_of(predictor),
                input_example=example_of(predictor),
                pip_requirements=requirements(registry),
                metadata={"pipeline": predictor.pipeline, "kinds": dict(predictor.schema.kinds())},
                mlflow_model=Model(
                    artifact_path=logged.artifact_location,
                    model_uuid=logged.model_id,
                    run_id=run_id,
                    model_id=logged.model_id,
                ),
            )
        client.log_model_artifacts(logged.model_id, str(local))
    client.finalize_logged_model(logged.model_id, "READY")
    model_id: str = logged.model_id
    return model_id


def register(tracker: Tracker, name: str, model_id: str, run_id: str) -> str:
    """Make the model the newest version of a registered model; returns the version."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

    try:
        tracker.client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
    made = tracker.client.create_model_version(name, f"models:/{model_id}", run_id=run_id, model_id=model_id)
    return str(made.version)


def signature_of(predictor: Predictor) -> ModelSignature:
    """Feature columns, and id columns that may be absent; outputs as `Predictor.predict` gives them.

    Inputs are of the type Any: a column declared double refuses integers, and one declared string refuses numbers and
    empty columns, before the pipeline's own input schema could read them. That one knows every column's kind, takes
    missing cells, and says which cell it cannot read.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType

    schema, anything = predictor.schema, AnyType()
    inputs = [ColSpec(anything, name) for name in schema.required]
    ids = [ColSpec(anything, name, required=False) for name in schema.identifiers]
    task = predictor.task
    label: Any = DataType.double
    if task.is_classification:
        name = _LABELS.get(numpy_name(schema.label_dtype))
        label = anything if name is None else DataType[name]
    outputs = [ColSpec(label, name) for name in task.prediction_columns]
    outputs += [ColSpec(DataType.double, f"proba_{name}") for name in task.classes]
    return ModelSignature(Schema([*inputs, *ids]), Schema([*ids, *outputs]))


def example_of(predictor: Predictor) -> pd.DataFrame:
    """Two rows that show the form and are nobody's data: one of placeholders, one in which every cell is missing."""
    import pandas as pd

    kinds = predictor.schema.kinds()
    names = predictor.schema.required
    # Names as objects: MLflow compares them with a range, which pandas 3.1 deprecates for its string dtype.
    columns = pd.Index(names, dtype=object)
    return pd.DataFrame([[_PLACEHOLDERS[kinds[n]] for n in names], [None] * len(names)], columns=columns, dtype=object)


def requirements(registry: Registry) -> list[str]:
    """This distribution with an engine, and that of every plugin beside it, at the versions in use."""
    others = {name for name in registry.lock().values() if not name.startswith(f"{_DISTRIBUTION} ")}
    pinned = [f"{name}=={release}" for name, release in sorted(other.rsplit(" ", 1) for other in others)]
    return [f"{_DISTRIBUTION}[cpu]=={version(_DISTRIBUTION)}", f"mlflow=={version('mlflow')}", *pinned]

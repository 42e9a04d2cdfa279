"""The model as MLflow runs it: this file is copied into the model ("models from code"), so nothing is pickled.

Not to be imported: MLflow executes it when a model is saved and loaded.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from automl.predictor import Predictor


class RawRowsModel(PythonModel):  # type: ignore[misc, unused-ignore]
    """Takes raw rows, gives what `automl predict` gives."""

    def load_context(self, context: PythonModelContext) -> None:
        self.predictor = Predictor.load(context.artifacts["bundle"])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        return self.predictor.predict(model_input)


set_model(RawRowsModel())

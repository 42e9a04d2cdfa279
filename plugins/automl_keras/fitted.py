"""The model that a training leaves."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from automl.components import Fitted
from automl.errors import PredictError
from automl.learning import TaskKind
from automl_keras.features import prediction_matrix
from automl_keras.precision import Precision, keras_floats
from automl_keras.targets import Outputs, TargetCode

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from automl_keras.forward import Forward
    from automl_keras.lookups import Lookups


@dataclass(frozen=True)
class NetworkFitted(Fitted):
    """A network and how its inputs and outputs are read.

    Attributes:
        columns: feature columns in the order of the network's inputs.
        kind: the task's kind.
        classes: labels in the order of the probabilities; empty for a regression.
        center, scale: mean and standard deviation of each target in the training rows; empty for a classification.
        names: of the columns that a regression predicts; empty for a classification.
        architecture: the Keras configuration as JSON.
        weights: in the order of ``model.weights``.
        precision: dtype of the network's inputs, weights and outputs.
        outputs: whether a classification's outputs are logits or probabilities.
        registered: modules of the code that is not Keras' own, by the names that it is registered by.
        defaults: parameters in ``architecture`` that stand at their defaults, by class; another Keras may lack them.
    """

    columns: list[str]
    kind: TaskKind
    classes: list[str]
    center: list[float]
    scale: list[float]
    names: list[str]
    architecture: str
    weights: list[np.ndarray]
    precision: Precision = "float32"
    outputs: Outputs = "logits"
    registered: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        code: TargetCode,
        columns: Sequence[str],
        architecture: str,
        weights: list[np.ndarray],
        precision: Precision = "float32",
    ) -> NetworkFitted:
        """What a training leaves whose outputs ``code`` reads."""
        from automl_keras.architecture import registered_in
        from automl_keras.other_versions import defaults_in

        return cls(
            columns=list(columns),
            kind=code.kind,
            classes=list(code.classes),
            center=list(code.center),
            scale=list(code.scale),
            names=list(code.columns),
            architecture=architecture,
            weights=weights,
            precision=precision,
            outputs=code.outputs,
            registered=registered_in(architecture),
            defaults=defaults_in(architecture),
        )

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Columns, brought to the network's precision, to one column per target or per class (probabilities).

        Float64, same rows and index.
        A row's prediction is the same in every bit whatever rows stand beside it, and in any process with the same
        libraries and kind of processor. A row with a missing or infinite value gets a missing prediction.

        Raises PredictError at a code that an `Embedding` of the network has no row for.
        """
        import pandas as pd

        code = TargetCode(
            self.kind, tuple(self.classes), tuple(self.center), tuple(self.scale), tuple(self.names), self.outputs
        )
        features = prediction_matrix(frame, self.columns, self.precision)
        predicted = code.decode(self._looked_up(frame, features) if self._lookups else self._forward(features))
        return pd.DataFrame(predicted, index=frame.index, columns=list(self.names or self.classes))

    def _looked_up(self, frame: pd.DataFrame, features: np.ndarray) -> np.ndarray:
        """Outputs of a network that looks up codes: it is given none but those that it has."""
        usable = np.isfinite(features).all(axis=1)
        bad = self._lookups.bad_code(features[usable])
        if bad is not None:
            row = frame.index[np.flatnonzero(usable)[bad.place]]
            raise PredictError(bad.told(self.columns, row, "these rows"))
        found = self._forward(features[usable])
        outputs = np.full((len(features), found.shape[1]), np.nan, dtype=found.dtype)
        outputs[usable] = found
        return outputs

    @functools.cached_property
    def _lookups(self) -> Lookups:
        from automl_keras.architecture import rebuilding
        from automl_keras.lookups import Lookups

        model = self._model
        with rebuilding():
            return Lookups(model, self.precision)

    @functools.cached_property
    def _forward(self) -> Forward:
        from automl_keras.architecture import rebuilding
        from automl_keras.forward import Forward

        model = self._model
        with rebuilding():
            return Forward(model, self.precision)

    @functools.cached_property
    def _model(self) -> keras.Model:
        """The rebuilt network; kept by this instance, no part of its state."""
        from automl_keras import engine

        engine.start()
        from automl_keras.architecture import restore

        outputs = 1 if self.kind == "binary" else len(self.names or self.classes)
        with keras_floats(self.precision):
            given = len(self.columns)
            return restore(self.architecture, self.registered, self.defaults, self.weights, given, outputs)

    def modules(self) -> Iterable[str]:
        return sorted(set(self.registered.values()))

    def __getstate__(self) -> dict[str, Any]:
        return self.state()

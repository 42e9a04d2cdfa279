"""The predictor: the finished pipeline from raw rows to predictions, in one file.

It is the sub-graph of Fitteds below a search's heads, with its recorded joins. Replaying ``apply`` along it *is*
prediction; there is no second path. The bundle is one container of plain values and arrays (`automl.codec`), without
pickle, and needs no store.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl import codec
from automl.attribution import named_errors
from automl.components import Component, Fitted
from automl.engine_versions import MadeWith, as_made, made_with
from automl.errors import BundleError, PluginError, PredictError
from automl.input_schema import InputSchema, column_names
from automl.learning import Task
from automl.plan.histories import graft, join_frames
from automl.plan.target_wise import fitted_from
from automl.table_form import TableForm
from automl.writing import whole

if TYPE_CHECKING:
    from automl.notation import Notation
    from automl.plugins import Registry

FORMAT = 2
_MAGIC = "automl-bundle"


class Predictor:
    """Predicts from raw rows. Make one with `Predictor.load`, or take it from a run."""

    def __init__(self, document: Mapping[str, Any], registry: Registry) -> None:
        self._document = document
        task = document["task"]
        self.pipeline: str = document["pipeline"]
        self.task = Task(task["kind"], task["target"], tuple(task["classes"]), tuple(task["more_targets"]))
        self.schema = InputSchema.from_state(document["schema"])
        self._made_with: MadeWith = document.get("made_with", {})
        self.table_form = TableForm.from_document(document.get("table"))
        try:
            self._fitted: dict[str, Fitted] = {
                key: fitted_from(registry.get("components", step["component"]).fitted, step["state"])
                for key, step in document["steps"].items()
                if step["component"]
            }
            self._heads: list[Fitted] = [
                registry.get("learners", head["learner"]).fitted.from_state(head["state"]) for head in document["heads"]
            ]
            self._components: dict[str, type[Component]] = {
                step["component"]: registry.get("components", step["component"])
                for step in document["steps"].values()
                if step["component"]
            }
            self._learners: dict[str, type[Component]] = {
                head["learner"]: registry.get("learners", head["learner"]) for head in document["heads"]
            }
        except PluginError as error:
            raise BundleError(
                f"the model was made with plugins that are not here: {document['plugins']}; {error}"
            ) from error

    @classmethod
    def load(cls, path: str | Path, registry: Registry | None = None) -> Predictor:
        """Open a bundle.

        Raises:
            BundleError: the file is missing, damaged, no bundle, of a newer format, or needs a plugin that is absent.
        """
        from automl.plugins import Registry

        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise BundleError(f"cannot read {path}: {error.strerror}") from error
        document = codec.from_bytes(data)
        if not isinstance(document, dict) or document.get("magic") != _MAGIC:
            raise BundleError(f"{path} is no model bundle")
        if document.get("format") != FORMAT:
            raise BundleError(
                f"{path} has format {document.get('format')}, this version reads {FORMAT}; "
                "mend: use the version of automl-pipelines that wrote it"
            )
        try:
            return cls(document, registry or Registry.load())
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"{path} does not fit the plugins that are here: {type(error).__name__}: {error}; "
                f"it was made with {document.get('plugins')}"
            ) from error

    def save(self, path: str | Path) -> None:
        """Write the bundle, whole or not at all; equal predictors give equal bytes. Raises OutputError."""
        with whole(Path(path)) as half:
            half.write_bytes(codec.to_bytes(self._document))

    def predict(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> pd.DataFrame:
        """Predict for raw rows.

        Args:
            raw: [n, columns] with at least the feature columns; order, extra columns and dtypes do not matter, cells
                may be missing. The target may be there; it is not looked at.
            notation: how these rows write numbers as text; as the training table did if absent.

        Returns:
            [n, ...] with the same index: id columns, ``prediction`` (float64 in the target's own unit, or the label in
            its own dtype; ``prediction_<target>`` for each of several targets), and for a classification
            ``proba_<class>`` (float64) for each class. A row that the model cannot score (a gap that no stage fills)
            has missing values and no label.

        Raises:
            PredictError: a feature column is missing, or a cell cannot be read as what its column is.
        """
        if not raw.columns.is_unique:
            raise PredictError(f"column {raw.columns[raw.columns.duplicated()][0]!r} stands more than once")
        scores = self.scores(raw, notation=notation)
        places = {name: place for place, name in enumerate(column_names(raw))}
        out: dict[str, Any] = {
            name: raw.iloc[:, places[name]].array for name in self.schema.identifiers if name in places
        }
        if not self.task.is_classification:
            named = zip(self.task.prediction_columns, scores.reshape(len(raw), self.task.outputs).T, strict=True)
            return pd.DataFrame({**out, **dict(named)}, index=raw.index)
        labels = np.asarray(self.task.classes, dtype=object)[scores.argmax(axis=1)]
        out["prediction"] = self.schema.restore_labels(labels, np.isfinite(scores).all(axis=1))
        out |= {f"proba_{label}": scores[:, place] for place, label in enumerate(self.task.classes)}
        return pd.DataFrame(out, index=raw.index)

    def scores(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> np.ndarray:
        """Predictions as metrics take them: float64 in the target's own unit, or probabilities [n, classes].

        [n] for one target, [n, targets] for several.
        """
        if not len(raw):
            return np.empty((0, self.task.outputs) if self.task.outputs > 1 else 0)
        rows = self.schema.features(raw, notation)
        rows.index = pd.RangeIndex(len(rows))
        frames = self._replay(rows)
        outputs = []
        for head, fitted in zip(self._document["heads"], self._heads, strict=True):
            with as_made(f"learner {head['learner']!r}", self._made_with, self._learners[head["learner"]].engines):
                applied = fitted.apply(_gather(head, frames))
            outputs.append(self._inverse(head, applied))
        return functools.reduce(np.add, outputs) / len(outputs)

    def unseen_levels(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> dict[str, dict[str, int]]:
        """Levels in raw rows that no training row had, by column, each with its number of cells.

        The most frequent come first. A level that one of the model's stages knows is not unseen, and neither is one
        in a column whose levels no stage knows.
        """
        if not len(raw):
            return {}
        rows = self.schema.features(raw, notation)
        rows.index = pd.RangeIndex(len(rows))
        masks: dict[str, np.ndarray] = {}
        seen: dict[str, pd.Series] = {}

        def notice(_: str, fitted: Fitted, frame: pd.DataFrame) -> None:
            for name, mask in fitted.unseen_cells(frame).items():
                masks[name] = masks.get(name, np.ones(len(frame), dtype=bool)) & mask
                seen[name] = frame[name]

        self._replay(rows, notice)
        return {
            name: {str(level): int(count) for level, count in seen[name][mask].value_counts().items()}
            for name, mask in masks.items()
            if mask.any()
        }

    def parts(self, raw: pd.DataFrame) -> list[tuple[str, Fitted, pd.DataFrame]]:
        """All that was fitted, in the order of a prediction: what it is called, itself, and what it is given.

        A stage is called as in ``stages.scaled (scale.standard)``, a head by its learner's id.
        """
        found: list[tuple[str, Fitted, pd.DataFrame]] = []
        rows = self.schema.features(raw)
        rows.index = pd.RangeIndex(len(rows))
        frames = self._replay(rows, lambda *part: found.append(part))
        heads = zip(self._document["heads"], self._heads, strict=True)
        return [*found, *((head["learner"], fitted, _gather(head, frames)) for head, fitted in heads)]

    def _replay(
        self, rows: pd.DataFrame, notice: Callable[[str, Fitted, pd.DataFrame], None] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Every step's output, inputs first. ``notice`` is told what each is called and shown what it is given."""
        frames: dict[str, pd.DataFrame] = {}
        for key, step in self._document["steps"].items():
            frame = _gather(step, frames) if step["inputs"] else rows
            if step["component"] and not step["on_target"]:
                selected = list(step["columns"])
                name = f"stages.{step['stage']} ({step['component']})"
                if notice is not None:
                    notice(name, self._fitted[key], frame[selected])
                component = self._components[step["component"]]
                with (
                    named_errors(component, "apply", only_strangers=True),
                    as_made(name, self._made_with, component.engines),
                ):
                    made = self._fitted[key].apply(frame[selected])
                frame = graft(frame, selected, made, step["stage"])
            frames[key] = frame
        return frames

    def _inverse(self, head: Mapping[str, Any], output: pd.DataFrame) -> np.ndarray:
        if self.task.is_classification:
            return output[list(self.task.classes)].to_numpy(dtype=np.float64)
        columns = self.task.prediction_columns
        values = output[columns if self.task.more_targets else columns[0]].to_numpy(dtype=np.float64)
        for key in reversed(head["inverse"]):
            values = self._fitted[key].inverse(values)
        return values


def _gather(step: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A step's input: its one input, or the recorded join of several."""
    inputs = [frames[key] for key in step["inputs"]]
    if step["join"] is None:
        return inputs[0]
    return join_frames(inputs, [(name, place) for name, place in step["join"]["take"]])


def assemble(
    *,
    pipeline: str,
    schema: Mapping[str, Any],
    task: Task,
    steps: Mapping[str, Mapping[str, Any]],
    heads: Sequence[Mapping[str, Any]],
    registry: Registry,
    table: TableForm | None = None,
) -> Predictor:
    """A predictor from the parts of a plan; goes through the codec once, so that it is what will be loaded."""
    used = [registry.get("components", step["component"]) for step in steps.values() if step["component"]]
    used += [registry.get("learners", head["learner"]) for head in heads]
    document = {
        "magic": _MAGIC,
        "format": FORMAT,
        "pipeline": pipeline,
        "plugins": registry.lock(),
        "made_with": made_with(engine for component in used for engine in component.engines),
        "task": {
            "kind": task.kind,
            "target": task.target,
            "classes": list(task.classes),
            "more_targets": list(task.more_targets),
        },
        "schema": dict(schema),
        "table": None if table is None else table.to_document(),
        "steps": {key: dict(step) for key, step in steps.items()},
        "heads": [dict(head) for head in heads],
    }
    return Predictor(codec.from_bytes(codec.to_bytes(document)), registry)

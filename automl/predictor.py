"""The predictor: the finished pipeline from raw rows to predictions, in one file.

It is the sub-graph of Fitteds below a search's heads, with its recorded joins. Replaying ``apply`` along it *is*
prediction; there is no second path. The bundle is one container of plain values and arrays (`automl.codec`), without
pickle, and needs no store.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from automl import codec
from automl.attribution import named_errors, stage_called
from automl.components import Component, Fitted
from automl.engine_versions import MadeWith, as_made, made_with, refuse_outside_bounds
from automl.errors import AutoMLError, BundleError, PluginError, PredictError
from automl.input_schema import InputSchema, named_by_text
from automl.learning import Task
from automl.model_document import check_document, check_schema
from automl.plan.histories import graft, join_frames
from automl.plan.target_wise import fitted_from, state_parts
from automl.plugin_code import import_for_model
from automl.state_types import state_fault
from automl.table_form import TableForm
from automl.writing import whole

if TYPE_CHECKING:
    from automl.notation import Notation
    from automl.plugins import Registry

FORMAT = 2
MOST_BYTES: Final = 2 * 10**9
"""So much memory may the content of a bundle take, unless the caller allows more."""
_MAGIC = "automl-bundle"
_ROWS = ""
"""Where the rows stand that a replay begins with, beside the outputs of its steps, which have keys."""


@contextlib.contextmanager
def _predicting() -> Iterator[None]:
    """What a part of the model raises is told as what it is: it cannot deal with these rows."""
    try:
        yield
    except (PredictError, BundleError):
        raise
    except Exception as error:
        told = str(error) if isinstance(error, AutoMLError) else f"{type(error).__name__}: {error}"
        raise PredictError(f"the model cannot predict these rows: {told}") from error


@contextlib.contextmanager
def _opening(what: str) -> Iterator[None]:
    """Whatever a part makes of a state that is not its own is told as what it is: a file that does not fit."""
    try:
        yield
    except BundleError:
        raise
    except Exception as error:
        raise BundleError(
            f"the model does not fit the plugins that are here, or was changed: {what}: {type(error).__name__}: {error}"
        ) from error


def _check_types(kind: type[Fitted], state: Mapping[str, Any]) -> None:
    if (fault := state_fault(kind, state)) is not None:
        raise BundleError(f"the model file is damaged or was changed: in the state of {kind.__name__}, {fault}")


class Predictor:
    """Predicts from raw rows. Make one with `Predictor.load`, or take it from a run."""

    def __init__(self, document: Mapping[str, Any], registry: Registry) -> None:
        """Raises BundleError for a document that is not whole, or needs what is not installed."""
        check_document(document)
        self._document = document
        task = document["task"]
        self.pipeline: str = document["pipeline"]
        self.task = Task(task["kind"], task["target"], tuple(task["classes"]), tuple(task["more_targets"]))
        with _opening("its input schema"):
            _check_types(InputSchema, document["schema"])
            self.schema = InputSchema.from_state(document["schema"])
        check_schema(self.schema, document)
        self._made_with: MadeWith = document.get("made_with", {})
        refuse_outside_bounds(self._made_with)
        with _opening("how its table was read"):
            self.table_form = TableForm.from_document(document.get("table"))
        opener = _Opener(document["plugins"], registry)
        self._fitted: dict[str, Fitted] = {
            key: opener.open("components", step["component"], step["state"])
            for key, step in document["steps"].items()
            if step["component"]
        }
        self._heads: list[Fitted] = [
            opener.open("learners", head["learner"], head["state"]) for head in document["heads"]
        ]
        self._components: dict[str, type[Component]] = {
            step["component"]: registry.get("components", step["component"])
            for step in document["steps"].values()
            if step["component"]
        }
        self._learners: dict[str, type[Component]] = {
            head["learner"]: registry.get("learners", head["learner"]) for head in document["heads"]
        }

    @classmethod
    def load(cls, path: str | Path, registry: Registry | None = None, most_bytes: int = MOST_BYTES) -> Predictor:
        """Open a bundle. It runs no code of its own; what it names is looked up among the installed plugins.

        Args:
            path: the file.
            registry: the plugins; by default all that are installed.
            most_bytes: the most memory that its content may take; the file itself lies in memory beside it meanwhile.

        Raises:
            BundleError: the file is missing, damaged, no bundle, of a newer format, too large, or needs a plugin that
                is absent.
        """
        from automl.plugins import Registry

        try:
            size = Path(path).stat().st_size
            if size > most_bytes:
                raise BundleError(
                    f"{path} has {size / 1e9:.3g} GB, and at most {most_bytes / 1e9:.3g} GB are opened; mend: if you "
                    f"trust who made it, allow more: --most-bytes {size * 2} (most_bytes in Python)"
                )
            data = Path(path).read_bytes()
        except OSError as error:
            raise BundleError(f"cannot read {path}: {error.strerror}") from error
        try:
            document = codec.from_bytes(data, most_bytes)
        except BundleError as error:
            raise BundleError(f"{path} cannot be opened: {error}") from error
        magic, written = (document.get(key) if isinstance(document, dict) else None for key in ("magic", "format"))
        if not isinstance(magic, str) or magic != _MAGIC:
            raise BundleError(f"{path} is no model bundle")
        if type(written) is not int or written != FORMAT:
            raise BundleError(
                f"{path} has format {str(written)[:40]}, this version reads {FORMAT}; "
                "mend: use the version of automl-pipelines that wrote it"
            )
        try:
            return cls(document, registry or Registry.load())
        except BundleError as error:
            raise BundleError(f"{path} cannot be opened: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write the bundle, whole or not at all; equal predictors give equal bytes. Raises OutputError."""
        with whole(Path(path)) as half:
            half.write_bytes(codec.to_bytes(self._document))

    @_predicting()
    def predict(
        self,
        raw: pd.DataFrame,
        *,
        notation: Notation | None = None,
        replayed: dict[str, pd.DataFrame] | None = None,
    ) -> pd.DataFrame:
        """Predict for raw rows.

        Args:
            raw: [n, columns] with at least the feature columns; order, extra columns and dtypes do not matter, cells
                may be missing. The target may be there; it is not looked at. A named index counts as a column.
            notation: how these rows write numbers as text; as the training table did if absent.
            replayed: takes what the steps of this model make of these rows, and spares another model of the same plan,
                which is given it with the same rows, those that both have: they are named by their recipes.

        Returns:
            [n, ...] with the same index: id columns, ``prediction`` (float64 in the target's own unit, or the label in
            its own dtype; ``prediction_<target>`` for each of several targets), and for a classification
            ``proba_<class>`` (float64) for each class. A row that the model cannot score (a gap that no stage fills)
            has missing values and no label; whole numbers and booleans come in pandas' nullable dtypes then.

        Raises:
            PredictError: a feature column is missing, a cell cannot be read as what its column is, or a part of the
                model cannot deal with these rows.
            BundleError: the file that the model came from was changed.
        """
        if not raw.columns.is_unique:
            raise PredictError(f"column {raw.columns[raw.columns.duplicated()][0]!r} stands more than once")
        scores = self._scores(raw, notation, {} if replayed is None else replayed)
        given = named_by_text(raw, self.schema.identifiers)
        out: dict[str, Any] = {name: given[name].array for name in self.schema.identifiers if name in given.columns}
        if not self.task.is_classification:
            named = zip(self.task.prediction_columns, scores.reshape(len(raw), self.task.outputs).T, strict=True)
            return pd.DataFrame({**out, **dict(named)}, index=raw.index)
        labels = np.asarray(self.task.classes, dtype=object)[scores.argmax(axis=1)]
        out["prediction"] = self.schema.restore_labels(labels, np.isfinite(scores).all(axis=1))
        out |= {f"proba_{label}": scores[:, place] for place, label in enumerate(self.task.classes)}
        return pd.DataFrame(out, index=raw.index)

    @_predicting()
    def scores(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> np.ndarray:
        """Predictions as metrics take them: float64 in the target's own unit, or probabilities [n, classes].

        [n] for one target, [n, targets] for several.
        """
        return self._scores(raw, notation, {})

    def _scores(self, raw: pd.DataFrame, notation: Notation | None, frames: dict[str, pd.DataFrame]) -> np.ndarray:
        if not len(raw):
            return np.empty((0, self.task.outputs) if self.task.outputs > 1 else 0)
        if _ROWS not in frames:
            frames[_ROWS] = self._features(raw, notation)
        self._replay(frames)
        outputs = []
        for head, fitted in zip(self._document["heads"], self._heads, strict=True):
            learner = self._learners[head["learner"]]
            with (
                named_errors(learner, "apply", "learner", only_strangers=True),
                as_made(f"learner {head['learner']!r}", self._made_with, learner.engines),
            ):
                applied = fitted.apply(_gather(head, frames))
            outputs.append(self._inverse(head, applied))
        return functools.reduce(np.add, outputs) / len(outputs)

    @_predicting()
    def unseen_levels(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> dict[str, dict[str, int]]:
        """Levels in raw rows that no training row had, by column, each with its number of cells.

        The most frequent come first. A level that one of the model's stages knows is not unseen. What a stage knows it
        says itself (`Fitted.unseen_cells`), or it is the levels of the training rows that it was fitted on.
        """
        if not len(raw):
            return {}
        masks: dict[str, np.ndarray] = {}
        seen: dict[str, pd.Series] = {}

        def notice(key: str, fitted: Fitted, frame: pd.DataFrame) -> None:
            known = self._document["steps"][key].get("levels", {})
            met = {name: (frame[name].notna() & ~frame[name].isin(levels)).to_numpy() for name, levels in known.items()}
            for name, mask in {**fitted.unseen_cells(frame), **met}.items():
                masks[name] = masks.get(name, np.ones(len(frame), dtype=bool)) & mask
                seen[name] = frame[name]

        self._replay({_ROWS: self._features(raw, notation)}, notice)
        return {
            name: {str(level): int(count) for level, count in seen[name][mask].value_counts().items()}
            for name, mask in masks.items()
            if mask.any()
        }

    @_predicting()
    def parts(
        self, raw: pd.DataFrame, replayed: dict[str, pd.DataFrame] | None = None
    ) -> list[tuple[str, Fitted, pd.DataFrame]]:
        """All that was fitted, in the order of a prediction: what it is called, itself, and what it is given.

        A stage is called as in ``stages.scaled (scale.standard)``, a head by its learner's id. ``replayed`` takes what
        the steps make of these rows, as in `predict`.
        """
        found: list[tuple[str, Fitted, pd.DataFrame]] = []
        frames = {} if replayed is None else replayed
        frames[_ROWS] = self._features(raw, None)
        self._replay(frames, lambda key, *part: found.append((self._called(key), *part)))
        heads = zip(self._document["heads"], self._heads, strict=True)
        return [*found, *((head["learner"], fitted, _gather(head, frames)) for head, fitted in heads)]

    @_predicting()
    def infinite_cells(self, raw: pd.DataFrame, *, notation: Notation | None = None) -> dict[str, int]:
        """How many cells of each feature column are infinite or beyond float32, and so count as missing."""
        beyond: dict[str, np.ndarray] = {}
        self.schema.features(raw, notation, beyond=beyond)
        return {name: int(mask.sum()) for name, mask in beyond.items()}

    def _features(self, raw: pd.DataFrame, notation: Notation | None) -> pd.DataFrame:
        rows = self.schema.features(raw, notation)
        rows.index = pd.RangeIndex(len(rows))
        return rows

    def _replay(
        self, frames: dict[str, pd.DataFrame], notice: Callable[[str, Fitted, pd.DataFrame], None] | None = None
    ) -> None:
        """Add every step's output to the rows, inputs first; what is there already is not computed again.

        ``notice`` is told the key of each and shown what it is given.
        """
        for key, step in self._document["steps"].items():
            if key in frames:
                continue
            frame = _gather(step, frames) if step["inputs"] else frames[_ROWS]
            if step["component"] and not step["on_target"]:
                selected = list(step["columns"])
                _check_columns(selected, frame)
                component = self._components[step["component"]]
                if notice is not None:
                    with named_errors(component, "unseen_cells", only_strangers=True):
                        notice(key, self._fitted[key], frame[selected])
                with (
                    named_errors(component, "apply", only_strangers=True),
                    as_made(f"stages.{step['stage']} ({step['component']})", self._made_with, component.engines),
                ):
                    made = self._fitted[key].apply(frame[selected])
                frame = graft(frame, selected, made, step["stage"])
            frames[key] = frame

    def _called(self, key: str) -> str:
        step = self._document["steps"][key]
        return stage_called(step["stage"], self._components[step["component"]])

    def _inverse(self, head: Mapping[str, Any], output: pd.DataFrame) -> np.ndarray:
        if self.task.is_classification:
            return output[list(self.task.classes)].to_numpy(dtype=np.float64)
        columns = self.task.prediction_columns
        values = output[columns if self.task.more_targets else columns[0]].to_numpy(dtype=np.float64)
        for key in reversed(head["inverse"]):
            component = self._components[self._document["steps"][key]["component"]]
            with named_errors(component, "inverse", only_strangers=True):
                values = self._fitted[key].inverse(values)
        return values


class _Opener:
    """Makes the parts of a model from their states, with code of the plugins that it was made with and no other."""

    def __init__(self, lock: Mapping[str, str], registry: Registry) -> None:
        self._lock = lock
        self._registry = registry

    def open(self, family: str, name: str, state: Mapping[str, Any]) -> Fitted:
        try:
            offer = self._registry.offer(family, name)
            fitted = self._registry.get(family, name).fitted
        except (PluginError, AttributeError) as error:
            raise BundleError(f"the model was made with plugins that are not here: {self._lock}; {error}") from error
        if offer.plugin.name not in self._lock:
            raise BundleError(
                f"the model file is damaged or was changed: it uses {name!r} of {offer.plugin}, and says that it was "
                f"made with {', '.join(self._lock) or 'no plugin'}"
            )
        with _opening(f"{name!r} of {offer.plugin}; it was made with {self._lock.get(offer.plugin.name)}"):
            for part in state_parts(state):
                _check_types(fitted, part)
            made = fitted_from(fitted, state)
            import_for_model(made.modules(), self._registry, self._lock)
            return made


def _gather(step: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A step's input: its one input, or the recorded join of several."""
    inputs = [frames[key] for key in step["inputs"]]
    if step["join"] is None:
        return inputs[0]
    take = [(name, place) for name, place in step["join"]["take"]]
    for name, place in take:
        if any(name in frame.columns for frame in inputs):  # the target and the like are nowhere when predicting
            _check_columns([name], inputs[place])
    return join_frames(inputs, take)


def _check_columns(names: Sequence[str], frame: pd.DataFrame) -> None:
    if missing := [name for name in names if name not in frame.columns]:
        raise BundleError(
            f"the model file was changed: it uses the column {missing[0]!r}, which nothing before that place leaves"
        )


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

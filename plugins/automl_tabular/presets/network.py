"""The search for a network, sized to the table and to the time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from automl.errors import PluginError
from automl.presets import Because, Means
from automl_tabular.presets.effort import COMPILE_SECONDS, Effort, epoch_seconds, epochs_within, training_seconds
from automl_tabular.presets.preparation import Preparation

if TYPE_CHECKING:
    from automl.table_profile import TableProfile

_BATCHES = 60
"""Steps of an epoch for which a batch is sized, within 16 to 512 rows."""
_OBJECTIVES = {"regression": "rmse", "binary": "roc_auc", "multiclass": "log_loss"}


def search(table: TableProfile, prepared: Preparation, effort: Effort, means: Means, last: str) -> Because:
    """The search stage. Raises PluginError where no network can be trained."""
    if not means.has("networks", "mlp") or not means.has("components", "search.network"):
        raise PluginError(
            "a preset needs a network to search over, and mlp is not usable; mend: pip install 'automl-pipelines[cpu]'"
        )
    seconds = means.seconds or effort.seconds
    parameters: dict[str, Any] = {"network": "mlp"}
    tuner = next(((name, why) for name, why in effort.tuners if means.has("searchers", name)), None)
    if tuner is not None:
        parameters["tuner"] = Because(*tuner)
    objective = _OBJECTIVES[table.target.task]
    if means.has("metrics", objective):
        parameters["objective"] = Because(objective, _objective_reason(table))
    space, typical = _space(prepared, effort, seconds, means)
    parameters["budget"] = _budget(prepared, effort, means, seconds, typical)
    parameters["patience"] = effort.patience
    parameters["space"] = Because(
        space,
        f"For {prepared.trained:,} rows of about {prepared.inputs:,} inputs in a training. Lists and ranges are tried, "
        "single values are fixed.",
    )
    why = "Baselines, so that you see what the network is worth: a constant, a linear model, boosted trees."
    return Because({"use": "search.network", "in": last, "with": parameters}, why)


def _objective_reason(table: TableProfile) -> str:
    target = table.target
    if target.task == "regression":
        return f"The root of the mean squared error, in the unit of {target.name}."
    smallest = min(target.classes.values()) / table.rows
    rare = f"{len(target.classes)} classes, the rarest with {smallest:.1%} of the rows"
    if target.task == "binary":
        return f"{rare}: the area under the ROC curve does not depend on how rare a class is, as accuracy does."
    return f"{rare}: log loss judges the probabilities of all of them, not only which one comes first."


def _budget(prepared: Preparation, effort: Effort, means: Means, seconds: float, epoch: float) -> Because:
    trainings = math.ceil(effort.full_trials * prepared.folds)
    epochs = epochs_within(training_seconds(seconds) * means.processors, epoch, trainings, effort.epochs)
    why = f"At most {epochs} epochs a training"
    why += f", {prepared.folds} trainings a trial (one a fold)" if prepared.folds > 1 else ""
    needed = trainings * (epochs * epoch + COMPILE_SECONDS)
    enough = needed <= training_seconds(seconds) * means.processors
    why += f": {_spoken(seconds)} on {means.processors} CPUs "
    why += f"suffice for some {effort.full_trials}" if enough else f"may not suffice for {effort.full_trials}"
    why += " whole trials."
    bounds: dict[str, Any] = {"epochs": epochs, "time": _written(seconds)}
    if means.seconds is None:
        bounds = {"trials": effort.trials, **bounds}
    return Because(bounds, why)


def _space(prepared: Preparation, effort: Effort, seconds: float, means: Means) -> tuple[dict[str, Any], float]:
    """The space, and the seconds of an epoch of its typical network."""
    rows, inputs = prepared.trained, prepared.inputs
    batch = int(min(max(2 ** round(math.log2(max(rows, 1) / _BATCHES)), 16), 512))
    allowed = training_seconds(seconds) * means.processors / (effort.full_trials * prepared.folds)
    width = 32 if rows < 500 else 64 if rows < 5000 else 128
    while width > 16 and 12 * epoch_seconds(rows, inputs, 2, width, batch) > allowed:
        width //= 2
    dropout = [0.0, 0.1, 0.2] if rows >= 5000 else [0.0, 0.2, 0.4]
    rates = {"learning_rate": {"float": [5.0e-4, 1.0e-2], "log": True}}
    decay = {"weight_decay": {"float": [1.0e-5, 1.0e-1], "log": True}}
    space: dict[str, Any]
    if effort.breadth == 1:
        space = {
            "depth": [1, 2],
            "width": width,
            "activation": ["relu", "gelu"],
            "dropout": dropout,
            "optimizer": "adamw",
            **rates,
            "schedule": "cosine",
            "batch_size": batch,
        }
    else:
        space = {
            "depth": {"int": [1, 3 if effort.breadth == 2 else 4]},
            "width": sorted({max(16, width // 2), width, 2 * width}),
            "activation": ["relu", "elu", "gelu", "swish", "mish"],
            "dropout": [*dropout, 0.3] if effort.breadth == 3 else dropout,
            "optimizer": {"one_of": {"adamw": rates | decay, "nadam": rates}},
            "schedule": ["cosine", "one_cycle"],
            "batch_size": [batch // 2, batch] if batch > 16 else batch,
        }
        if effort.breadth == 3:
            space["width"].append(4 * width)
            space["batch_norm"] = [False, True]
    return space, epoch_seconds(rows, inputs, 2, width, batch)


def _written(seconds: float) -> str:
    """A duration as the file takes it: 90s, 5m."""
    whole = max(1, round(seconds))
    return f"{whole // 60}m" if whole % 60 == 0 else f"{whole}s"


def _spoken(seconds: float) -> str:
    whole = max(1, round(seconds))
    return (
        f"{whole} second{'s' if whole != 1 else ''}"
        if whole < 120
        else f"{whole / 60:g} minutes"
        if whole % 60 == 0
        else f"{whole // 60} min {whole % 60} s"
    )

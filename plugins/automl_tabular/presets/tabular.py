"""The three presets: the same reading of the table, with more or less time for the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from automl.presets import Because, Draft, Means, Preset
from automl_tabular.presets.columns import sort_columns
from automl_tabular.presets.effort import Effort
from automl_tabular.presets.network import search
from automl_tabular.presets.preparation import prepare

if TYPE_CHECKING:
    from automl.table_profile import TableProfile

_TPE = ("optuna.tpe", "Learns from the first trials where good settings lie (tree-structured Parzen estimator).")
_HYPERBAND = (
    "hyperband",
    "Many short trainings, of which the best third goes on: most settings show early what they are worth.",
)


class TabularPreset(Preset):
    """What the presets share."""

    effort: ClassVar[Effort]

    def draft(self, table: TableProfile, means: Means) -> Draft:
        columns = sort_columns(table)
        prepared = prepare(table, columns, self.effort, means)
        stages: dict[str, Any] = dict(prepared.chain.stages)
        stages["search"] = search(table, prepared, self.effort, means, list(stages)[-1])
        profile: dict[str, Any] = {
            "stages.search.with.budget": {"trials": 2, "epochs": 2, "time": None},
            "stages.search.with.tuner": {"use": "random"},
        }
        if means.has("components", "evaluate.report"):
            stages["evaluate"] = Because(
                {"use": "evaluate.report", "in": "search"},
                "Scores on the rows kept back, beside the baselines', as a page. A gate makes a run fail that is not "
                "good enough, e.g. gate: {" + _gate(table) + "}.",
            )
        sections: dict[str, Any] = {"data": _data(table, columns.data), "stages": stages}
        if means.has("observers", "mlflow"):
            sections["track"] = Because(["mlflow"], "Every trial with its curves, and the model, to compare runs by.")
        sections["profiles"] = {"smoke": Because(profile, "Does it all fit together? automl run FILE --profile smoke")}
        remarks = [*_target_remarks(table), *columns.remarks]
        remarks += (
            [f"not installed and left out: {', '.join(prepared.chain.missing)}"] if prepared.chain.missing else []
        )
        return Draft(sections, remarks)


class Quick(TabularPreset):
    """About a minute of search: few dials, one size of network."""

    id = "quick"
    effort = Effort(seconds=60, trials=20, full_trials=8, epochs=30, patience=6, folds=3, breadth=1, tuners=(_TPE,))
    seconds = effort.seconds


class Balanced(TabularPreset):
    """About five minutes of search: depth, width, activation, optimizer and schedule are tried."""

    id = "balanced"
    effort = Effort(
        seconds=300, trials=100, full_trials=20, epochs=60, patience=10, folds=5, breadth=2, tuners=(_HYPERBAND, _TPE)
    )
    seconds = effort.seconds


class Thorough(TabularPreset):
    """About half an hour of search: wider and deeper networks, and everything worth tuning."""

    id = "thorough"
    effort = Effort(
        seconds=1800, trials=300, full_trials=60, epochs=100, patience=15, folds=5, breadth=3, tuners=(_TPE,)
    )
    seconds = effort.seconds


def _data(table: TableProfile, keys: dict[str, Any]) -> dict[str, Any]:
    target = table.target
    if not target.declared:
        return keys
    other = "multiclass" if target.task == "regression" else "regression"
    return {
        "task": Because(target.task, f"Said, because the values alone leave it open; the other way is {other}."),
        **keys,
    }


def _gate(table: TableProfile) -> str:
    return {"regression": 'rmse: "<= 1.0"', "binary": 'roc_auc: ">= 0.9"', "multiclass": 'log_loss: "<= 0.5"'}[
        table.target.task
    ]


def _target_remarks(table: TableProfile) -> list[str]:
    target = table.target
    remarks = [f"{target.missing:,} rows without {target.name} are not used"] if target.missing else []
    rare = [name for name, count in target.classes.items() if count < 5]
    if rare:
        remarks.append(
            f"{len(rare)} classes of {target.name} have fewer than 5 rows ({', '.join(rare[:5])}"
            f"{', ...' if len(rare) > 5 else ''}); nothing can be said of how well they are predicted"
        )
    return remarks

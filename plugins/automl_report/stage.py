"""The stage that judges the winner and the baselines on the test rows and writes the report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import field_validator

from automl.components import Stage
from automl.errors import StageError, did_you_mean
from automl.learning import Metric, Task, TaskKind
from automl.model import Model, Report
from automl.params import Params, param
from automl_report.metrics import METRICS


class ReportParams(Params):
    """Parameters of `evaluate.report`."""

    metrics: tuple[str, ...] | None = param(
        None,
        description="Ids of the metrics to report; null for all that the task has. The objective is always among them.",
    )
    bootstrap: int = param(
        200, ge=0, le=100_000, description="Resamples of the test rows for the 95 % intervals; 0 for no intervals."
    )

    @field_validator("metrics")
    @classmethod
    def _known(cls, metrics: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in metrics or ():
            if name not in METRICS:
                hint = did_you_mean(name, METRICS)
                raise ValueError(f"there is no metric {name!r}; expected some of {', '.join(METRICS)}{_after(hint)}")
        return metrics


class ReportStage(Stage):
    """Scores on the test rows, beside those of the baselines, as one HTML page and as JSON."""

    id: ClassVar[str] = "evaluate.report"
    engines: ClassVar[tuple[str, ...]] = ("plotly",)
    stochastic: ClassVar[bool] = True
    consumes = "model"
    Params: ClassVar[type[Params]] = ReportParams

    @classmethod
    def metrics(cls, params: Any, task: TaskKind | None) -> Iterable[tuple[tuple[str | int, ...], str]]:  # noqa: ARG003
        """Those that are named; of all that a task has, some may be undefined without harm."""
        return [(("metrics", place), name) for place, name in enumerate(params.metrics or ())]

    def run(self, source: Model, context: Any) -> Report:  # noqa: ARG002 - a report needs the model only
        """Predict the test rows with all predictors, score them, and write the page.

        Raises:
            StageError: no test rows, a metric that the task does not have, or a predictor without its columns.
        """
        from automl_report.document import build_document
        from automl_report.figures.classification import classification_pictures
        from automl_report.figures.regression import regression_pictures
        from automl_report.figures.search import search_pictures
        from automl_report.figures.style import labels
        from automl_report.judgement import judge
        from automl_report.page import render_page

        metrics = select_metrics(self.params.metrics, source.search.task, source.search.objective)
        judgement = judge(source, metrics, self.params.bootstrap, self.seed)
        document = build_document(source, judgement, metrics)
        names = labels(document["models"])
        pictures = (
            classification_pictures(judgement, names)
            if source.search.task.is_classification
            else regression_pictures(judgement, names, self.seed)
        )
        html = render_page(document, pictures, search_pictures(source.search), self.params.bootstrap)
        values = {name: {m: score.value for m, score in row.items()} for name, row in judgement.scores.items()}
        return Report(
            metrics=values[judgement.winner],
            baselines={name: values[name] for name in judgement.baselines},
            document=document,
            html=html,
        )


def select_metrics(wanted: tuple[str, ...] | None, task: Task, objective: str) -> list[Metric]:
    """The metrics to report, the objective first. Raises StageError for one that the task does not have."""
    of_task = [name for name, metric in METRICS.items() if task.kind in metric.tasks]
    names = list(dict.fromkeys([objective, *(of_task if wanted is None else wanted)]))
    for name in names:
        if name not in of_task:
            raise StageError(
                f"evaluate.report: the metric {name!r} is not among those of a {task.kind} task; "
                f"mend: choose from {', '.join(of_task)}"
            )
    return [METRICS[name]() for name in names]


def _after(hint: str | None) -> str:
    return f"; {hint}" if hint else ""

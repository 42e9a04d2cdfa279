"""The stage that judges the winner and the baselines on the test rows and writes the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from automl.attribution import named_errors
from automl.components import Stage
from automl.errors import AutoMLError, PluginError, StageError
from automl.learning import Metric, Task, TaskKind
from automl.model import EvaluationContext, Model, Report
from automl.params import Params, param

if TYPE_CHECKING:
    from automl.plugins import Registry


class ReportParams(Params):
    """Parameters of `evaluate.report`."""

    metrics: tuple[str, ...] | None = param(
        None,
        description="Ids of the metrics to report, those of plugins included; null for all that the task has. The "
        "objective and the metrics of gates are always among them.",
    )
    bootstrap: int = param(
        200, ge=0, le=100_000, description="Resamples of the test rows for the 95 % intervals; 0 for no intervals."
    )


class ReportStage(Stage):
    """Scores on the test rows, beside those of the baselines, as one HTML page and as JSON."""

    id: ClassVar[str] = "evaluate.report"
    stochastic: ClassVar[bool] = True
    consumes = "model"
    Params: ClassVar[type[Params]] = ReportParams

    @classmethod
    def metrics(cls, params: Any, task: TaskKind | None) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Those that are named; of all that a task has, some may be undefined without harm."""
        return [(("metrics", place), name) for place, name in enumerate(params.metrics or ())]

    @classmethod
    def check(cls, params: Any, registry: Registry) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Metrics that no plugin offers."""
        for place, name in enumerate(params.metrics or ()):
            try:
                registry.offer("metrics", name)
            except PluginError as error:
                yield ("metrics", place), str(error)

    @classmethod
    def uses(cls, params: Any, registry: Registry) -> Iterable[tuple[str, str]]:
        """The metrics: those that are named, or all."""
        known = registry.ids("metrics")
        return [("metrics", name) for name in (known if params.metrics is None else params.metrics) if name in known]

    def run(self, source: Model, context: EvaluationContext) -> Report:
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

        search, registry = source.search, context.registry
        wanted = [search.objective, *context.gates]
        metrics, unusable = select_metrics(self.params.metrics, wanted, search.task, registry)
        judgement = judge(source, metrics, self.params.bootstrap, self.seed)
        warnings = [*unusable, *judgement.broken.values()]
        document = build_document(source, judgement, metrics, warnings)
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
            warnings=warnings,
        )


def select_metrics(
    asked: Sequence[str] | None, wanted: Sequence[str], task: Task, registry: Registry
) -> tuple[list[Metric], list[str]]:
    """The metrics to report, and a sentence for each that nobody asked for and that cannot be used.

    Args:
        asked: ids; None for all that the task has.
        wanted: ids that come first, whatever else is asked for.
        task: what is predicted.
        registry: where metrics come from.

    Raises:
        StageError: one that is named does not fit the task, or cannot be used.
    """
    named = list(dict.fromkeys([*wanted, *(asked or ())]))
    every = registry.in_order("metrics")
    metrics: dict[str, Metric] = {}
    unusable: dict[str, str] = {}
    for name in dict.fromkeys([*named, *every]):
        try:
            kind: type[Metric] = registry.get("metrics", name)
            if task.kind in kind.tasks:
                with named_errors(kind, "making it", "metric"):
                    metrics[name] = kind()
        except AutoMLError as error:
            unusable[name] = str(error)
    for name in named:
        if name in unusable:
            raise StageError(f"evaluate.report: {unusable[name]}")
        if name not in metrics:
            raise StageError(
                f"evaluate.report: the metric {name!r} is not among those of a {task.kind} task; "
                f"mend: choose from {', '.join(name for name in every if name in metrics)}"
            )
    chosen = [*named, *(name for name in every if name in metrics and name not in named)] if asked is None else named
    return [metrics[name] for name in chosen], list(unusable.values()) if asked is None else []

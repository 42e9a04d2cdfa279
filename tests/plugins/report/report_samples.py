"""The built-in metrics by id, and what a report stage is told of the plugins."""

from __future__ import annotations

from typing import Any

from automl.learning import Metric
from automl.model import EvaluationContext
from automl.plugins import Registry
from automl_report import automl_metrics

METRICS: dict[str, type[Metric]] = {record.id: record.load() for record in automl_metrics()}


def context(*gates: str, **options: Any) -> EvaluationContext:
    """The built-in plugins, and metrics that gates name."""
    return EvaluationContext(Registry.load(third_party=False, **options), gates)

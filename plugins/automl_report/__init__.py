"""The built-in metrics and the stage that judges a finished search on the test rows."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_metrics() -> list[Record]:
    code = "automl_report.metrics"
    return [  # a report lists them in this order
        Record("rmse", f"{code}:RootMeanSquaredError", "Root mean squared error, in the target's unit."),
        Record("mae", f"{code}:MeanAbsoluteError", "Mean absolute error, in the target's unit."),
        Record("medae", f"{code}:MedianAbsoluteError", "Median absolute error, in the target's unit."),
        Record("mape", f"{code}:MeanAbsolutePercentageError", "Mean absolute percentage error, as a fraction."),
        Record("r2", f"{code}:R2", "Share of the target's variance that is explained (R²)."),
        Record("roc_auc", f"{code}:RocAuc", "Area under the ROC curve."),
        Record("pr_auc", f"{code}:PrAuc", "Average precision: the area under the precision-recall curve."),
        Record("log_loss", f"{code}:LogLoss", "Mean negative log-likelihood of the true class, in nats."),
        Record("brier", f"{code}:Brier", "Mean squared error of the positive class's probability."),
        Record("accuracy", f"{code}:Accuracy", "Share of rows whose most probable class is right."),
        Record("balanced_accuracy", f"{code}:BalancedAccuracy", "Mean recall over the classes."),
        Record("f1", f"{code}:F1", "F1 of the positive class; mean over the classes if there are more than two."),
        Record("precision", f"{code}:Precision", "Share of the rows called positive that are; mean over more classes."),
        Record("recall", f"{code}:Recall", "Share of the positive rows that are found; mean over more classes."),
        Record("mcc", f"{code}:Mcc", "Matthews correlation coefficient."),
    ]


@hookimpl
def automl_components() -> list[Record]:
    summary = "Scores on the test rows, beside those of the baselines, as one HTML page and as JSON."
    return [Record("evaluate.report", "automl_report.stage:ReportStage", summary)]

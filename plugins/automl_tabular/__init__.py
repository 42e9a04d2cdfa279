"""Tables: reading, splitting, imputing, encoding, scaling, and the baselines."""

from __future__ import annotations

from automl.hookspecs import hookimpl
from automl.records import Record


@hookimpl
def automl_readers() -> list[Record]:
    here = "automl_tabular"
    return [
        Record(
            "read.csv",
            f"{here}.csv_reader:CsvReader",
            "Comma- or tab-separated text, plain or gzipped",
            suffixes=(".csv", ".tsv", ".csv.gz", ".tsv.gz"),
        ),
        Record("read.parquet", f"{here}.parquet_reader:ParquetReader", "Parquet files", suffixes=(".parquet", ".pq")),
    ]


@hookimpl
def automl_components() -> list[Record]:
    here = "automl_tabular"
    return [
        Record("split.random", f"{here}.splitters:RandomSplit", "Parts by a seeded permutation"),
        Record("split.stratified", f"{here}.splitters:StratifiedSplit", "Parts with equal shares of every stratum"),
        Record("split.kfold", f"{here}.splitters:KFold", "Folds that take turns in validating, and a test part"),
        Record("impute.simple", f"{here}.impute:SimpleImputer", "Missing values by a statistic or a constant"),
        Record("clean.constant", f"{here}.clean:DropConstant", "Drop columns that hold one value"),
        Record("clean.winsorize", f"{here}.clean:Winsorize", "Hold numbers between two quantiles"),
        Record("encode.one_hot", f"{here}.encode:OneHotEncoder", "A 0/1 column for each level"),
        Record("encode.ordinal", f"{here}.encode:OrdinalEncoder", "Levels as their place in an order"),
        Record("scale.standard", f"{here}.scale:StandardScaler", "Mean 0 and standard deviation 1"),
        Record("scale.minmax", f"{here}.scale:MinMaxScaler", "A given range"),
        Record("scale.quantile", f"{here}.scale:QuantileScaler", "Ranks as uniform or normal scores"),
        Record("power.yeo_johnson", f"{here}.power:YeoJohnson", "Less skew, for numbers of any sign"),
        Record("power.box_cox", f"{here}.power:BoxCox", "Less skew, for positive numbers"),
        Record("feature.expression", f"{here}.expression:ExpressionFeature", "Arithmetic on columns"),
        Record(
            "passthrough", f"{here}.passthrough:Passthrough", "Columns as they are: a choice that leaves a step out"
        ),
        Record("target.standardise", f"{here}.target:TargetStandardise", "The target with mean 0 and deviation 1"),
        Record("target.log", f"{here}.target:TargetLog", "The logarithm of the target"),
    ]


@hookimpl
def automl_advice() -> list[Record]:
    return [
        Record("inputs.unfit", "automl_tabular.advice:UnfitInputs", "Columns reach a learner that cannot take them."),
        Record("gaps.unfilled", "automl_tabular.advice:UnfilledGaps", "Test rows have gaps that no stage fills."),
    ]


@hookimpl
def automl_learners() -> list[Record]:
    here = "automl_tabular"
    return [
        Record("baseline.constant", f"{here}.baselines:ConstantBaseline", "The mean, or the share of each class"),
        Record("baseline.linear", f"{here}.baselines:LinearBaseline", "Ridge or logistic regression"),
        Record(
            "baseline.hist_gradient_boosting",
            f"{here}.boosting:HistGradientBoosting",
            "Histogram gradient boosting of scikit-learn",
        ),
    ]


@hookimpl
def automl_presets() -> list[Record]:
    here = "automl_tabular.presets.tabular"
    return [
        Record("quick", f"{here}:Quick", "About a minute of search: few dials, one size of network"),
        Record("balanced", f"{here}:Balanced", "About five minutes: depth, width, activation, optimizer, schedule"),
        Record("thorough", f"{here}:Thorough", "About half an hour: wider and deeper, and all that is worth tuning"),
    ]

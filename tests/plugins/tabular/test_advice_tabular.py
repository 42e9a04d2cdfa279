"""What the stages for tables say of the rows before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.advice.examine import examine_data
from automl.advice.findings import Examination
from automl.columns import TEST
from automl.dataset import Dataset
from automl.errors import PipelineFileError
from automl.fingerprint import seed_from
from automl.pipeline_file import load, loads
from automl.plan.values import Values
from automl.plugins import Registry
from automl.store import Store
from automl_tabular.splitters import RandomSplit

Examine = Callable[..., Examination]

END = """
  filled: {use: impute.simple, in: %s, columns: numeric}
  codes: {use: encode.ordinal, in: filled}
  scaled: {use: scale.standard, in: codes}
  search: {use: search.network, in: scaled, with: {budget: {trials: 1}, space: {width: 32}}}
"""


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture
def table() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    n = 500
    size = draw.gamma(2.0, 50.0, n) + 1
    return pd.DataFrame(
        {
            "size": size,
            "depth": draw.normal(size=n),
            "town": draw.choice(["north", "south", "east"], n),
            "price": size * 2 + draw.normal(0, 45, n),
        }
    )


@pytest.fixture
def examine(registry: Registry, tmp_path: Path) -> Examine:
    """``examine(table, "stages, as text", last)``: what is found; ``last`` is the stage that the usual end reads."""

    def look(table: pd.DataFrame, stages: str = "", last: str = "split", split: str = "split.random") -> Examination:
        table.to_parquet(tmp_path / "table.parquet")
        start = f"  split: {{use: {split}, in: data}}\n" if "split:" not in stages else ""
        text = (
            f"version: 1\ndata: {{path: {tmp_path}/table.parquet, target: price}}\nstages:\n{start}{stages}{END % last}"
        )
        return examine_data(Values(loads(text, registry), registry, Store(tmp_path / "store"), lambda _: ()))

    return look


def told(examination: Examination) -> Mapping[str, Any]:
    return {finding.name: finding for finding in examination.findings}


def test_a_common_pipeline_raises_no_alarm(examine: Examine, table: pd.DataFrame) -> None:
    assert told(examine(table)) == {}


def test_box_cox_tells_column_and_rows_before_it_is_fitted(examine: Examine, table: pd.DataFrame) -> None:
    stage = "  shape: {use: power.box_cox, in: split, columns: [size, depth]}\n"
    found = told(examine(table, stage, "shape"))
    assert list(found) == ["power.box_cox.domain"]
    error = found["power.box_cox.domain"]
    assert (error.severity, error.path) == ("error", ("stages", "shape", "columns"))
    assert error.message.startswith("column 'depth' has 1")
    assert "of 300 training rows that are not positive" in error.message
    assert error.mend == "shift: auto, power.yeo_johnson, or leave the column out by `columns:`"
    assert told(examine(table, stage.replace("]}", "], with: {shift: auto}}"), "shape")) == {}
    assert told(examine(table, stage.replace("]}", "], with: {shift: 10}}"), "shape")) == {}


def test_box_cox_below_a_stage_that_may_have_shifted_the_column_is_left_alone(
    examine: Examine, table: pd.DataFrame
) -> None:
    stages = "  low: {use: scale.minmax, in: split, with: {feature_range: [1, 2]}}\n"
    stages += "  shape: {use: power.box_cox, in: low, columns: [size, depth]}\n"
    assert told(examine(table, stages, "shape")) == {}


def test_box_cox_that_is_tried_without_a_shift_fails_only_those_trials(examine: Examine, table: pd.DataFrame) -> None:
    stage = "  shape: {use: power.box_cox, in: split, columns: [depth], with: {shift: {tune: [auto, 0.0]}}}\n"
    (finding,) = examine(table, stage, "shape").findings
    assert (finding.name, finding.severity) == ("power.box_cox.domain", "warning")


@pytest.mark.parametrize(("method", "mend"), [("log", "method: log1p, or target"), ("log1p", "target.standardise")])
def test_a_target_without_a_logarithm(examine: Examine, table: pd.DataFrame, method: str, mend: str) -> None:
    stage = f"  goal: {{use: target.log, in: split, with: {{method: {method}}}}}\n"
    table["price"] -= table["price"].mean()
    error = told(examine(table, stage, "goal"))["target.log.domain"]
    assert error.severity == "error"
    assert f"where {method} is not defined" in error.message
    assert error.mend.startswith(mend)
    standard = "  first: {use: target.standardise, in: split}\n" + stage.replace("in: split", "in: first")
    assert told(examine(table, standard, "goal")) == {}, "nobody knows the target by then"


def test_a_column_that_an_expression_cannot_find(examine: Examine, table: pd.DataFrame) -> None:
    """That a name is misspelt the header tells; that a column holds no numbers, the rows do."""
    stages = "  scaled_first: {use: scale.standard, in: split}\n"
    stages += "  ratio: {use: feature.expression, in: scaled_first, with: {columns: {r: %s / depth, t: town * 2}}}\n"
    with pytest.raises(PipelineFileError, match=r"there is no column 'siz'") as raised:
        examine(table, stages % "siz", "ratio")
    assert [problem.mend for problem in raised.value.problems] == ["did you mean 'size'?"]
    (error,) = examine(table, stages % "size", "ratio").errors
    assert error.name == "feature.expression.unknown_column"
    assert error.message == "t = town * 2: there is no numeric column 'town' among the selected ones"
    assert error.path == ("stages", "ratio", "with", "columns", "t")


def test_a_column_that_an_expression_or_an_indicator_makes_is_known_below(
    examine: Examine, table: pd.DataFrame
) -> None:
    table.loc[:20, "size"] = np.nan
    stages = "  fill: {use: impute.simple, in: split, columns: numeric, with: {indicator: true}}\n"
    stages += "  ratio: {use: feature.expression, in: fill, with: {columns: {r: size / depth}}}\n"
    stages += "  more: {use: feature.expression, in: ratio, with: {columns: {s: r + size_missing}}}\n"
    stages += "  shape: {use: power.yeo_johnson, in: more, columns: [%s]}\n"
    assert told(examine(table, stages % "r, s, size_missing", "shape")) == {}
    with pytest.raises(PipelineFileError, match=r"there is no column 'ratio'"):
        examine(table, stages % "ratio", "shape")


def test_bins_that_hold_no_rows(examine: Examine, table: pd.DataFrame) -> None:
    split = "  split: {use: split.stratified, in: data, with: {by: size, bins: [0, 100, 200, 5000, .inf]}}\n"
    finding = told(examine(table, split))["split.stratified.empty_bins"]
    assert finding.message == "1 of 4 bins hold no row: (5000, inf]"
    assert finding.path == ("stages", "split", "with", "bins")
    assert finding.found == f"values from {table['size'].min():g} to {table['size'].max():g}"


@pytest.mark.parametrize("use", ["split.stratified", "split.kfold"])
def test_a_stratum_too_small_for_its_share(examine: Examine, table: pd.DataFrame, use: str) -> None:
    table["town"] = np.where(np.arange(500) < 12, "west", table["town"])
    split = f"  split: {{use: {use}, in: data, with: {{by: town}}}}\n"
    finding = told(examine(table, split))[f"{use}.small_strata"]
    assert "1 of 4 strata have fewer than 10 rows in the smallest part" in finding.message
    assert "the smallest stratum: 12 rows" in finding.message
    even = f"  split: {{use: {use}, in: data, with: {{by: town}}}}\n"
    assert told(examine(table.iloc[12:], even)) == {}


def test_more_folds_than_rows_leave_some_empty(examine: Examine, table: pd.DataFrame) -> None:
    split = "  split: {use: split.kfold, in: data, with: {folds: 50, stratified: false}}\n"
    found = told(examine(table.head(40), split))
    assert "data.refused" not in found
    assert found["split.kfold.empty_folds"].message == "32 rows cannot fill 50 folds: 18 of them hold none"
    assert found["split.kfold.empty_folds"].path == ("stages", "split", "with", "folds")
    alone = told(examine(table.head(1).assign(price=1.0), split))
    assert alone["data.refused"].severity == "error"


def test_hundreds_of_levels_under_one_hot(examine: Examine, table: pd.DataFrame) -> None:
    wide = pd.concat([table] * 2, ignore_index=True)
    wide["price"] += np.random.default_rng(1).normal(size=len(wide))
    wide["street"] = [f"street {i % 450}" for i in range(len(wide))]
    stage = "  hot: {use: encode.one_hot, in: split, columns: categorical%s}\n"
    finding = told(examine(wide, stage % "", "hot"))["encode.one_hot.many_levels"]
    assert finding.message.startswith("column 'street' has 3")
    assert told(examine(wide, stage % ", with: {max_categories: 30}", "hot")) == {}


OTHER = "  other: {use: search.network, in: %s, with: {budget: {trials: 1}, baselines: [], space: {width: 32}}}\n"


def test_gaps_that_no_stage_fills_are_an_error_whatever_stands_between(examine: Examine, table: pd.DataFrame) -> None:
    """Every trial would end with "missing values": the stages between keep what is missing."""
    table.loc[::5, "size"] = np.nan
    above = "  codes_first: {use: encode.ordinal, in: split}\n"
    for last, stage in {
        "codes_first": "",
        "s": "  s: {use: scale.standard, in: codes_first}\n",
        "p": "  s: {use: scale.quantile, in: codes_first}\n  p: {use: power.yeo_johnson, in: s}\n",
        "c": "  w: {use: clean.winsorize, in: codes_first}\n  c: {use: clean.constant, in: w}\n",
        "e": "  e: {use: feature.expression, in: codes_first, with: {columns: {r: depth * 2}}}\n",
        "t": "  t: {use: {tune: [scale.standard, passthrough]}, in: codes_first}\n",
    }.items():
        error = told(examine(table, above + stage + OTHER % last)).get("inputs.unfit")
        if last == "c":
            assert error is None, "it may have been dropped"
            continue
        assert error is not None, last
        assert error.severity == "error"
        assert error.message == "the column 'size' has missing values that no stage fills, and 'keras' takes none"
        assert error.path == ("stages", "other", "in")
        assert error.mend == "impute.simple with columns: [size], first after the split"
    for use in ("impute.simple", "{tune: [impute.simple, passthrough]}"):
        filled = f"{above}  f: {{use: {use}, in: codes_first}}\n{OTHER % 'f'}"
        assert "inputs.unfit" not in told(examine(table, filled)), "of some trials nothing certain is known"
    assert told(examine(table)) == {}, "there the imputer fills them"


def test_gaps_in_the_test_rows_alone_are_a_warning(examine: Examine, table: pd.DataFrame) -> None:
    split = RandomSplit(RandomSplit.Params(), seed_from(0, "split.random"))
    part = split.split(Dataset.make(table, dict.fromkeys(table, "feature"), dict.fromkeys(table, "numeric")))
    table.loc[part == TEST, "size"] = np.nan
    above = "  codes_first: {use: encode.ordinal, in: split}\n  s: {use: scale.standard, in: codes_first}\n"
    finding = told(examine(table, above + OTHER % "s"))["gaps.unfilled"]
    assert finding.severity == "warning"
    assert finding.message == "the column 'size' has missing values in the test rows (up to 100) that no stage fills"


@pytest.mark.parametrize(
    ("values", "kind", "mend"),
    [
        (["n", "s", "e"], "categorical", "encode.ordinal or encode.one_hot with columns: [extra] above this stage, or"),
        (pd.to_datetime(["2020-01-01", "2021-05-05", "2022-09-09"]), "datetime", "data: {roles: {ignore: [extra]}}"),
        (["some words on row %d, none of them of any use to a network that multiplies"], "text", "data: {roles:"),
        ([True, False], "boolean", ""),
    ],
)
@pytest.mark.parametrize(
    "between", ["", "  c: {use: clean.constant, in: split}\n", "  c: {use: impute.simple, in: split}\n"]
)
def test_a_column_that_the_learner_cannot_take(
    examine: Examine, table: pd.DataFrame, values: list[Any], kind: str, mend: str, between: str
) -> None:
    rows = [values[i % len(values)] for i in range(len(table))]
    extra = [value % place if isinstance(value, str) and "%" in value else value for place, value in enumerate(rows)]
    mixed = table.drop(columns="town").assign(extra=extra)
    found = told(examine(mixed, between + OTHER % ("c" if between else "split"))).get("inputs.unfit")
    if not mend:
        assert found is None
    else:
        assert found is not None
        assert found.severity == "error"
        assert found.message.startswith(f"the column 'extra' is {kind}, and reaches 'keras', which takes boolean and")
        assert found.mend is not None
        assert found.mend.startswith(mend)


@pytest.mark.parametrize("name", ["adult_income", "california_housing"])
def test_the_shipped_pipelines_raise_no_alarm(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    declaration = load(f"pipelines/{name}.yaml", registry)
    assert told(examine_data(Values(declaration, registry, Store(tmp_path / "store"), lambda _: ()))) == {}

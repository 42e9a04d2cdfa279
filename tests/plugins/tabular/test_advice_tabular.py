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
from automl.pipeline_file import load, loads
from automl.plan.values import Values
from automl.plugins import Registry
from automl.store import Store

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
            "price": size * 2 + draw.normal(0, 30, n),
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
    stages = "  scaled_first: {use: scale.standard, in: split}\n"
    stages += "  ratio: {use: feature.expression, in: scaled_first, with: {columns: {r: siz / depth, t: town * 2}}}\n"
    errors = examine(table, stages, "ratio").errors
    assert [error.name for error in errors] == ["feature.expression.unknown_column"] * 2
    assert errors[0].message == "r = siz / depth: there is no numeric column 'siz' among the selected ones"
    assert errors[0].path == ("stages", "ratio", "with", "columns", "r")
    assert errors[0].mend == "did you mean 'size'?"


def test_a_column_that_an_expression_or_an_indicator_makes_is_known_below(
    examine: Examine, table: pd.DataFrame
) -> None:
    table.loc[:20, "size"] = np.nan
    stages = "  fill: {use: impute.simple, in: split, columns: numeric, with: {indicator: true}}\n"
    stages += "  ratio: {use: feature.expression, in: fill, with: {columns: {r: size / depth}}}\n"
    stages += "  more: {use: feature.expression, in: ratio, with: {columns: {s: r + size_missing}}}\n"
    stages += "  shape: {use: power.yeo_johnson, in: more, columns: [%s]}\n"
    assert told(examine(table, stages % "r, s, size_missing", "shape")) == {}
    error = told(examine(table, stages % "ratio", "shape"))["columns.unknown"]
    assert error.severity == "error", "every stage above says what it makes"
    assert "there is no column 'ratio' here" in error.message


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


def test_more_folds_than_rows_are_refused(examine: Examine, table: pd.DataFrame) -> None:
    split = "  split: {use: split.kfold, in: data, with: {folds: 50, stratified: false}}\n"
    error = told(examine(table.head(40), split))["data.refused"]
    assert "cannot make 50 folds" in error.message
    assert error.path == ("stages", "split")


def test_hundreds_of_levels_under_one_hot(examine: Examine, table: pd.DataFrame) -> None:
    wide = pd.concat([table] * 2, ignore_index=True)
    wide["price"] += np.random.default_rng(1).normal(size=len(wide))
    wide["street"] = [f"street {i % 450}" for i in range(len(wide))]
    stage = "  hot: {use: encode.one_hot, in: split, columns: categorical%s}\n"
    finding = told(examine(wide, stage % "", "hot"))["encode.one_hot.many_levels"]
    assert finding.message.startswith("column 'street' has 3")
    assert told(examine(wide, stage % ", with: {max_categories: 30}", "hot")) == {}


def test_gaps_that_no_stage_fills(examine: Examine, table: pd.DataFrame) -> None:
    table.loc[::5, "size"] = np.nan
    end = "  s: {use: scale.standard, in: split}\n"
    end += "  other: {use: search.network, in: s, with: {budget: {trials: 1}, space: {width: 32}}}\n"
    finding = told(examine(table, end))["gaps.unfilled"]
    assert "up to 100 of 500 rows" in finding.message
    assert finding.path == ("stages", "other", "in")
    assert "gaps.unfilled" not in told(examine(table)), "there the imputer fills them"


@pytest.mark.parametrize("name", ["adult_income", "california_housing"])
def test_the_shipped_pipelines_raise_no_alarm(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(Path(__file__).parents[3])
    declaration = load(f"pipelines/{name}.yaml", registry)
    assert told(examine_data(Values(declaration, registry, Store(tmp_path / "store"), lambda _: ()))) == {}

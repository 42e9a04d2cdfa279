"""What is told before anything runs: a disk that is too small, and what changed in the data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from toy_runs import PIPELINE

from automl.errors import StoreError


def test_a_run_that_no_disk_holds_is_refused_and_leaves_nothing(run_toys, tmp_path: Path) -> None:
    text = PIPELINE.replace("{use: toy.table, target: y}", "{use: trouble.endless, target: y}")
    with pytest.raises(StoreError, match=r"this run writes at least 260.0 TB .* mend: automl cache gc"):
        run_toys(text=text)
    assert not list((tmp_path / "work").glob("runs/*"))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_plan_says_how_many_rows_were_added(run_toys, forecast_toys, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"

    def write(rows: int) -> None:
        frame = pd.DataFrame({"x": range(rows), "z": 1.5, "colour": ["red", "blue"] * (rows // 2), "y": range(rows)})
        frame.astype({"y": "float64"}).to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)

    text = PIPELINE.replace("{use: toy.table, target: y}", f"{{path: {path}, target: y}}")
    write(100)
    run_toys(text=text)
    write(412)
    assert forecast_toys(text=text)["data"].reason == "the data changed: 312 rows added"
    write(60)
    assert forecast_toys(text=text)["data"].reason == "the data changed: 40 rows fewer"


def test_a_plan_knows_what_stages_cost_the_last_time(run_toys, forecast_toys) -> None:
    assert forecast_toys()["search"].seconds is None
    run_toys()
    forecasts = forecast_toys("stages.filled.with.plus=1")
    assert all(forecasts[name].seconds > 0 for name in ("filled", "codes", "search", "evaluate"))

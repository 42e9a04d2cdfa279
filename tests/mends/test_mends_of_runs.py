"""Mends that only a run finds out, or a program: typed, and run again."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from mended_files import TABLE
from mended_rows import YAML_SAFE, lay, piece
from printed import check_tied
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

from automl import Pipeline
from automl.errors import AutoMLError

HOUSES = """
data: {path: houses.csv, target: price}
stages:
  split: {use: split.random, with: {test: 0.2, valid: 0.2}}
  filled: {use: impute.simple, columns: numeric}
  codes: {use: encode.one_hot, columns: [city]}
  search: {with: {budget: {trials: 1, epochs: 2}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = enter_toy_folder(tmp_path, monkeypatch)
    (folder / "houses.csv").write_text(TABLE)
    return folder


def document(change: dict[str, Any]) -> dict[str, Any]:
    """The toys' pipeline over the table of houses, with this laid over it."""
    made: dict[str, Any] = YAML_SAFE.load(PIPELINE)
    del made["data"]["use"]
    lay(made, YAML_SAFE.load(HOUSES))
    lay(made, change)
    return made


def run(made: dict[str, Any], *words: str) -> tuple[int, str]:
    with Path("houses.yaml").open("w") as file:
        YAML_SAFE.dump(made, file)
    done = automl("run", "houses.yaml", *words)
    return done.exit_code, done.output


def mend_of(name: str, said: str, says: str) -> str:
    assert says in said, said
    check_tied(f"runs: {name}", said)
    return " ".join(said.split(says, 1)[1].split("mend: ", 1)[1].split())


def test_the_file_by_itself_is_right() -> None:
    assert run(document({}))[0] == 0


def test_a_value_to_fill_with_that_is_for_other_columns() -> None:
    filled = {"stages": {"filled": {"columns": ["age", "city"], "with": {"strategy": "constant", "fill_value": 3}}}}
    code, said = run(document(filled))
    mend = mend_of("a value to fill with", said, "cannot be filled with 3")
    filled["stages"]["filled"]["columns"] = piece(mend, "columns")
    assert (code, run(document(filled))[0]) == (1, 0)


def test_an_order_that_leaves_levels_out() -> None:
    codes: dict[str, Any] = {"use": "encode.ordinal", "with": {"order": {"city": ["b"]}}}
    code, said = run(document({"stages": {"codes": codes}}))
    codes["with"]["order"] = piece(mend_of("an order of levels", said, "leaves out"), "order")
    assert (code, run(document({"stages": {"codes": codes}}))[0]) == (1, 0)


def test_a_search_to_learn_from_that_had_other_data() -> None:
    assert run(document({}))[0] == 0
    (earlier,) = Path(".automl/runs").iterdir()
    warm = {"seed": 9, "stages": {"search": {"with": {"warm_start": earlier.name}}}}
    code, said = run(document(warm))
    assert "remove 'warm_start'" in mend_of("other data to learn from", said, "cannot be learned from")
    assert (code, run(document({"seed": 9}))[0]) == (1, 0)


def test_a_split_without_test_rows() -> None:
    split = {"stages": {"split": {"with": {"test": 0}}}}
    code, said = run(document(split))
    mend = mend_of("no test rows", said, "there are no test rows")
    mended = document(split)
    lay(mended["stages"], piece(mend, "stages"))
    assert (code, run(mended)[0]) == (1, 0)


def test_a_grid_of_ranges_without_an_end() -> None:
    tuner = {"stages": {"search": {"with": {"tuner": "grid"}}}}
    code, said = run(document(tuner))
    lay(tuner["stages"]["search"], {"with": {"tuner": piece(mend_of("a grid of ranges", said, "grid: "), "tuner")}})
    assert (code, run(document(tuner))[0]) == (2, 0)


def test_a_model_that_takes_more_memory_than_is_allowed() -> None:
    assert run(document({}))[0] == 0
    done = automl("predict", "last", "houses.csv", "--most-bytes", "4000")
    mend = mend_of("a large model", done.output, "are allowed")
    allowed = re.match(r"if you trust who made it, allow more: (--most-bytes \d+)", mend)
    assert allowed, mend
    assert automl("predict", "last", "houses.csv", *allowed[1].split()).exit_code == 0


def test_rows_to_predict_that_write_numbers_otherwise() -> None:
    assert run(document({}))[0] == 0
    Path("new.csv").write_text('age,rooms,city\n"3,5",1,a\n')
    done = automl("predict", "last", "new.csv")
    mend = mend_of("numbers to predict from", done.output, "where a number")
    typed = shlex.split(mend[mend.index("--with") : mend.index(" or data:")])
    assert (done.exit_code, automl("predict", "last", "new.csv", *typed).exit_code) == (1, 0)


def checked(**data: Any) -> None:
    made = Pipeline("houses", target="price", **data).stage("split", "split.random", after="data")
    made.stage("search", "search.network", after="split", with_={"network": "toy.net", "budget": {"trials": 1}}).check()


def told(name: str, says: str, **data: Any) -> str:
    with pytest.raises(AutoMLError) as caught:
        checked(**data)
    return mend_of(name, str(caught.value), says)


def test_a_frame_whose_index_is_a_column_too() -> None:
    frame = pd.read_csv("houses.csv")
    frame.index = pd.Index(range(100, 140), name="age")
    mend = told("an index that is a column", "called 'age'", data=frame)
    for code in re.findall(r"frame\.\w+\([^)]*\)", mend.replace("'other'", "'older'")):
        checked(data=eval(code, {"frame": frame}))


def test_a_frame_with_values_that_no_table_has() -> None:
    frame = pd.read_csv("houses.csv").assign(odd=[object() for _ in range(40)])
    code = re.search(
        r"frame\.drop\(.*\)", told("values that no table has", "holds values that no table has", data=frame)
    )
    assert code
    checked(data=eval(code[0], {"frame": frame}))


def test_a_frame_is_written_before_its_pipeline_is() -> None:
    frame = pd.read_csv("houses.csv")
    with pytest.raises(AutoMLError) as caught:
        Pipeline("houses", data=frame, target="price").to_yaml()
    mend = mend_of("a frame in a file", str(caught.value), "the data is in memory")
    ((write, data),) = re.findall(r"^(frame\.\S+), and data=(\S+)$", mend)
    eval(write, {"frame": frame})
    assert "rows.parquet" in Pipeline("houses", data=eval(data), target="price").to_yaml()

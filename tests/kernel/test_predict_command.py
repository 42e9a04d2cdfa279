"""``automl predict``: the same kind of file is read without a word, and what is odd about the rows is said."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

WITH = 'with: {separator: ";", decimal: ","}'
STAGES = PIPELINE.replace("{use: toy.dummies, in: filled}", "{use: encode.one_hot, in: filled}")


def table(rows: int = 90) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    x, z = draw.normal(size=rows).round(3), draw.normal(size=rows).round(2)
    colour = draw.choice(["red", "green", "blue"], size=rows)
    return pd.DataFrame({"x": x, "z": z, "colour": colour, "y": (3 * x + (colour == "red")).round(3)})


def write_pipeline(folder: Path, data: str) -> None:
    (folder / "toys.yaml").write_text(STAGES.replace("data: {use: toy.table, target: y}", f"data: {data}"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on a file with semicolons and decimal commas, and new rows in several forms."""
    with pytest.MonkeyPatch.context() as patch:
        folder = enter_toy_folder(tmp_path_factory.mktemp("trained"), patch)
        table().to_csv("train.csv", index=False, sep=";", decimal=",")
        write_pipeline(folder, f"{{path: train.csv, {WITH}, target: y}}")
        done = automl("run", "toys.yaml")
        assert done.exit_code == 0, done.output
        new = table(12).drop(columns="y")
        new.to_csv("new.csv", index=False, sep=";", decimal=",")
        new.to_csv("new.csv.gz", index=False, sep=";", decimal=",")
        new.to_csv("plain.csv", index=False)
        new.to_csv("new.tsv", index=False, sep="\t")
        new.to_parquet("new.parquet", index=False)
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all that for each test, as its working folder."""
    folder = enter_toy_folder(tmp_path, monkeypatch)
    shutil.copytree(trained, folder, dirs_exist_ok=True)
    return folder


def predicted(*arguments: str, model: str = "last") -> pd.Series:
    result = automl("predict", model, *arguments, "-o", "out.parquet")
    assert result.exit_code == 0, result.output
    return pd.read_parquet("out.parquet")["prediction"]


def test_the_same_kind_of_file_is_read_as_the_training_table_was(folder: Path) -> None:
    quiet = automl("predict", "last", "new.csv")
    assert (quiet.exit_code, quiet.stderr) == (0, "")
    right = predicted("new.parquet")
    for arguments in (
        ["new.csv"],
        ["new.csv.gz"],
        ["plain.csv", "--with", "separator=,", "--with", "decimal=."],
        ["new.tsv"],
    ):
        np.testing.assert_array_equal(predicted(*arguments), right, err_msg=str(arguments))


def test_a_file_of_another_form_is_refused_with_options_that_work(folder: Path) -> None:
    table(12).to_csv("bars.csv", index=False, sep="|", decimal=",")
    refused = automl("predict", "last", "bars.csv")
    assert refused.exit_code == 1
    assert "mend: --with 'separator=|'" in refused.stderr
    np.testing.assert_array_equal(predicted("bars.csv", "--with", "separator=|"), predicted("new.csv"))
    wrong = automl("predict", "last", "bars.csv", "--with", "seperator=|")
    assert (wrong.exit_code, "did you mean 'separator'?" in wrong.stderr) == (2, True)
    assert automl("predict", "last", "bars.csv", "--with", "separator").exit_code == 2


def test_a_model_of_a_parquet_table_reads_text_files_by_their_defaults(folder: Path) -> None:
    table().to_parquet("train.parquet", index=False)
    write_pipeline(folder, "{path: train.parquet, target: y}")
    assert automl("run", "toys.yaml").exit_code == 0
    right = predicted("new.parquet")
    np.testing.assert_array_equal(predicted("plain.csv"), right)
    np.testing.assert_array_equal(predicted("new.csv", "--with", "separator=;", "--with", "decimal=,"), right)
    refused = automl("predict", "last", "new.csv")
    assert refused.exit_code == 1
    assert "mend: --with 'separator=;' --with decimal=," in refused.stderr


def test_a_model_holds_no_path_of_its_table(folder: Path) -> None:
    (bundle,) = folder.glob(".automl/runs/*/model.automl")
    assert b"train.csv" not in bundle.read_bytes()


def test_a_model_is_found_by_what_runs_are_called(folder: Path) -> None:
    (run,) = (folder / ".automl" / "runs").iterdir()
    right = predicted("new.csv")
    for name in (run.name, run.name[:15], str(run), f".automl/runs/{run.name}", str(run / "model.automl"), "last~0"):
        np.testing.assert_array_equal(predicted("new.csv", model=name), right)
    shutil.copytree(run, folder / "kept", ignore=shutil.ignore_patterns("events.jsonl"))
    np.testing.assert_array_equal(predicted("new.csv", model="kept"), right)
    for name, words in {
        "lst": "there is no run 'lst'",
        "last~1": "there is 1 run in",
        "other.automl": "there is no file other.automl",
    }.items():
        refused = automl("predict", name, "new.csv")
        assert (refused.exit_code, words in refused.stderr) == (2, True), refused.output
    shutil.copy(run / "model.automl", run / "second.model.automl")
    several = automl("predict", "last", "new.csv")
    assert (several.exit_code, "holds 2 models" in several.stderr) == (2, True)
    for bundle in run.glob("*.automl"):
        bundle.unlink()
    none = automl("predict", "last", "new.csv")
    assert (none.exit_code, "left no model" in none.stderr) == (2, True)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("out.xlsx", r"expected a name that ends in \.csv, .*\.parquet, \.pq; mend: -o out\.csv"),
        ("out", r"expected a name that ends in .*; mend: -o out\.csv"),
        ("out.csv.zip", r"expected a name that ends in"),
        ("nowhere/deep/out.csv", r"there is no folder nowhere/deep; mend: mkdir -p nowhere/deep, or write elsewhere"),
        ("new.csv/out.csv", r"new\.csv is a file and no folder; mend: name another folder"),
        ("", r"expected a file, found a folder; mend: -o predictions\.csv"),
        ("broken.csv", r"this is the table that is read, and would be lost; mend: -o predictions\.csv"),
        ("./folder.csv/../broken.csv", r"this is the table that is read, and would be lost"),
        ("link.csv", r"this is the table that is read, and would be lost"),
        ("a b.xlsx", r"mend: -o 'a b\.csv'"),
        ("~/out.csv", r"there is no folder ~; mend: mkdir -p '~'"),
        ("folder.csv", r"expected a file, found a folder; mend: -o folder\.csv/predictions\.csv"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_before_the_work(folder: Path, output: str, words: str) -> None:
    (folder / "folder.csv").mkdir()
    Path("broken.csv").write_text("x;z\n1")  # the work would fail at once
    Path("link.csv").symlink_to("broken.csv")
    before = sorted(folder.rglob("*"))
    refused = automl("predict", "last", "broken.csv", "-o", output)
    assert refused.exit_code == 2
    assert re.search(words, refused.stderr)
    assert sorted(folder.rglob("*")) == before


def test_a_place_that_refuses_to_be_written_ends_in_one_sentence(folder: Path) -> None:
    refused = automl("predict", "last", "new.csv", "-o", "/proc/predictions.csv")
    assert refused.exit_code == 1
    assert re.fullmatch(
        r"error: /proc/predictions\.csv cannot be written: .*; mend: make the folder, or choose another one\n",
        refused.stderr,
    )
    long = automl("predict", "last", "new.csv", "-o", "x" * 300 + ".csv")
    assert (long.exit_code, long.stderr.endswith("File name too long; mend: choose a shorter name\n")) == (1, True)
    assert automl("predict", "last", "new.csv", "-o", "x" * 251 + ".csv").exit_code == 0


def test_the_terminal_and_a_link_are_written_to(folder: Path) -> None:
    shown = automl("predict", "last", "new.csv", "-o", "-")
    assert (shown.exit_code, shown.stdout) == (0, automl("predict", "last", "new.csv").stdout)
    Path("link.csv").symlink_to("elsewhere.csv")
    assert automl("predict", "last", "new.csv", "-o", "link.csv").exit_code == 0
    assert (Path("link.csv").is_symlink(), Path("elsewhere.csv").read_text()) == (True, shown.stdout)


@pytest.mark.parametrize("suffix", ["csv", "CSV", "csv.gz", "tsv", "tsv.gz", "parquet", "pq"])
def test_every_extension_that_is_offered_is_written_as_what_it_says(folder: Path, suffix: str) -> None:
    result = automl("predict", "last", "new.csv", "-o", f"out.{suffix}")
    assert (result.exit_code, result.stderr) == (0, f"12 predictions written to out.{suffix}\n")
    kind = suffix.lower()
    separator = "\t" if kind.startswith("tsv") else ","
    back = (
        pd.read_parquet(f"out.{suffix}") if kind in ("parquet", "pq") else pd.read_csv(f"out.{suffix}", sep=separator)
    )
    assert len(back) == 12
    assert (Path(f"out.{suffix}").read_bytes()[:2] == b"\x1f\x8b") == kind.endswith(".gz")
    assert not list(folder.glob(".out*"))


def test_a_failure_leaves_what_was_there(folder: Path) -> None:
    Path("out.csv").write_text("mine")
    Path("bad.csv").write_text("x;z;colour\n1,5;oops;red\n")
    assert automl("predict", "last", "bad.csv", "-o", "out.csv").exit_code == 1
    assert Path("out.csv").read_text() == "mine"
    assert not list(folder.glob(".out*"))


def test_levels_that_training_did_not_have_are_counted(folder: Path) -> None:
    new = pd.read_parquet("new.parquet")
    new.loc[[0, 3, 4], "colour"] = ["mauve", "teal", "mauve"]
    new.loc[5, "colour"] = None
    new.to_parquet("odd.parquet")
    result = automl("predict", "last", "odd.parquet")
    assert result.exit_code == 0
    assert result.stderr == (
        "note: 3 cells of 'colour' hold levels that training did not have: 'mauve' (2), 'teal' (1)\n"
    )
    assert result.stdout.count("\n") == 13


def test_missing_columns_are_named_all_at_once_with_what_was_meant(folder: Path) -> None:
    pd.read_parquet("new.parquet").rename(columns={"x": "width", "colour": "color"}).to_parquet("less.parquet")
    refused = automl("predict", "last", "less.parquet", "-o", "out.csv")
    assert refused.exit_code == 1
    assert "2 columns are missing: 'x', 'colour' (did you mean 'color'?); expected 3 feature columns" in refused.stderr
    assert not Path("out.csv").exists()


def test_a_cell_is_named_by_the_place_that_the_file_shows(folder: Path) -> None:
    Path("bad.csv").write_text('\nx;z;colour\n1,5;2,5;"a\nb"\n\n1,5;oops;red\n')
    assert "column 'z': line 6 holds 'oops', where a number" in automl("predict", "last", "bad.csv").stderr
    pd.DataFrame({"x": [1, 2], "z": ["1", "oops"], "colour": "red"}).to_parquet("bad.parquet")
    assert "column 'z': row 2 holds 'oops', where a number" in automl("predict", "last", "bad.parquet").stderr


def test_the_decimal_comma_of_one_cell_is_said_for_what_it_is(folder: Path) -> None:
    Path("bad.csv").write_text("x;z;colour\n1,5;2,5;red\n1.599;1;red\n")
    refused = automl("predict", "last", "bad.csv")
    assert refused.exit_code == 1
    assert "column 'x': line 3 holds '1.599', where a number with the decimal sign ','" in refused.stderr
    assert automl("predict", "last", "bad.csv", "--with", "thousands=.").exit_code == 0

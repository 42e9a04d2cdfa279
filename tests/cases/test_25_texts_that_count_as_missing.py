"""Cells that hold "NA" are told apart from empty ones, in the target and in features; the key that is named works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

TOYS = (
    PIPELINE.replace("  goal: {use: toy.standard_target, in: codes}\n", "")
    .replace("in: goal", "in: codes")
    .replace("toy.error", "log_loss")
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return enter_toy_folder(tmp_path, monkeypatch)


def write(word: str = "NA", empty: int = 0) -> dict[str, int]:
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "country": draw.choice(["DE", "FR", word], 160).astype(object),
            "x": draw.normal(size=160),
            "ship_to": draw.choice(["EU", "AS", word], 160).astype(object),
        }
    )
    counts = {name: int((table[name] == word).sum()) for name in ("country", "ship_to")}
    rows = table.index[table["ship_to"] == "EU"][:empty]
    table.loc[rows, "ship_to"] = None
    table.to_csv("t.csv", index=False)
    return counts


def check(data: str) -> str:
    Path("p.yaml").write_text(TOYS.replace("{use: toy.table, target: y}", data))
    return automl("check", "p.yaml", "--data").output


@pytest.mark.parametrize("word", ["NA", "N/A"])
def test_the_texts_are_counted_and_the_key_keeps_them(folder: Path, word: str) -> None:
    counts = write(word, empty=4)
    told = check("{path: t.csv, target: ship_to}")
    lost = counts["ship_to"] + 4
    assert f"{lost} of 160 rows have no value of the target 'ship_to'" in told
    assert f"cells that hold a text which counts as missing: '{word}' ({counts['ship_to']})" in told
    assert f"{counts['country']} of 160 cells of the column 'country' hold a text that counts as missing" in told
    assert told.count('mend: data: {missing: [""]} if ') == 2
    kept = check('{path: t.csv, target: ship_to, missing: [""]}')
    assert "4 of 160 rows have no value of the target 'ship_to'\n" in kept
    assert "counts as missing" not in kept


def test_a_question_mark_is_told_of_where_it_costs_rows_and_is_nobodys_level(folder: Path) -> None:
    counts = write("?")
    told = check("{path: t.csv, target: ship_to}")
    assert f"cells that hold a text which counts as missing: '?' ({counts['ship_to']})" in told
    assert "'country'" not in told


def test_empty_cells_alone_are_no_texts(folder: Path) -> None:
    write("OC", empty=7)
    told = check("{path: t.csv, target: ship_to}")
    assert "7 of 160 rows have no value of the target 'ship_to'\n" in told
    assert "data: {missing" not in told


def test_a_list_of_the_persons_own_is_kept_but_for_the_text(folder: Path) -> None:
    write("none")
    told = check('{path: t.csv, target: ship_to, missing: ["", "none", "-9"]}')
    assert told.count('mend: data: {missing: ["", "-9"]} if ') == 2


def test_init_tells_of_them_and_takes_the_option(folder: Path) -> None:
    counts = write()
    told = automl("init", "t.csv", "--target", "ship_to")
    said = " ".join(told.stdout.split())
    assert "ship_to: binary" in said
    assert f"ship_to: {counts['ship_to']} cells hold a text that counts as missing: 'NA'" in said
    assert f"country: {counts['country']} cells hold a text that counts as missing: 'NA'" in said
    assert "if it is a class: --missing ''" in said
    kept = automl("init", "t.csv", "--target", "ship_to", "--missing", "", "--force")
    assert "ship_to: multiclass, 3 classes" in kept.stdout
    assert "counts as missing" not in kept.stdout
    assert "missing: ['']" in Path("t.yaml").read_text()
    assert "counts as missing" not in automl("check", "t.yaml", "--data").output


@pytest.mark.parametrize("task", ["", ", task: binary"])
def test_a_class_that_is_lost_to_such_a_text_is_named_where_only_one_is_left(folder: Path, task: str) -> None:
    pd.DataFrame({"x": np.sin(np.arange(90)), "y": ["NA", "EU", "NA"] * 30}).to_csv("t.csv", index=False)
    told = check(f"{{path: t.csv, target: y{task}}}")
    assert "the target 'y' has 1 distinct value(s) (60 cells hold a text that counts as missing: 'NA' (60))" in told
    assert 'mend: data: {missing: [""]} if that text is a class' in told
    assert "distinct value" not in check(f'{{path: t.csv, target: y{task}, missing: [""]}}')
    told = automl("init", "t.csv", "--target", "y", "-o", "made.yaml").output
    assert "mend: --missing '' if that text is a class" in told
    assert automl("init", "t.csv", "--target", "y", "--missing", "", "-o", "made.yaml").exit_code == 0

"""One rule for the exit codes of all verbs: 2 for what is typed or written wrong, 1 for work that failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, a table that is a folder, a table of names only, and a pipeline over a table that is not there."""
    with pytest.MonkeyPatch.context() as patch:
        folder = enter_toy_folder(tmp_path_factory.mktemp("codes"), patch)
        assert automl("run", "toys.yaml").exit_code == 0
        (folder / "folder.csv").mkdir()
        (folder / "names.csv").write_text("x,y\n")
        data = "data: {path: nowhere.csv, target: y}"
        (folder / "nothing.yaml").write_text(PIPELINE.replace("data: {use: toy.table, target: y}", data))
    return folder


@pytest.fixture(autouse=True)
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter_toy_folder(tmp_path, monkeypatch)
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    "words",
    [
        "init nowhere.csv --target y",
        "fit nowhere.csv --target y",
        "init folder.csv --target y",
        "init names.csv --target y",
        "check nowhere.yaml",
        "check nothing.yaml",
        "run nothing.yaml",
        "run toys.yaml --to nowhere",
        "plan nothing.yaml --to split",
        "predict last nowhere.csv",
        "predict last folder.csv",
        "predict nobody nowhere.csv",
        "predict nobody.automl nowhere.csv",
        "runs show nobody",
        "diff nobody last",
        "track sync nobody",
        "graph nowhere.yaml",
        "plugins show nobody",
        "plugins test nobody",
    ],
)
def test_what_a_call_names_and_is_not_there_is_the_calls_mistake(words: str) -> None:
    done = automl(*words.split())
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output


def test_rows_that_cannot_be_predicted_are_work_that_failed() -> None:
    Path("odd.csv").write_text("a\n1\n")
    assert automl("predict", "last", "odd.csv").exit_code == 1


@pytest.mark.parametrize("verb", ["init", "check"])
def test_a_table_of_names_only_is_told_as_such(verb: str) -> None:
    Path("of_names.yaml").write_text(Path("nothing.yaml").read_text().replace("nowhere", "names"))
    words = ["init", "names.csv", "--target", "y"] if verb == "init" else ["check", "of_names.yaml", "--data"]
    done = automl(*words)
    assert done.exit_code == 2
    assert "the table has 2 column names and no rows; expected rows to learn from" in done.output
    assert "distinct value" not in done.output


@pytest.mark.parametrize(
    ("given", "told"),
    [("out.json", "out.yaml"), ("out.TXT", "out.yaml"), ("it's.v2", "it's.v2.yaml"), ("houses.csv", "houses.yaml")],
)
def test_a_pipeline_is_written_as_yaml_under_a_name_that_says_so(given: str, told: str) -> None:
    Path("houses.csv").write_text("x,y\n" + "".join(f"{n * 7 % 11},{n * 1.5}\n" for n in range(40)))
    found = automl("init", "houses.csv", "--target", "y", "-o", given)
    assert found.exit_code == 2
    assert "a pipeline file is written as YAML" in found.output
    assert automl("init", "houses.csv", "--target", "y", "-o", told, "--force").exit_code == 0
    assert automl("check", told).exit_code == 0
    assert Path("houses.csv").read_text().startswith("x,y")

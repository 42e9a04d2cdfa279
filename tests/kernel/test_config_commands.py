"""``config show``, ``describe`` and ``schema`` through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from distributions import write_metadata
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from toy_folder import automl, enter_toy_folder

MINE = """
extends: toys.yaml
name: mine
vars: {plus: 0.5}
stages:
  filled: {with: {plus: "${vars.plus}"}}
  search: {with: {tuner: {use: vault.search, with: {token: "${env:VAULT_TOKEN}"}}}}
track: [{use: vault.log, with: {password: "${env:VAULT_PASSWORD}"}}]
profiles:
  smoke: {stages.search.with.budget: {trials: 2, epochs: "${env:EPOCHS:-4}"}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with ``mine.yaml``, which extends ``toys.yaml`` and takes two secrets from the environment."""
    found = enter_toy_folder(tmp_path, monkeypatch)
    write_metadata(tmp_path / "site", "automl-vault", "2.0", {"vault": "toy_vault"})
    monkeypatch.setenv("VAULT_TOKEN", "hunter2")
    monkeypatch.setenv("VAULT_PASSWORD", "swordfish")
    (found / "mine.yaml").write_text(MINE)
    return found


def show(*arguments: str) -> Result:
    result = automl("config", "show", "mine.yaml", "--profile", "smoke", *arguments)
    assert result.exit_code == 0, result.output
    return result


def origins(*arguments: str) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in json.loads(show("--json", *arguments).stdout)}


def test_show_prints_the_file_that_is_in_force(folder: Path) -> None:
    shown = YAML(typ="safe", pure=True).load(show("--set", "seed=9").stdout)
    assert (shown["name"], shown["seed"], shown["stages"]["filled"]["with"]["plus"]) == ("mine", 9, 0.5)
    assert shown["stages"]["search"]["with"]["budget"] == {"trials": 2, "epochs": 4}
    assert shown["track"] == [{"use": "vault.log", "with": {"password": "***"}}]
    assert shown["stages"]["search"]["with"]["tuner"]["with"] == {"token": "***"}
    assert not {"vars", "profiles", "extends"} & set(shown)


def test_origin_tells_where_each_value_comes_from(folder: Path) -> None:
    lines = show("--origin", "--set", "seed=9").stdout.splitlines()
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert rows["name"].split() == ["mine", "mine.yaml:3"]
    assert rows["seed"].split() == ["9", "--set", "seed=9"]
    assert rows["data.target"].split() == ["y", "toys.yaml:5", "(extends)"]
    assert rows["stages.filled.with.plus"].split() == ["0.5", "mine.yaml:6,", "${vars.plus}"]
    assert rows["stages.search.with.budget.trials"].split() == ["2", "mine.yaml:10", "(profile", "smoke)"]
    assert rows["stages.search.with.budget.epochs"].endswith("mine.yaml:10 (profile smoke), ${env:EPOCHS:-4}")
    assert rows["stages.filled.with.strategy"].endswith("default of toy.fill (automl-toys 1.0)")
    assert rows["track[0].with.level"].endswith("default of vault.log (automl-vault 2.0)")
    assert rows["advice.strict"].endswith("default of the file format")


def test_secrets_are_hidden_wherever_they_are_shown(folder: Path) -> None:
    rows = origins()
    for key in ("track[0].with.password", "stages.search.with.tuner.with.token"):
        assert rows[key]["value"] == "***"
        assert rows[key]["reference"].startswith("${env:VAULT_")
    described = [automl("describe", "mine.yaml", key).output for key in ("track[0]", "stages.search.with.tuner.with")]
    told = "".join([*described, show().output, show("--origin").output, show("--json").output])
    assert told.count("***") == 8
    assert "hunter2" not in told
    assert "swordfish" not in told


def test_origins_as_json(folder: Path) -> None:
    rows = origins("--set", "seed=9")
    assert rows["seed"] == {"key": "seed", "value": 9, "layer": "--set", "source": "--set seed=9", "reference": None}
    assert rows["stages.filled.with.plus"]["reference"] == "${vars.plus}"
    layers = {row["layer"] for row in rows.values()}
    assert layers == {"file", "extends", "profile smoke", "--set", "default"}


def test_a_secret_of_a_tuner_changes_no_result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("mine.yaml", "--profile", "smoke", "--set", "track=[]")
    assert automl("run", *arguments).exit_code == 0
    monkeypatch.setenv("VAULT_TOKEN", "another")
    assert automl("plan", *arguments, "--check").exit_code == 0
    assert automl("plan", *arguments, "--set", "stages.search.with.tuner.with.rounds=2", "--check").exit_code == 3
    written = b"".join(file.read_bytes() for file in folder.glob(".automl/**/*") if file.is_file())
    assert b"hunter2" not in written


def test_a_tuners_secret_may_not_stand_in_the_file(folder: Path) -> None:
    result = automl("check", "mine.yaml", "--set", "stages.search.with.tuner.with.token=hunter2")
    assert result.exit_code == 2
    assert "'token' is secret" in result.stderr
    assert "hunter2" not in result.output


def test_describe_tells_all_about_a_dimension(folder: Path) -> None:
    result = automl("describe", "mine.yaml", "stages.search.with.space.rate")
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        "stages.search.with.space.rate\n"
        "  meaning     Step width.\n"
        "  read by     toy.descent\n"
        "  type        number\n"
        "  range       > 0\n"
        "  default     0.1\n"
        "  tuned over  {float: [0.01, 0.5], log: true}\n"
        "  in force    float: [0.01, 0.5]  (toys.yaml:20 (extends))\n"
        "              log: true  (toys.yaml:20 (extends))\n"
        "  a change    makes anew: search, evaluate\n"
    )


def test_describe_finds_the_only_file(folder: Path) -> None:
    key = "stages.filled.with.strategy"
    several = automl("describe", key)
    assert (several.exit_code, "this folder holds 2" in several.stderr) == (2, True)
    (folder / "mine.yaml").rename(folder / "pipeline.yaml")
    found = automl("describe", key)
    assert found.exit_code == 0, found.output
    assert "makes anew: filled, codes, goal, search, evaluate" in found.stdout
    assert "mean  (default of toy.fill (automl-toys 1.0))" in found.stdout


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("stages.filled", "One stage; here toy.fill (Fill numbers)"),
        ("stages.filled", "may hold    use: the id of a component"),
        ("stages.filled.with", "parameters of toy.fill (Fill numbers)"),
        ("stages.filled.with", "plus: Added to the value. (number)"),
        ("stages.search.with.space", "rate: Step width. (number, > 0)"),
        ("stages.search.with.budget", "epochs: The most epochs one trial trains"),
        ("stages.search.with.tuner", "What proposes trials; here vault.search (A random search that has to log in)"),
        ("run.executor", "here in_process (One thread of this process)"),
        ("run.executor", "nothing: results do not depend on it"),
        ("track[0]", "here vault.log (An observer with a password)"),
        ("data", "target: the column to predict"),
        ("data", "makes anew: data, split, filled, codes, goal, search, evaluate"),
        ("stages.evaluate.gate", "nothing: the pipeline leaves it out"),
    ],
)
def test_describe_says_what_a_section_is_for(folder: Path, key: str, told: str) -> None:
    result = automl("describe", "mine.yaml", key)
    assert result.exit_code == 0, result.output
    assert told in result.stdout


def test_describe_under_a_profile_and_a_set(folder: Path) -> None:
    call = ("describe", "mine.yaml", "stages.search.with.budget.trials")
    assert "2  (mine.yaml:10 (profile smoke))" in automl(*call, "--profile", "smoke").stdout
    change = "stages.search.with.budget.trials=7"
    assert f"7  (--set {change})" in automl(*call, "--profile", "smoke", "--set", change).stdout


def test_describe_as_json(folder: Path) -> None:
    found = json.loads(automl("describe", "mine.yaml", "stages.search.with.tuner", "--json").stdout)
    assert (found["key"], found["read_by"]) == ("stages.search.with.tuner", "search.network")
    assert [row["name"] for row in found["keys"]] == ["use", "with"]
    assert found["in_force"][0]["value"] == "vault.search"
    assert found["invalidates"] == ["search", "evaluate"]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("stages.filled.with.strategi", "did you mean 'stages.filled.with.strategy'?"),
        ("stages.fild", "did you mean 'stages.filled"),
        ("sed", "did you mean 'seed'?"),
        ("track[0].with.passwort", "did you mean 'track[0].with.password'?"),
    ],
)
def test_describe_of_an_unknown_key(folder: Path, key: str, hint: str) -> None:
    result = automl("describe", "mine.yaml", key)
    assert result.exit_code == 2
    assert f"nothing in this pipeline reads the key {key!r}; {hint}" in result.stderr


def test_schema_is_of_the_plugins_that_are_installed(folder: Path) -> None:
    schema = json.loads(automl("schema").stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$defs"]["components.toy.fill"]["properties"]["plus"]["default"] == 0.0
    document = YAML(typ="safe", pure=True).load((folder / "toys.yaml").read_text())
    assert Draft202012Validator(schema).is_valid(document)
    document["stages"]["filled"]["with"] = {"pluss": 1}
    assert not Draft202012Validator(schema).is_valid(document)


def test_schema_is_written_where_editors_look(folder: Path) -> None:
    result = automl("schema", "-o", "deep/schema.json")
    assert result.exit_code == 0
    assert result.stderr.endswith("# yaml-language-server: $schema=deep/schema.json\n")
    assert json.loads(Path("deep/schema.json").read_text()) == json.loads(automl("schema").stdout)

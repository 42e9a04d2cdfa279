"""Whatever is named and is not there: the error says what was most likely meant, or what there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from automl.cli import main
from automl.errors import PipelineFileError, PluginError, did_you_mean
from automl.pipeline_file import loads
from automl.plugins import Registry

FILE = """version: 1
data: {path: rows.csv, target: y}
stages:
  split: {use: split.random, in: data}
  scaled: {use: scale.standard, in: split}
  search: {use: search.network, in: scaled, with: {budget: {trials: 1}, space: {width: 8}}}
  evaluate: {use: evaluate.report, in: search}
profiles: {smoke: {seed: 1}}
"""
SEARCH = "stages.search.with"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "y"]).to_csv("rows.csv", index=False)
    Path("p.yaml").write_text(FILE)
    return tmp_path


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        (f"{SEARCH}.tuner=optuna.tpee", "optuna.tpe"),
        (f"{SEARCH}.tuner=tpe", "optuna.tpe"),
        (f"{SEARCH}.tuner=Hyperband", "hyperband"),
        (f"{SEARCH}.tuner={{use: ramdom}}", "random"),
        (f"{SEARCH}.tuner={{use: optuna.tpe, with: {{pruner: meidan}}}}", "median"),
        (f"{SEARCH}.tuner={{use: optuna.tpe, with: {{prunner: median}}}}", "pruner"),
        (f"{SEARCH}.network=mpl", "mlp"),
        (f"{SEARCH}.baselines=[linear]", "baseline.linear"),
        (f"{SEARCH}.baselines=[baseline.linaer]", "baseline.linear"),
        (f"{SEARCH}.objective=rmsee", "rmse"),
        (f"{SEARCH}.objective=RMSE", "rmse"),
        (f"{SEARCH}.space={{widht: 8}}", "width"),
        (f"{SEARCH}.space.activation=reluu", "relu"),
        (f"{SEARCH}.space.activation=[relu, gleu]", "gelu"),
        (f"{SEARCH}.space.initializer=he_norml", "he_normal"),
        (f"{SEARCH}.space.loss=hubr", "huber"),
        (f"{SEARCH}.space.optimizer=adamm", "adam"),
        (f"{SEARCH}.space.optimizer=[adam, admw]", "adamw"),
        (f"{SEARCH}.space.schedule=cosin", "cosine"),
        (f"{SEARCH}.start_with=[{{widht: 8}}]", "width"),
        (f"{SEARCH}.order=arival", "arrival"),
        (f"{SEARCH}.budget={{trails: 3}}", "trials"),
        ("stages.evaluate.with.metrics=[rsme]", "rmse"),
        ("stages.evaluate.gate={rmes: '<= 1'}", "rmse"),
        ("stages.scaled.use=scale.standrad", "scale.standard"),
        ("stages.scaled.use=Standard", "scale.standard"),
        ("stages.scaled.use={tune: [scale.standard, scale.minmx]}", "scale.minmax"),
        ("stages.scaled.in=spilt", "split"),
        ("stages.scaled.columns=numerc", "numeric"),
        ("stages.split.use=random", "split.random"),
        ("run.executor=locall", "local"),
        ("track=[mlfow]", "mlflow"),
        ("data.use=read.cvs", "read.csv"),
        ("data.use=csv", "read.csv"),
        ("data.task=regresion", "regression"),
        ("data.kinds={a: Numeric}", "numeric"),
        ("data.target=Y", "y"),
        ("data.path=row.csv", "rows.csv"),
        ("advice.silence=[leak.copy]", "leak.copy_of_target"),
        ("seeed=3", "seed"),
    ],
)
def test_in_a_file(folder: Path, registry: Registry, change: str, meant: str) -> None:
    with pytest.raises(PipelineFileError) as raised:
        loads(FILE, registry, sets=[change])
    assert f"did you mean {meant!r}?" in str(raised.value)


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        ("check pp.yaml", "p.yaml"),
        ("check p.yml", "p.yaml"),
        ("init rows.cvs.gz --target y", "rows.csv"),
        ("init row --target y", "rows.csv"),
        ("run p.yaml --profile smokee", "smoke"),
        ("run p.yaml --from scald", "scaled"),
        ("run p.yaml --to serch", "search"),
        ("run p.yaml --force scald", "scaled"),
        ("plan p.yaml --from Scaled", "scaled"),
        ("fit rows.csv --target y --preset quik", "quick"),
        ("init rows.csv --target Y", "y"),
        ("init rows.csv --target y --preset thorogh", "thorough"),
        ("runs show lst", "last"),
        ("diff lst last", "last"),
        ("runs shwo", "show"),
    ],
)
def test_on_the_command_line(folder: Path, call: str, meant: str) -> None:
    Path(".automl/runs/20261122-063225-p-d951").mkdir(parents=True)
    found = CliRunner().invoke(main, call.split())
    assert found.exit_code != 0
    assert f"did you mean {meant!r}?" in found.stderr.lower()


@pytest.mark.parametrize("call", ["check q.yaml", "init nope.csv --target y", "init csv --target y"])
def test_an_ending_in_common_is_no_likeness(folder: Path, call: str) -> None:
    for name in ("abalone.csv", "nine.csv"):
        Path(name).write_text("a,y\n")
    found = CliRunner().invoke(main, call.split())
    assert found.exit_code == 2
    assert "did you mean" not in found.stderr.lower()


@pytest.mark.parametrize("family", ["networks", "searchers", "learners", "metrics", "executors", "presets"])
def test_where_nothing_is_like_it_the_error_says_what_there_is(registry: Registry, family: str) -> None:
    with pytest.raises(PluginError, match=f"no 'zzzzzz' among the {family}; expected one of {registry.ids(family)[0]}"):
        registry.get(family, "zzzzzz")


def test_case_does_not_count_and_a_family_may_be_left_out() -> None:
    known = ["scale.standard", "scale.minmax", "mlp", "R2"]
    assert did_you_mean("MLP", known) == "did you mean 'mlp'?"
    assert did_you_mean("standard", known) == "did you mean 'scale.standard'?"
    assert did_you_mean("r2", known) == "did you mean 'R2'?"
    assert did_you_mean("mlp", known) is None
    assert did_you_mean("zebra", known) is None
    assert did_you_mean("scale.std", known) == "did you mean 'scale.standard'?"
    assert did_you_mean("impute.xy", ["impute.knn", "impute.simple"]) is None


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("init ../tables/row.csv --target y", None, "../tables/rows.csv"),
        ("check sub/on.yaml", "extends: basee.yaml", "base.yaml"),
        ("check sub/on.yaml", "extends: ../q/pp.yaml", "../q/p.yaml"),
        ("predict sub/modell.automl rows.csv", None, "sub/model.automl"),
    ],
)
def test_a_file_that_is_meant_is_named_as_one_would_type_it(
    folder: Path, name: str, text: str | None, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for made in ("tables", "sub", "q"):
        Path(made).mkdir()
    for made in ("tables/rows.csv", "sub/base.yaml", "q/p.yaml", "sub/model.automl"):
        Path(made).write_text(FILE)
    Path("sub/on.yaml").write_text(f"{text}\n")
    if name.startswith("init"):
        monkeypatch.chdir("tables")
    found = CliRunner().invoke(main, name.split())
    assert f"did you mean {meant!r}?" in found.stderr

"""The command line: what it prints, how it exits, and what it does not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from toy import Table
from toy_runs import PIPELINE

from automl.cli import main

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEAVY = ("tensorflow", "keras", "ray", "mlflow", "optuna", "keras_tuner", "pandas", "sklearn", "scipy", "plotly")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a pipeline of toys, which are installed as a distribution is."""
    site = tmp_path / "site" / "automl_toys-1.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Metadata-Version: 2.1\nName: automl-toys\nVersion: 1.0\n")
    toys = {"toy": "toy", "trouble": "toy_trouble", "asking": "toy_search", "odd": "toy_odd"}
    offered = "".join(f"{name} = {module}\n" for name, module in toys.items())
    (site / "entry_points.txt").write_text(f"[automl]\n{offered}")
    monkeypatch.syspath_prepend(site.parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site.parent), str(HERE)]))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    (work / "toys.yaml").write_text(PIPELINE)
    return work


@pytest.fixture
def automl(folder: Path) -> Callable[..., Result]:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return call


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "automl", *map(str, arguments)], capture_output=True, text=True)


def test_check_says_ok_and_names_the_stages(automl) -> None:
    result = automl("check", "toys.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "toys.yaml: ok, 6 stages: split, filled, codes, goal, search, evaluate\n"


def test_check_tells_all_mistakes_at_once(automl, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(PIPELINE.replace("seed: 3", "sed: 3").replace("toy.fill", "toy.fil"))
    result = automl("check", "wrong.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'seed'?" in result.stderr
    assert "did you mean 'toy.fill'?" in result.stderr
    assert result.stderr.endswith("2 problem(s) found.\n")


def test_a_file_that_is_not_there_is_a_wrong_call(automl) -> None:
    result = automl("run", "none.yaml")
    assert result.exit_code == 2
    assert "none.yaml" in result.stderr


def test_plan_before_and_after_a_run(automl) -> None:
    before = automl("plan", "toys.yaml")
    assert before.exit_code == 0
    lines = before.stdout.splitlines()
    assert lines[0].split(maxsplit=3) == ["data", "run", "toy.table", "first time"]
    stages = ("split", "filled", "codes", "goal", "search", "evaluate")
    assert [line.split()[:2] for line in lines if line.startswith(stages)] == [[name, "waits"] for name in stages]
    assert "up to 6 trials of up to 30 epochs, and 0 baselines" in before.stdout
    assert "0 combinations" not in before.stdout
    assert lines[-1] == "up to 7 of 7 stages would run"
    assert automl("plan", "toys.yaml", "--check").exit_code == 3
    assert automl("run", "toys.yaml").exit_code == 0
    after = automl("plan", "toys.yaml", "--check")
    assert after.exit_code == 0
    assert {line.split()[1] for line in after.stdout.splitlines()[:-1]} == {"unchanged"}
    assert after.stdout.splitlines()[-1] == "nothing would run"
    changed = automl("plan", "toys.yaml", "--set", "stages.filled.with.plus=1")
    line = next(line for line in changed.stdout.splitlines() if line.startswith("filled"))
    assert line.split()[1] == "run"
    assert line.endswith("filled.plus: 0.0 -> 1.0")
    assert "they took" in changed.stdout.splitlines()[-1]
    as_json = json.loads(automl("plan", "toys.yaml", "--json").stdout)
    assert {stage["state"] for stage in as_json["stages"]} == {"unchanged"}
    assert as_json["advice"] == []


def test_run_leaves_a_model_and_says_where(automl, folder: Path) -> None:
    result = automl("run", "toys.yaml")
    assert result.exit_code == 0
    (directory,) = (folder / ".automl" / "runs").iterdir()
    assert (directory / "model.automl").exists()
    assert str(Path(".automl") / "runs" / directory.name) in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ("stages.evaluate.gate={toy.error: '< 0.0'}", 3, "toy.error"),
        ("stages.evaluate.gate={toy.error: '< 1000'}", 0, ""),
        (
            "stages.filled.use=toy.refuses",
            1,
            "stages.filled: component 'toy.refuses' of plugin 'toy' (automl-toys 1.0): fit raised RuntimeError: no",
        ),
        ("stages.filled.use=toy.nothing", 2, "toy.nothing"),
        ("stages.filled.with.strategi=mean", 2, "did you mean 'strategy'?"),
    ],
)
def test_exit_codes_of_a_run(automl, change: str, code: int, message: str) -> None:
    result = automl("run", "toys.yaml", "--set", change)
    assert result.exit_code == code, result.output
    assert message in result.stdout + result.stderr
    assert "Traceback" not in result.output


def test_a_run_in_a_process_of_its_own_exits_alike(folder: Path) -> None:
    assert command("run", "toys.yaml").returncode == 0
    missed = command("run", "toys.yaml", "--set", "stages.evaluate.gate={toy.error: '< 0.0'}")
    assert missed.returncode == 3
    failed = command("run", "toys.yaml", "--set", "stages.filled.use=toy.refuses")
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    assert command("run").returncode == 2


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ""])
def test_predict_reads_and_writes_tables(automl, folder: Path, suffix: str) -> None:
    automl("run", "toys.yaml")
    (model,) = folder.glob(".automl/runs/*/model.automl")
    raw = Table(Table.Params(rows=20)).read().drop(columns="y")
    raw.to_csv("rows.csv", index=False)
    raw.to_parquet("rows.parquet")
    if suffix:
        result = automl("predict", str(model.parent), f"rows{suffix}", "-o", f"out{suffix}")
        assert result.exit_code == 0, result.output
        assert result.stderr.endswith(f"20 predictions written to out{suffix}\n")
        predicted = pd.read_csv("out.csv") if suffix == ".csv" else pd.read_parquet("out.parquet")
    else:
        result = automl("predict", str(model), "rows.csv")
        assert result.stdout.count("\n") == 21
        (folder / "printed.csv").write_text(result.stdout)
        predicted = pd.read_csv("printed.csv")
    assert list(predicted.columns) == ["prediction"]
    assert len(predicted) == 20


def test_predict_says_what_is_wrong(automl, folder: Path) -> None:
    automl("run", "toys.yaml")
    (model,) = folder.glob(".automl/runs/*/model.automl")
    pd.DataFrame({"x": [1.0], "color": ["red"], "z": [0.0]}).to_csv("rows.csv", index=False)
    missing = automl("predict", str(model), "rows.csv")
    assert missing.exit_code == 1
    assert "column 'colour' is missing" in missing.stderr
    assert "did you mean 'color'?" in missing.stderr
    assert automl("predict", str(model), "rows.docx").exit_code == 2
    model.write_bytes(model.read_bytes()[:-20])
    broken = automl("predict", str(model), "rows.csv")
    assert (broken.exit_code, "damaged" in broken.stderr) == (1, True)


def test_plugins_are_listed_and_shown(automl) -> None:
    listed = automl("plugins", "list")
    assert listed.exit_code == 0
    assert "toy.fill" in listed.stdout
    rows = json.loads(automl("plugins", "list", "--json").stdout)
    fill = next(row for row in rows if row["id"] == "toy.fill")
    assert (fill["family"], fill["plugin"], fill["version"]) == ("components", "toy", "1.0")
    shown = automl("plugins", "show", "toy.fill").stdout
    assert shown.startswith("toy.fill  (components, from toy: automl-toys 1.0)\n\nFill numbers.\n\nparameters\n")
    assert "  strategy  (text; default mean)\n      mean or median\n      tunes over [mean, median]" in shown
    unknown = automl("plugins", "show", "toy.fil")
    assert (unknown.exit_code, "did you mean 'toy.fill'?" in unknown.stderr) == (2, True)


def test_everything_that_is_offered_can_be_shown(automl, registry) -> None:
    for offer in registry.offers():
        shown = automl("plugins", "show", offer.record.id)
        assert shown.exit_code == 0, shown.output
        assert offer.record.id in shown.stdout


def test_a_plugin_can_be_left_out(automl) -> None:
    result = automl("--no-plugins=toy", "check", "toys.yaml")
    assert result.exit_code == 2
    assert "toy.table" in result.stderr


def test_a_broken_plugin_is_a_warning_and_no_more(automl, folder: Path) -> None:
    info = folder.parent / "site" / "automl_torn-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: automl-torn\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text("[automl]\ntorn = no_such_module\n")
    result = automl("check", "toys.yaml")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: plugin 'torn' (automl-torn 0.3) is set aside: ModuleNotFoundError")


def loaded(*arguments: str, cwd: Path) -> list[str]:
    """Heavy modules that a command leaves imported in its process."""
    code = (
        "import sys\nfrom automl.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit as end: assert not end.code, end.code\n"
        f"print('loaded:', *[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert loaded("--help", cwd=tmp_path) == []


@pytest.mark.parametrize("file", sorted((ROOT / "pipelines").glob("*.yaml")), ids=lambda file: file.stem)
def test_checking_a_shipped_pipeline_imports_nothing_heavy(file: Path) -> None:
    assert loaded("check", str(file.relative_to(ROOT)), cwd=ROOT) == []


def test_the_version_is_that_of_the_distribution() -> None:
    done = command("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("automl, version ")


def test_blocking_a_plugin_that_is_not_there_is_a_mistake(automl) -> None:
    wrong = automl("--no-plugins=kears", "plugins", "list")
    assert wrong.exit_code == 2
    assert "there is no plugin 'kears' to leave out; did you mean 'keras'?" in wrong.stderr

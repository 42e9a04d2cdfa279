"""``automl cache list|why|gc|verify``."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from toy_runs import TUNED

from automl.cli.commands import main
from automl.store import Store

BUDGET = "stages.search.with.budget={trials: 3, epochs: 3}"
Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, ["cache", *arguments])


@pytest.fixture
def two_runs(run_toys, call: Call) -> Call:
    """A store with a run and a newer one of the same pipeline, with a changed parameter."""
    run_toys(TUNED, BUDGET, workspace=".automl")
    run_toys(TUNED, BUDGET, "stages.split.with.test=0.3", workspace=".automl")
    return call


def listed(call: Call) -> dict[str, dict]:
    return {value["key"]: value for value in json.loads(call("list", "--json").output)}


def test_list_says_whose_each_value_is_and_why_it_is_kept(two_runs: Call) -> None:
    values = listed(two_runs)
    by_stage: dict[str, list[dict]] = {}
    for value in values.values():
        by_stage.setdefault(value["stage"], []).append(value)
    assert [len(by_stage[stage]) for stage in ("data", "split", "search", "evaluate")] == [1, 2, 2, 2]
    assert all(value["pipeline"] == "toys" for values in by_stage.values() for value in values)
    assert by_stage["data"][0]["needed_by"] == ["toys"]
    assert sorted(value["why_kept"] for value in by_stage["search"]) == [
        "no newest run needs it", "the newest run of toys stands on it",
    ]  # fmt: skip
    assert {value["why_kept"] for value in by_stage["search: training"]} == {"scratch: goes when room is needed"}
    text = two_runs("list").output.splitlines()
    assert text[0].split() == ["key", "stage", "pipeline", "size", "last", "used", "kept", "because"]
    assert len(text) == len(values) + 2
    assert text[-1].startswith(f"{len(values)} values, ")


def test_why_names_what_changed(two_runs: Call) -> None:
    done = two_runs("why", "split")
    assert "changed    split.test: 0.25 -> 0.3" in done.output
    assert "stage      toy.holdout" in done.output
    document = json.loads(two_runs("why", "search", "--json").output)
    assert document["changed"] == "an input came out different"
    assert document["before"]["inputs"] != document["recipe"]["inputs"]
    assert "changed    first time" in two_runs("why", "data").output
    key = document["key"]
    assert key in two_runs("why", key[:8]).output
    training = next(key for key, value in listed(two_runs).items() if value["stage"] == "search: training")
    assert "training   toy.descent" in two_runs("why", training).output
    unknown = two_runs("why", "nothing")
    assert unknown.exit_code == 2
    assert "no stored value is called 'nothing'; see: automl cache list" in unknown.output


def test_gc_removes_first_what_no_newest_run_needs(two_runs: Call, run_toys, tmp_path: Path) -> None:
    values = listed(two_runs)
    needed = {key for key, value in values.items() if value["needed_by"]}
    rows = {values[key]["axis"] for key in needed} - {None}
    limit = sum(values[key]["size"] for key in needed)
    limit += sum((tmp_path / ".automl" / "store" / "axis" / name).stat().st_size for name in rows)
    planned = json.loads(two_runs("gc", "--max-size", str(limit), "--dry-run", "--json").output)
    assert listed(two_runs).keys() == values.keys(), "--dry-run removes nothing"
    done = json.loads(two_runs("gc", "--max-size", str(limit), "--json").output)
    assert done == {**planned, "dry_run": False}
    assert done["after"] == limit < done["before"]
    assert listed(two_runs).keys() == values.keys() - {value["key"] for value in done["removed"]}
    assert listed(two_runs).keys() == needed
    assert two_runs("verify").exit_code == 0
    finished, _ = run_toys(TUNED, BUDGET, "stages.split.with.test=0.3", workspace=".automl")
    assert finished.executed == []
    finished, _ = run_toys(TUNED, BUDGET, workspace=".automl")
    assert "split" in finished.executed


def test_gc_leaves_whole_values_alone_down_to_nothing(two_runs: Call, run_toys, tmp_path: Path) -> None:
    total = json.loads(two_runs("gc", "--max-size", "1TB", "--dry-run", "--json").output)["before"]
    for limit in range(total, 0, -total // 8):
        done = two_runs("gc", "--max-size", str(limit))
        assert done.output.splitlines()[-1].startswith("freed ")
        assert "all is as it was written" in two_runs("verify").output
    assert two_runs("gc", "--max-size", "0").exit_code == 0
    assert listed(two_runs) == {}
    assert list((tmp_path / ".automl" / "store" / "axis").iterdir()) == []
    finished, _ = run_toys(TUNED, BUDGET, workspace=".automl")
    assert len(finished.executed) == 7


def test_verify_finds_and_repairs(two_runs: Call, tmp_path: Path, run_toys) -> None:
    assert two_runs("verify").output.endswith("values: all is as it was written\n")
    key = next(key for key, value in listed(two_runs).items() if value["stage"] == "data")
    columns = tmp_path / ".automl" / "store" / key[:2] / key / "columns.arrow"
    data = bytearray(columns.read_bytes())
    data[2000] ^= 1
    columns.write_bytes(data)
    done = two_runs("verify")
    assert done.exit_code == 1
    assert f"{columns.relative_to(tmp_path)} is not as it was written; mend: run again" in done.output
    faults = json.loads(two_runs("verify", "--json").output)["faults"]
    assert [fault["key"] for fault in faults] == [key]
    repaired = two_runs("verify", "--repair")
    assert repaired.exit_code == 0
    assert "1 damaged, removed" in repaired.output
    assert key not in listed(two_runs)
    finished, _ = run_toys(TUNED, BUDGET, "stages.split.with.test=0.3", workspace=".automl")
    assert finished.executed == ["data"]


def test_where_nothing_is_stored_the_verbs_say_so(call: Call, tmp_path: Path) -> None:
    for arguments in (["list"], ["why", "x"], ["gc", "--max-size", "5GB"], ["verify"]):
        done = call(*arguments)
        assert done.exit_code == 0
        assert "nothing is stored in .automl/store" in done.output
    assert list(tmp_path.iterdir()) == []


def test_gc_waits_for_nobody_unless_told(two_runs: Call, tmp_path: Path) -> None:
    with Store(tmp_path / ".automl" / "store").locked():
        refused = two_runs("gc", "--max-size", "5GB")
        assert refused.exit_code == 1
        assert "is in use by process" in refused.output
    locked, never = threading.Event(), threading.Event()

    def hold() -> None:
        with Store(tmp_path / ".automl" / "store").locked():
            locked.set()
            never.wait(0.5)

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    waited = two_runs("gc", "--max-size", "5GB", "--wait")
    holder.join()
    assert waited.exit_code == 0
    assert "waiting for process" in waited.output
    wrong = two_runs("gc", "--max-size", "many")
    assert wrong.exit_code == 2
    assert "expected a size such as 512MB or 2GB, found 'many'" in wrong.output


def test_help_loads_neither_pandas_nor_arrow() -> None:
    code = "import sys, automl.cli.cache_commands; assert not {'pandas', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

"""What a run leaves for later runs to be compared with: written once when it is done, read without any engine.

A run's folder, ``.automl/runs/RUN``, holds the resolved file (``pipeline.yaml``), the events (``events.jsonl``) and
``run.json``: the plugins and code versions, the data's columns with their content hashes, the scores, and where the
ledger of each search lies, which a later search may learn from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from automl.errors import StoreError, did_you_mean
from automl.search.context import EarlierSearch, EarlierTrial
from automl.search.contracts import Objective, Outcome

if TYPE_CHECKING:
    from automl.plan.values import Values

RUNS = Path(".automl/runs")
"""Where the runs of a working folder leave their folders."""

FORMAT = 1
_RECORD, _EVENTS, _FILE = "run.json", "events.jsonl", "pipeline.yaml"
_LAST = re.compile(r"last(?:~(\d+))?")

State = Literal["finished", "failed", "unfinished"]


@dataclass(frozen=True)
class DataColumn:
    """A column as the reader gave it. ``fingerprint`` hashes its values and row ids."""

    role: str
    kind: str
    fingerprint: str


@dataclass(frozen=True)
class Data:
    """The data of a run, before the split. ``rows`` have a target."""

    rows: int
    columns: Mapping[str, DataColumn]


@dataclass(frozen=True)
class Score:
    """``greater_is_better`` is None for a number that is no registered metric."""

    value: float
    greater_is_better: bool | None = None


@dataclass(frozen=True)
class Run:
    """A run as it lies in its folder.

    Attributes:
        id: the folder's name; names sort by time.
        directory: the folder.
        pipeline: the pipeline's name.
        state: ``unfinished`` if it goes on, or was killed.
        started: Unix time; None if not even its beginning was told.
        seconds: how long it took; None if it did not end.
        error: why it failed.
        file: the resolved pipeline file, as YAML.
        plugins: distribution and version by plugin.
        code: the code version of each stage's component, engines included.
        data: None if the run ended before the data was read.
        scores: test scores, ``{"rmse": ...}``, and each search's validation score; a name is prefixed by its stage
            where several stages give scores.
        executed: the stages that executed; the others were found in the store.
        gates_missed: sentences.
    """

    id: str
    directory: Path
    pipeline: str = ""
    state: State = "unfinished"
    started: float | None = None
    seconds: float | None = None
    error: str = ""
    file: str = ""
    plugins: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    data: Data | None = None
    scores: Mapping[str, Score] = field(default_factory=dict)
    executed: Sequence[str] = ()
    gates_missed: Sequence[str] = ()


def write_record(directory: Path, values: Values, reached: Sequence[str]) -> None:
    """Write ``run.json`` of a run that reached these stages."""
    record: dict[str, Any] = {
        "format": FORMAT,
        "plugins": values.registry.lock(),
        "code": {},
        "data": None,
        "scores": {},
        "searches": {},
    }
    kinds = [node.kind for node in values.graph.nodes.values()]
    for name, node in values.graph.nodes.items():
        entry = None if name not in reached or values.graph.free(name) else values.peek(name, {})
        if entry is None:
            continue
        record["code"][name] = entry.record["recipe"]["code"]
        prefix = f"{name}." if kinds.count(node.kind) > 1 else ""
        if node.kind == "read":
            columns = {column: [role, kind, fp] for column, role, kind, fp, _ in entry.record["data"]["columns"]}
            record["data"] = {"rows": entry.record["summary"]["rows"], "columns": columns}
        elif node.kind == "model":
            record["scores"] |= _test_scores(values, entry.state["metrics"], prefix)
        elif node.kind == "search":
            winner = next(trial for trial in entry.state["trials"] if trial["name"] == entry.state["winner"])
            name_of_score = f"{prefix}validation {entry.state['objective']}"
            record["scores"][name_of_score] = [winner["score"], entry.state["greater_is_better"]]
            about = {key: entry.state[key] for key in ("objective", "greater_is_better", "upstream")}
            record["searches"][name] = {**about, "ledger": ledger_name(prefix)}
    (directory / _RECORD).write_text(json.dumps(record, indent=1))


def earlier_search(name: str, stage: str, root: Path) -> EarlierSearch:
    """What the search stage ``stage`` of a run found; of a run with one search that one, whatever its name.

    Raises:
        StoreError: there is no such run, or it left no search.
    """
    run = find_run(name, root)
    file = run.directory / _RECORD
    searches = json.loads(file.read_text()).get("searches", {}) if file.exists() else {}
    found = next(iter(searches.values())) if len(searches) == 1 else searches.get(stage)
    if found is None:
        raise StoreError(
            f"run {run.id} left no search to learn from (state: {run.state}, searches: "
            f"{', '.join(searches) or 'none'}); mend: name another run, see: automl runs list"
        )
    lines = (run.directory / found["ledger"]).read_text(encoding="utf-8").splitlines()
    trials = [trial for trial in map(json.loads, lines) if trial["number"] > 0]
    return EarlierSearch(
        name=f"run {run.id}",
        objective=Objective(found["objective"], found["greater_is_better"]),
        upstream=found["upstream"],
        trials=[EarlierTrial(trial["parameters"], trial["bindings"], _outcome(trial)) for trial in trials],
    )


def _outcome(trial: Mapping[str, Any]) -> Outcome:
    return Outcome(trial["score"], trial["epochs"], trial["error"], trial["status"] == "pruned", trial["excess"])


def ledger_name(prefix: str) -> str:
    """The file in a run's folder that holds a search's trials, one line of JSON each."""
    return f"{prefix}ledger.jsonl"


def _test_scores(values: Values, metrics: Mapping[str, float], prefix: str) -> dict[str, Any]:
    known = values.registry.ids("metrics")
    return {
        f"{prefix}{metric}": [
            value,
            values.registry.get("metrics", metric).greater_is_better if metric in known else None,
        ]
        for metric, value in metrics.items()
    }


def read_run(directory: Path) -> Run:
    """The run in this folder; what is not there is left empty, for a run may have been killed at any moment."""
    told: dict[str, Any] = {}
    for event in _run_events(directory / _EVENTS):
        match event["event"]:
            case "run_started":
                told |= {"pipeline": event["pipeline"], "started": event["at"]}
            case "run_finished":
                kept = {name: event[name] for name in ("seconds", "executed", "gates_missed")}
                told |= {"state": "finished", **kept}
            case "run_failed":
                told |= {"state": "failed", "error": event["error"], "seconds": event["seconds"]}
    file = directory / _FILE
    told["file"] = file.read_text() if file.exists() else ""
    record = directory / _RECORD
    if record.exists():
        told |= _recorded(json.loads(record.read_text()))
    return Run(directory.name, directory, **told)


def _run_events(path: Path) -> list[dict[str, Any]]:
    """The events of the run itself. A last line that was cut short by a kill is no event."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.startswith('{"event": "run_') and line.endswith("}\n")]


def _recorded(record: Mapping[str, Any]) -> dict[str, Any]:
    data = record["data"]
    return {
        "plugins": record["plugins"],
        "code": record["code"],
        "data": data and Data(data["rows"], {name: DataColumn(*column) for name, column in data["columns"].items()}),
        "scores": {name: Score(*score) for name, score in record["scores"].items()},
    }


def list_runs(root: Path = RUNS) -> list[Run]:
    """All runs, the oldest first."""
    return [read_run(folder) for folder in _folders(root)]


def find_run(name: str, root: Path = RUNS) -> Run:
    """The run that is meant by a folder, an id or the beginning of one, ``last`` or ``last~1`` (the one before it).

    Raises:
        StoreError: none is meant, or several are; says which there are.
    """
    if (Path(name) / _EVENTS).exists():
        return read_run(Path(name))
    folders = _folders(root)
    if back := _LAST.fullmatch(name):
        place = int(back[1] or 0)
        if place >= len(folders):
            raise StoreError(f"{name}: there are {len(folders)} runs in {root}")
        return read_run(folders[-1 - place])
    meant = [folder for folder in folders if folder.name.startswith(name)]
    exact = [folder for folder in meant if folder.name == name]
    if len(exact or meant) == 1:
        return read_run((exact or meant)[0])
    if meant:
        raise StoreError(f"{name}: {len(meant)} runs begin so: {', '.join(folder.name for folder in meant[-5:])}")
    hint = did_you_mean(name, [folder.name for folder in folders])
    raise StoreError(
        f"there is no run {name!r} in {root}; expected a folder, the beginning of an id, last or last~1"
        f"{f'; {hint}' if hint else ''}; see: automl runs list"
    )


def _folders(root: Path) -> list[Path]:
    """The oldest first: by the second in front of the pipeline's name, and its fraction behind it."""
    folders = [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []
    return sorted(folders, key=lambda folder: (folder.name[:15], folder.name[-4:], folder.name))

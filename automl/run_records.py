"""What a run leaves for later runs to be compared with: written once when it is done, read without any engine.

A run's folder, ``.automl/runs/RUN``, holds the resolved file (``pipeline.yaml``), the events (``events.jsonl``) and
``run.json``: the plugins and code versions, the data's columns with their content hashes, the scores, and where the
ledger of each search lies, which a later search may learn from.
"""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from automl.errors import NoSuchRunError, StoreError, did_you_mean
from automl.search.context import EarlierSearch, EarlierTrial
from automl.search.contracts import Objective, Outcome
from automl.writing import write_text

if TYPE_CHECKING:
    from automl.model import TrialRecord
    from automl.plan.values import Values

RUNS = Path(".automl/runs")
"""Where the runs of a working folder leave their folders."""

FORMAT = 1
_RECORD, _EVENTS, _FILE = "run.json", "events.jsonl", "pipeline.yaml"
_LAST = re.compile(r"last(?:~(\d+))?")

_UNREADABLE = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading a damaged file may raise: no text, no JSON, other types, numbers out of range, nested without end."""

State = Literal["finished", "failed", "interrupted", "unfinished", "damaged"]


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

    @property
    def features(self) -> int:
        """The columns to learn from, as every other count of columns has it."""
        return sum(column.role == "feature" for column in self.columns.values())


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
        state: ``interrupted`` by Ctrl-C or SIGTERM; ``unfinished`` if it goes on, or was killed; ``damaged`` if a file
            of it cannot be read: then the rest is what the other files tell.
        started: Unix time; None if not even its beginning was told.
        seconds: how long it took; None if it did not end.
        error: why it failed, by what it was interrupted, or which file is damaged.
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


def write_record(directory: Path, values: Values, reached: Sequence[str], *, state: State = "finished") -> None:
    """Write ``run.json`` of a run that reached these stages. Raises OutputError."""
    record: dict[str, Any] = {
        "format": FORMAT,
        "state": state,
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
    write_text(directory / _RECORD, json.dumps(record, indent=1))


def write_ledger(path: Path, trials: Sequence[TrialRecord]) -> None:
    """Write the trials of a search, one line of JSON each. Raises OutputError."""
    write_text(path, "".join(json.dumps(trial.to_state()) + "\n" for trial in trials))


def earlier_search(name: str, stage: str, root: Path) -> EarlierSearch:
    """What the search stage ``stage`` of a run found; of a run with one search that one, whatever its name.

    Raises:
        StoreError: there is no such run, or it left no search.
    """
    run = find_run(name, root)
    try:
        file = run.directory / _RECORD
        searches = json.loads(file.read_text(encoding="utf-8"))["searches"] if file.exists() else {}
        found = next(iter(searches.values())) if len(searches) == 1 else searches.get(stage)
        lines = [] if found is None else (run.directory / found["ledger"]).read_text(encoding="utf-8").splitlines()
        told = [trial for trial in map(json.loads, lines) if trial["number"] > 0]
        trials = [EarlierTrial(dict(trial["parameters"]), dict(trial["bindings"]), _outcome(trial)) for trial in told]
        search = found and EarlierSearch(
            name=f"run {run.id}",
            objective=Objective(str(found["objective"]), bool(found["greater_is_better"])),
            upstream=str(found["upstream"]),
            trials=trials,
        )
    except _UNREADABLE as error:
        raise StoreError(
            f"run {run.id} cannot be learned from, a file of it is damaged ({type(error).__name__}: {error}); "
            "mend: name another run, see: automl runs list"
        ) from error
    if not search:
        raise StoreError(
            f"run {run.id} left no search to learn from (state: {run.state}, searches: "
            f"{', '.join(searches) or 'none'}); mend: name another run, see: automl runs list"
        )
    return search


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
    damaged: list[str] = []
    for name, take in ((_EVENTS, _told_by_events), (_FILE, _file_text), (_RECORD, _recorded)):
        try:
            found = take((directory / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except _UNREADABLE as error:
            damaged.append(f"{name} cannot be read ({type(error).__name__}: {error})")
        else:
            told = {**found, **told}  # the log is written as things happen: it tells best how the run ended
    if damaged:
        told |= {"state": "damaged", "error": "; ".join(damaged)}
    return Run(directory.name, directory, **told)


def _told_by_events(text: str) -> dict[str, Any]:
    """What the events of the run itself tell. A line that was cut short by a kill or a full disk is no event."""
    told: dict[str, Any] = {}
    for line in text.splitlines():
        if not (line.startswith('{"event": "run_') and line.endswith("}")):
            continue
        event = json.loads(line)
        match event["event"]:
            case "run_started":
                told |= {"pipeline": str(event["pipeline"]), "started": _moment(event["at"])}
            case "run_finished":
                kept = {name: _texts(event[name]) for name in ("executed", "gates_missed")}
                told |= {"state": "finished", "seconds": _seconds(event["seconds"]), **kept}
            case "run_failed":
                told |= {"state": "failed", "error": str(event["error"]), "seconds": _seconds(event["seconds"])}
            case "run_interrupted":
                told |= {"state": "interrupted", "error": str(event["cause"]), "seconds": _seconds(event["seconds"])}
    return told


def _moment(found: Any) -> float:
    moment = float(found)
    datetime.datetime.fromtimestamp(moment, tz=datetime.UTC)  # raises for what no calendar has
    return moment


def _seconds(found: Any) -> float:
    seconds = float(found)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{found!r} is no time")
    return seconds


def _texts(found: Any) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TypeError(f"expected a list of texts, found {found!r}")
    return found


def _file_text(text: str) -> dict[str, Any]:
    return {"file": text}


def _recorded(text: str) -> dict[str, Any]:
    record = json.loads(text)
    data = record["data"]
    columns = {} if data is None else {name: DataColumn(*map(str, column)) for name, column in data["columns"].items()}
    return {
        "state": _state(record.get("state", "finished")),
        "plugins": {str(name): str(version) for name, version in record["plugins"].items()},
        "code": dict(record["code"]),
        "data": None if data is None else Data(int(data["rows"]), columns),
        "scores": {name: _score(*score) for name, score in record["scores"].items()},
    }


def _state(found: str) -> State:
    if found not in get_args(State):
        raise ValueError(f"there is no state {found!r}")
    return cast("State", found)


def _score(value: float, greater_is_better: bool | None) -> Score:
    return Score(float("nan") if value is None else float(value), greater_is_better)


def list_runs(root: Path = RUNS) -> list[Run]:
    """All runs, the oldest first."""
    return [read_run(folder) for folder in _folders(root)]


def _counted(runs: int) -> str:
    return "there is 1 run" if runs == 1 else f"there are {runs} runs"


def find_run(name: str, root: Path = RUNS) -> Run:
    """The run that is meant by a folder, an id or the beginning of one, ``last`` or ``last~1`` (the one before it).

    Raises:
        NoSuchRunError: none is meant, or several are; says which there are.
    """
    if (Path(name) / _EVENTS).exists():
        return read_run(Path(name))
    folders = _folders(root)
    if back := _LAST.fullmatch(name):
        place = int(back[1] or 0)
        if place >= len(folders):
            raise NoSuchRunError(f"{name}: {_counted(len(folders))} in {root}")
        return read_run(folders[-1 - place])
    meant = [folder for folder in folders if folder.name.startswith(name)]
    exact = [folder for folder in meant if folder.name == name]
    if len(exact or meant) == 1:
        return read_run((exact or meant)[0])
    if meant:
        raise NoSuchRunError(f"{name}: {len(meant)} runs begin so: {', '.join(folder.name for folder in meant[-5:])}")
    hint = did_you_mean(name, [*(folder.name for folder in folders), "last"])
    raise NoSuchRunError(
        f"there is no run {name!r} in {root}; expected a folder, the beginning of an id, last or last~1"
        f"{f'; {hint}' if hint else ''}; see: automl runs list"
    )


def _folders(root: Path) -> list[Path]:
    """The oldest first: by the second in front of the pipeline's name, and its fraction behind it."""
    folders = [folder for folder in root.iterdir() if folder.is_dir()] if root.is_dir() else []
    return sorted(folders, key=lambda folder: (folder.name[:15], folder.name[-4:], folder.name))

"""A run: from a declaration to a model, a report and the events that told of it."""

from __future__ import annotations

import datetime
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl import events
from automl.advice.examine import advise
from automl.announcer import Announcer
from automl.attribution import STRANGERS_ERRORS, named_errors, shield, whose
from automl.errors import BundleError, StagesFailedError, UntrainedError
from automl.executors.worker import PluginSet
from automl.gates import missed_gates
from automl.model import Report, SearchResult
from automl.observer import Observer
from automl.pipeline_file.declaration import Declaration, Use
from automl.plan.branches import materialize_branches
from automl.plan.graph import DATA, Graph, Node
from automl.plan.materialize import Plan
from automl.plan.stages import build_predictor
from automl.plan.values import Values
from automl.plugins import Registry
from automl.predictor import Predictor
from automl.preflight import check_disk
from automl.repeatability import check_repeatable
from automl.run_end import Told
from automl.run_records import ledger_name, write_ledger, write_record
from automl.search.contracts import Executor
from automl.selection import Selection
from automl.store import Store
from automl.store.collecting import collect
from automl.time_limit import TimeLimit
from automl.writing import as_output_error, explained, explained_anywhere, write_text, write_text_once

_log = logging.getLogger(__name__)

WORKSPACE = Path(".automl")
"""Everything that runs leave lies in this folder of the working directory."""

_EVERYTHING = Selection()

_EARLIER_PAGES = 50
"""Pages of the newest runs among which an unchanged one is looked for."""
if TYPE_CHECKING:
    import pandas as pd

_ROWS_COMPARED = 200
"""How many rows the saved model must predict exactly as the one in memory."""


@dataclass(frozen=True)
class RunResult:
    """What a run left: the event that told of its end, and what its trackers offer to open, by label."""

    finished: events.RunFinished
    links: Mapping[str, str]


def run(
    declaration: Declaration,
    registry: Registry,
    *,
    workspace: Path = WORKSPACE,
    observers: Iterable[Any] = (),
    selection: Selection = _EVERYTHING,
    wait: float | None = None,
    limit: TimeLimit | None = None,
    tell: Callable[[str], None] | None = None,
) -> RunResult:
    """Run a pipeline: materialise every stage that nothing else reads, then save the model and the report.

    Stages whose values are in the store execute nothing.

    Args:
        declaration: the checked pipeline.
        registry: the plugins that it was checked against.
        workspace: the folder that holds the store and the runs.
        observers: hear of everything, besides those that the file names under ``track:``.
        selection: which part to run, and what of it anew.
        wait: for how many seconds to wait for another run that writes this store; None: not at all.
        limit: how long the whole run may take; its searches end early enough for it.
        tell: called with a sentence that a person should see: whom this run waits for, that the disk may not do.

    Raises:
        StagesFailedError: some stages failed and the rest was carried out (`Selection.keep_going`).
        AutoMLError: the first failure; `RunFailed` was announced with it.
        OutputError: a file of the run cannot be written.
        KeyboardInterrupt: Ctrl-C, or what a signal's handler raised; `RunInterrupted` was announced.
    """
    store = Store(workspace / "store", scratch=declaration.scratch)
    executor = LazyExecutor(declaration, registry)
    started = time.monotonic()
    with explained_anywhere(workspace), store.locked(wait, tell):
        # Before anything is left behind by a run that is refused.
        targets = selection.targets(Graph(declaration, registry))
        before = Values(declaration, registry, store, lambda _: ())
        selection.check_start(before)
        if (warning := check_disk(before)) and tell:
            tell(f"warning: {warning}")
        tracked = [_observer(use, registry) for use in declaration.track]
        directory = _new_directory(workspace / "runs", declaration.name)
        run_id = directory.name
        told = Told(directory, Announcer(registry, [*observers, *tracked]))
        plan = Plan(declaration, registry, store, told, executor, selection.anew, limit)
        try:
            with explained_anywhere(workspace):  # before anybody is told of the end
                told(
                    events.RunStarted(
                        run_id, declaration.name, directory, declaration.text, list(plan.graph.nodes),
                        declaration.seed, declaration.source,
                    )
                )  # fmt: skip
                write_text(directory / "pipeline.yaml", declaration.text)
                advise(plan, targets)
                failed = materialize_branches(plan, targets, keep_going=selection.keep_going)
                lost = {name for stage in failed for name in plan.graph.downstream(stage)}
                reached = [name for name in plan.graph.upstream(targets) if name not in lost]
                finished = _finish(plan, reached, run_id, directory, started)
                if selection.stop is None and not failed:  # a part is not what the pipeline came to
                    store.note_run(declaration.name, run_id, plan.keys(reached))
                store.trim()
                if declaration.store_size is not None:
                    collect(store, declaration.store_size, spare_needed=True)
                write_record(directory, plan, reached)
                if failed:
                    raise StagesFailedError({n: as_output_error(e, workspace) for n, e in failed.items()}, directory)
                executor.close()
                told(finished)
        except BaseException as error:
            _keep_baselines(plan, error, directory)
            told.end(error, plan, time.monotonic() - started)
            raise
        finally:
            executor.close()
    return RunResult(finished, {label: target for observer in tracked for label, target in _links(observer).items()})


def _finish(plan: Plan, reached: Sequence[str], run_id: str, directory: Path, started: float) -> events.RunFinished:
    """Write what a person takes home: the model, the ledger, the report; of several searches each under its name."""
    search = evaluation = bundle = report = None
    gates: list[str] = []
    nodes = [plan.graph[name] for name in reached]
    for node in nodes:
        prefix = f"{node.name}." if sum(node.kind == other.kind for other in nodes) > 1 else ""
        if node.kind == "search":
            search = plan.search_result(node.name)
            bundle = _save_model(plan, node, search, directory / f"{prefix}model.automl")
            write_ledger(directory / ledger_name(prefix), search.trials)
        elif node.kind == "model":
            evaluation, page = plan.report(node.name)
            report = _write_report(evaluation, page, directory, prefix)
            gates += missed_gates(plan.declaration.stages[node.name].gate, evaluation.metrics)
    return events.RunFinished(
        run_id=run_id,
        pipeline=plan.declaration.name,
        directory=directory,
        bundle=bundle,
        report=report,
        evaluation=evaluation,
        search=search,
        executed=[name for name in reached if name in plan.executed],
        cached=[name for name in reached if name not in plan.executed],
        seconds=time.monotonic() - started,
        gates_missed=gates,
    )


def _save_model(plan: Plan, node: Node, result: SearchResult, path: Path) -> Path:
    """Save the winner; what was saved must predict what the one in memory predicts, each time and for each row."""
    predictor = build_predictor(plan, node.name, result, result.heads)
    predictor.save(path)
    sample = plan.materialize(DATA, {}).dataset.frame.head(_ROWS_COMPARED)
    loaded = Predictor.load(path, plan.registry)
    network = next((trial.network for trial in result.trials if trial.name == result.winner), None)
    learner = result.heads[0].learner
    called = f"stages.{node.name}: learner {learner!r}{f' with network {network!r}' if network else ''}"
    try:
        replayed: dict[str, pd.DataFrame] = {}
        check_repeatable(loaded, sample, {learner: called}, replayed)
        if not predictor.predict(sample).equals(loaded.predict(sample, replayed=replayed)):
            raise BundleError(f"{path} predicts differently from the model it was saved from")
    except BundleError:
        path.unlink()  # nobody is to rely on it
        raise
    return path


def _keep_baselines(plan: Plan, error: BaseException, directory: Path) -> None:
    """Leave the best baseline as the model of a run whose time was too short for a network."""
    failures = error.failures.values() if isinstance(error, StagesFailedError) else (error,)
    for failure in failures:
        if isinstance(failure, UntrainedError) and failure.result is not None:
            path = directory / "model.automl"
            _save_model(plan, plan.graph[failure.stage], failure.result, path)
            failure.add_note(f"The best baseline, {failure.result.winner}, is left as {path}.")


def _write_report(report: Report, page: Path | None, directory: Path, prefix: str) -> Path:
    """Write the report of a run; its page is a link to that in the store, or to that of an earlier run."""
    write_text(directory / f"{prefix}report.json", json.dumps(report.document, indent=1))
    path = directory / f"{prefix}report.html"
    earlier = sorted(directory.parent.glob(f"*/{path.name}"), reverse=True)[:_EARLIER_PAGES]
    others = [] if page is None else [page]
    write_text_once(path, report.html, (other for other in [*others, *earlier] if other != path))
    return path


class LazyExecutor:
    """The run's executor, made and started when a search first asks for it."""

    def __init__(self, declaration: Declaration, registry: Registry) -> None:
        self._use = declaration.executor
        self._threads = max((int(stage.resources.get("cpu", 1)) for stage in declaration.stages.values()), default=1)
        self._registry = registry
        self._started: Executor | None = None

    def __call__(self) -> Executor:
        if self._started is None:
            executor_type: type[Executor] = self._registry.get("executors", self._use.use)
            given = dict(self._use.params)
            if "threads" in executor_type.Params.model_fields:
                given.setdefault("threads", self._threads)
            with named_errors(executor_type, "making it", "executor"):
                executor = executor_type(executor_type.Params.model_validate(given))
            shield(executor, "start", "submit", "stop", "kill", "next", "close", kind="executor")
            executor.plugins = PluginSet.of(self._registry)
            executor.start()
            self._started = executor
        return self._started

    def close(self) -> None:
        if self._started is not None:
            self._started.close()
            self._started = None


def _observer(use: Use, registry: Registry) -> Observer:
    observer: type[Observer] = registry.get("observers", use.use)
    with named_errors(observer, "making it", "observer"):
        return observer(observer.Params.model_validate(dict(use.params)))


def _links(observer: Observer) -> Mapping[str, str]:
    """What an observer offers to open; one that fails at it is reported, for the run is done."""
    try:
        return dict(observer.links)
    except STRANGERS_ERRORS:
        _log.exception("%s failed at links", whose(type(observer), "observer"))
        return {}


def _new_directory(parent: Path, name: str) -> Path:
    """A folder of its own for this run: the second that it starts in, its name, and the second's fraction in 65,536ths.

    So the runs of one pipeline sort by time, also those of the same second.
    """
    with explained(parent):
        parent.mkdir(parents=True, exist_ok=True)
        return _numbered(parent, name)


def _numbered(parent: Path, name: str) -> Path:
    while True:
        now = datetime.datetime.now(tz=datetime.UTC)
        directory = parent / f"{now:%Y%m%d-%H%M%S}-{name}-{now.microsecond * 0x10000 // 1_000_000:04x}"
        try:
            directory.mkdir()
        except FileExistsError:  # another process was as quick
            continue
        return directory

"""Running the stages that are more than a transform: what a search and an evaluation are handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.attribution import named_errors
from automl.columns import TEST, TRAIN, VALID
from automl.components import Component, Fitted, Reader, Stage
from automl.dataset import Dataset, Rows
from automl.described import flow
from automl.errors import DataError, PlanError, ValueLostError
from automl.fingerprint import digest, seed_from
from automl.input_schema import InputSchema
from automl.labels import Label, with_positive_last
from automl.learning import Task
from automl.model import Head, Model, SearchResult
from automl.plan.graph import DATA, Node, fold_binding
from automl.plan.histories import Join, join_datasets
from automl.plan.target_wise import fitted_from
from automl.plan.versions import code_version
from automl.plugins import Registry
from automl.predictor import Predictor, assemble
from automl.run_records import earlier_search
from automl.search.context import Fold, Memory, RowsReference, SearchContext, StoredTrialRows, Subgraph, TrialRows
from automl.search.contracts import Executor, Resources
from automl.store import Store
from automl.table_form import TableForm

if TYPE_CHECKING:
    from automl.plan.materialize import Plan


_TRIAL_ATTEMPTS = 2
"""A trial whose worker died is tried once more, unless the file says otherwise."""


def run_search(plan: Plan, node: Node, stage: Stage, executor: Callable[[], Executor]) -> SearchResult:
    """Run a search stage on the open subgraph above it."""
    source = OpenSubgraph(plan, node)
    reading = plan.materialize(DATA, {}).record["seconds"]
    deadline = None if plan.limit is None else plan.limit.for_searching(reading)
    context = SearchContext(
        stage=node.name,
        seed=seed_from(plan.declaration.seed, stage.id),
        registry=plan.registry,
        executor=executor,
        memory=StoreMemory(plan.store, plan.declaration.name, node.name, source.recipe, anew=node.name in plan.anew),
        code_version=lambda family, name: code_version(plan.registry.offer(family, name)),
        announce=plan.announce,
        threads=int(node.resources.get("cpu", 1)),
        resources=Resources(float(node.resources.get("gpu", 0)), node.resources.get("memory") or 0),
        attempts=node.attempts or _TRIAL_ATTEMPTS,
        earlier=lambda run: earlier_search(run, node.name, plan.store.root.parent / "runs"),
        deadline=deadline,
        beside=0.0 if deadline is None or plan.limit is None else plan.limit.beside(deadline),
    )
    with named_errors(type(stage), "run", only_strangers=True):
        result = stage.run(source, context)
    if not isinstance(result, SearchResult):
        raise PlanError(f"stages.{node.name}: {stage.id} returned {type(result).__name__}, not a SearchResult")
    return result


def training_owner(pipeline: str, search: str, upstream: str) -> dict[str, str]:
    """What the record of a training holds besides its recipe: whose it is, and what its search stood on."""
    return {"pipeline": pipeline, "search": search, "upstream": upstream}


class StoreMemory(Memory):
    """Remembers trainings in the store. ``anew``: what earlier runs left is forgotten when it is asked for."""

    def __init__(self, store: Store, pipeline: str, search: str, upstream: str, *, anew: bool = False) -> None:
        self._store = store
        self._owner = training_owner(pipeline, search, upstream)
        self._anew = anew
        self._made: set[str] = set()

    def recall(self, recipe: Mapping[str, Any]) -> Mapping[str, Any] | None:
        key = digest(recipe)
        if self._anew and key not in self._made:
            self._store.remove(key)
        entry = self._store.get(key)
        return None if entry is None else entry.state

    def remember(self, recipe: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        self._made.add(digest(recipe))
        self._store.put(digest(recipe), {"recipe": dict(recipe), **self._owner}, state=dict(result), scratch=True)


class OpenSubgraph(Subgraph):
    """The plan above a search stage."""

    def __init__(self, plan: Plan, node: Node) -> None:
        self._plan = plan
        self._node = node
        splitter = plan.graph.splitter(node.inputs[0])
        if splitter is None:
            raise PlanError(f"stages.{node.name}: no split stage stands before the search; mend: add one after data")
        folds = plan.graph.folds(splitter)
        self._fold = fold_binding(splitter)
        self.folds: Sequence[int | None] = [*range(folds)] if folds else [None]
        free = {key: domain for above in node.inputs for key, domain in plan.graph.free(above).items()}
        self.space = {key: domain for key, domain in free.items() if key != self._fold}
        self.conditions = {
            key: condition for above in node.inputs for key, condition in plan.graph.conditions(above).items()
        }
        split = plan.materialize(splitter, {}).dataset
        assert split.part is not None
        positive = plan.declaration.data.positive
        self.task = make_task(input_schema(plan), split.keep(split.part != TEST), positive)
        recipe = plan.recipe(node.name, {})
        assert recipe is not None, "what is closed above a search is there before it begins"
        self.recipe = digest(recipe["inputs"])

    def bindings(self, bindings: Mapping[str, Any], fold: Fold) -> dict[str, Any]:
        return {**bindings, **({self._fold: fold} if fold is not None else {})}

    def at(self, bindings: Mapping[str, Any], fold: Fold) -> StoredRows:
        plan, node = self._plan, self._node
        plan.store.trim()  # here nothing is in use but what trials in flight have pinned
        bound = self.bindings(bindings, fold)
        for above in node.inputs:
            plan.materialize(above, bound)
        source = plan.input(node.name, bound)
        assert source is not None
        parts = [_Part(entry.record["data"], view) for entry, view in plan.branches(node.name, bound)]
        raw = plan.materialize(DATA, {}).record["data"]
        targets = self.task.targets
        truth = {"axis": raw["axis"], "columns": [column for column in raw["columns"] if column[0] in targets]}
        chain = plan.target_chain(node.name, bound)
        rows = StoredRows(
            fingerprint=digest(source.fingerprint, [state for _, _, state in chain], truth["columns"]),
            root=str(plan.store.root.resolve()),
            parts=parts,
            join=source.join,
            truth=truth,
            chain=[(component, key) for component, key, _ in chain],
        )
        plan.store.pin(rows.keys)
        return rows

    def release(self, rows: RowsReference) -> None:
        assert isinstance(rows, StoredRows), "they come from `at`"
        self._plan.store.unpin(rows.keys)

    def renew(self, rows: RowsReference, bindings: Mapping[str, Any], fold: Fold) -> StoredRows:
        assert isinstance(rows, StoredRows), "they come from `at`"
        self.release(rows)
        self._plan.store.recheck(rows.keys)
        return self.at(bindings, fold)


def make_task(schema: InputSchema, seen: Dataset, positive: Label | None = None) -> Task:
    """The task, with the classes that training and validation rows hold; ``positive`` as the file names it."""
    if schema.task == "regression":
        return Task("regression", schema.targets[0], more_targets=schema.targets[1:])
    (target,) = schema.targets
    classes = tuple(seen.frame[target].dropna().unique())
    if len(classes) < 2:
        raise DataError(
            f"the target {target!r} has one class, {classes[0]!r}, in the training and validation rows; "
            "mend: use: split.stratified for the split, or more rows of other classes"
        )
    return Task(schema.task, target, with_positive_last(classes, positive, target))


@dataclass(frozen=True)
class _Part:
    """A branch's stored dataset, and the fold it is seen under (None: it is a view already)."""

    data: Mapping[str, Any]
    fold: int | str | None

    def load(self, store: Store) -> Dataset:
        dataset = store.load_dataset(self.data)
        return dataset if self.fold is None else dataset.under(self.fold)


@dataclass(frozen=True)
class StoredRows(RowsReference):
    """A trial's rows by reference to the store."""

    fingerprint: str
    root: str
    parts: Sequence[_Part]
    join: Join | None
    truth: Mapping[str, Any]
    chain: Sequence[tuple[str, str]]
    """Target transforms in the order in which they were applied: component id and store key."""

    @property
    def keys(self) -> set[str]:
        """Keys of the stored values that hold the rows and the target transforms."""
        columns = [column for data in (*(part.data for part in self.parts), self.truth) for column in data["columns"]]
        return {*(owner for *_, owner in columns), *(key for _, key in self.chain)}

    def read(self) -> _TrialRowsRead:
        store = Store(self.root)
        datasets = [part.load(store) for part in self.parts]
        dataset = datasets[0] if self.join is None else join_datasets(datasets, self.join)
        features = dataset.named("feature")
        train = dataset.rows(TRAIN, features)
        valid = dataset.rows(VALID, features)
        truth = store.load_dataset(self.truth).frame.loc[valid.frame.index]
        states: list[tuple[str, Mapping[str, Any]]] = []
        for component, key in self.chain:
            entry = store.get(key)
            if entry is None:
                text = f"the value {key} of {component} is not in {self.root}"
                raise ValueLostError(text, key=key, path=store.layout.folder(key), damaged=False)
            states.append((component, entry.state))
        return _TrialRowsRead(train, valid, truth, states)


@dataclass(frozen=True)
class _TrialRowsRead(StoredTrialRows):
    """Rows out of the store; ``truth`` has the validation rows' raw targets, ``chain`` component ids and states."""

    train: Rows
    valid: Rows
    truth: pd.DataFrame
    chain: Sequence[tuple[str, Mapping[str, Any]]]

    def bind(self, registry: Registry, task: Task) -> TrialRows:
        fitted: list[tuple[type[Component], Fitted]] = []
        for name, state in self.chain:
            component = registry.get("components", name)
            fitted.append((component, fitted_from(component.fitted, state)))

        def invert(values: np.ndarray) -> np.ndarray:
            for component, transform in reversed(fitted):
                with named_errors(component, "inverse", only_strangers=True):
                    values = transform.inverse(values)
            return values

        if not len(self.valid):
            return TrialRows(self.train, None, None, invert)
        return TrialRows(
            self.train, self.valid, task.truth(self.truth if task.more_targets else self.truth[task.target]), invert
        )


def input_schema(plan: Plan) -> InputSchema:
    schema: InputSchema = InputSchema.from_state(plan.materialize(DATA, {}).state)
    return schema


def load_model(plan: Plan, search: str) -> Model:
    """Predictors of the winner and the baselines, and the rows that nothing before has seen."""
    result = plan.search_result(search)
    splitter = plan.graph.splitter(search)
    assert splitter is not None
    data = plan.materialize(DATA, {}).dataset
    split = plan.materialize(splitter, {}).dataset
    assert split.part is not None
    test = split.frame.index[split.part == TEST]
    seen = split.frame.index[split.part != TEST]
    if not len(test):
        raise DataError(
            f"there are no test rows to evaluate on; mend: stages: {{{flow(splitter)}: {{with: {{test: 0.2}}}}}}"
        )
    return Model(
        pipeline=plan.declaration.name,
        predictor=build_predictor(plan, search, result, result.heads),
        baselines={n: build_predictor(plan, search, result, heads) for n, heads in result.baselines.items()},
        test=data.frame.loc[test],
        train=data.frame.loc[seen],
        search=result,
        weight=next(iter(data.named("weight")), None),
    )


def build_predictor(plan: Plan, search: str, result: SearchResult, heads: Sequence[Head]) -> Predictor:
    """The path of Fitteds from raw rows to these heads."""
    steps: dict[str, dict[str, Any]] = {}

    def step(name: str, bindings: Mapping[str, Any]) -> str:
        entry = plan.materialize(name, bindings)
        if entry.key not in steps:
            node = plan.graph[name]
            inputs = [step(above, bindings) for above in node.inputs]
            applies = node.kind == "transform" and entry.state_fingerprint is not None
            steps[entry.key] = {
                "stage": name,
                "inputs": inputs,
                "join": entry.record["join"],
                "component": node.chosen(bindings).component.id if applies else None,
                "columns": entry.record["selected"] if applies else [],
                "on_target": bool(applies and entry.record["on_target"]),
                "state": entry.state if applies else None,
                "levels": entry.record.get("levels", {}) if applies else {},
            }
        return entry.key

    tops = []
    for head in heads:
        source = plan.input(search, head.bindings)
        inputs = [step(above, head.bindings) for above in plan.graph[search].inputs]
        join = source.join.to_state() if source is not None and source.join else None
        tops.append(
            {"inputs": inputs, "join": join, "learner": head.learner, "state": head.state,
             "inverse": [key for _, key, _ in plan.target_chain(search, head.bindings)]}
        )  # fmt: skip
    data = plan.graph[DATA]
    reader = data.component(data.parameters({}))
    assert isinstance(reader, Reader)
    return assemble(
        pipeline=plan.declaration.name,
        schema=input_schema(plan).state(),
        task=result.task,
        steps=steps,
        heads=tops,
        registry=plan.registry,
        table=TableForm.of(reader, plan.registry),
    )

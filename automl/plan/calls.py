"""Calls of stages: the same call on the driver, in a thread beside it, or in a process that a time limit can end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from automl.attribution import named_errors
from automl.components import Component, Reader, Splitter, Transform
from automl.dataset import Dataset
from automl.errors import AutoMLError, PlanError, PluginError, StageError
from automl.executors.local_processes import LocalProcessesExecutor, LocalProcessesParams
from automl.executors.worker import PluginSet, Worker
from automl.model import EvaluationContext, Model, Report
from automl.pipeline_file.declaration import DataDeclaration
from automl.plan import execute
from automl.plugins import Registry
from automl.search.contracts import Job, Lost, Progress, Raised, Returned

T = TypeVar("T")

_PERFORM = "automl.plan.calls:perform_in_worker"


@dataclass(frozen=True)
class StageCall:
    """A stage and all it is given but the tuned parameters' notation: plain data that can travel.

    Attributes:
        who: the stage as errors name it.
        family, component: where the registry has its code.
        params: its parameters, every tuned one bound.
        seed: its own seed.
        source: what it works on; None for a reader.
        columns: the selector, for a transform.
        data: the declaration of the table, for a reader.
        gates: the metrics that an evaluation's gates name.
    """

    who: str
    family: str
    component: str
    params: dict[str, Any]
    seed: int
    source: Dataset | Model | None = None
    columns: Any = None
    data: DataDeclaration | None = None
    gates: tuple[str, ...] = ()


def perform(call: StageCall, registry: Registry) -> execute.Executed | Report:
    """Do the stage's work here and now."""
    component_type: type[Component] = registry.get(call.family, call.component)
    with named_errors(component_type, "making it"):
        component: Any = component_type(component_type.Params.model_validate(call.params), call.seed)
    if isinstance(component, Reader):
        assert call.data is not None
        return execute.read(component, call.data)
    if isinstance(component, Splitter):
        assert isinstance(call.source, Dataset)
        return execute.split(component, call.source, call.who)
    if isinstance(component, Transform):
        assert isinstance(call.source, Dataset)
        return execute.transform(component, call.source, call.columns, call.who)
    with named_errors(component_type, "run", only_strangers=True):
        report = component.run(call.source, EvaluationContext(registry, call.gates))
    if not isinstance(report, Report):
        raise PlanError(f"{call.who} returned {type(report).__name__}, not a Report")
    return report


def perform_in_worker(call: StageCall, worker: Worker) -> execute.Executed | Report:
    """`perform` as a job."""
    return perform(call, worker.registry())


def perform_within(seconds: float, call: StageCall, registry: Registry) -> execute.Executed | Report:
    """Do the work in a process of its own, which is ended when the time is up. Raises StageError then."""
    executor = LocalProcessesExecutor(LocalProcessesParams(workers=1))
    executor.plugins = PluginSet.of(registry)
    deadline = time.monotonic() + seconds
    try:
        executor.start()
        executor.submit(Job("stage", _PERFORM, call))
        while (left := deadline - time.monotonic()) > 0:
            message = executor.next(left)
            if isinstance(message, Returned):
                done: execute.Executed | Report = message.value
                return done
            if isinstance(message, Raised):
                raise StageError(message.error)
            if isinstance(message, Lost):
                raise StageError(f"{call.who}: its process died: {message.cause}")
            assert message is None or isinstance(message, Progress)
    finally:
        executor.close()
    raise StageError(
        f"{call.who}: it was not done after {seconds:g} s, its `time`; mend: a larger `time`, or give it fewer rows"
    )


def attempt(work: Callable[[], T], attempts: int, who: str) -> T:
    """Do the work, again after a failure, up to so many times.

    Raises:
        StageError: every attempt failed; lists the cause of each. A single attempt raises its own error as it is,
            and so does what another attempt cannot mend: a plan or a plugin that is wrong.
    """
    causes: list[str] = []
    while True:
        try:
            return work()
        except (PlanError, PluginError):
            raise
        except Exception as error:
            if attempts == 1:
                raise
            causes.append(str(error) if isinstance(error, AutoMLError) else f"{type(error).__name__}: {error}")
            if len(causes) == attempts:
                listed = "".join(f"\n  {number}. {cause}" for number, cause in enumerate(causes, start=1))
                raise StageError(f"{who}: failed {attempts} times:{listed}") from error

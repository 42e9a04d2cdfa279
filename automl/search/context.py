"""What the plan hands to a search: the subgraph above it with its free bindings open, and the means to run trials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.errors import StoreError
from automl.learning import Task
from automl.search.contracts import Executor, Objective, Outcome, Resources

if TYPE_CHECKING:
    import numpy as np

    from automl.dataset import Rows
    from automl.plugins import Registry


Fold = int | str | None
"""The fold that is held out; None where the split has a validation part of its own; `automl.columns.WHOLE` for none."""


@dataclass(frozen=True)
class TrialRows:
    """The rows of one trial, as the worker sees them.

    Attributes:
        train: training rows, all features, the target in the unit that the target transforms made.
        valid: validation rows likewise; None where the split has no validation part.
        truth: the validation rows' target in its own unit: float64 values or int64 class codes, [n].
        invert: brings float64 predictions [n] back into the target's own unit.
    """

    train: Rows
    valid: Rows | None
    truth: np.ndarray | None
    invert: Callable[[np.ndarray], np.ndarray]


class StoredTrialRows(ABC):
    """A trial's rows as they are stored: plain values, so that an executor may carry them to another machine."""

    @abstractmethod
    def bind(self, registry: Registry, task: Task) -> TrialRows:
        """The rows as a learner takes them; changes nothing of what is stored, which may be read-only."""


class RowsReference(ABC):
    """Says where a trial's rows lie. Travels to workers, so it is small and picklable."""

    fingerprint: str

    @abstractmethod
    def read(self) -> StoredTrialRows:
        """Read the rows; may be called in any process that sees the store."""


class Subgraph(ABC):
    """The part of the plan above a search.

    Attributes:
        space: the tuned parameters upstream, binding name to domain in the file's notation.
        conditions: of these, the ones that exist only under a choice: to the choice's binding and value.
        folds: the folds to score over; ``[None]`` for one fixed validation part.
        task: what is predicted.
        recipe: fingerprint of all that makes the rows, tuned parameters by their domains. Searches over equal ones see
            the same rows under equal bindings.
    """

    space: Mapping[str, Any]
    conditions: Mapping[str, tuple[str, str]]
    folds: Sequence[int | None]
    task: Task
    recipe: str

    @abstractmethod
    def at(self, bindings: Mapping[str, Any], fold: Fold) -> RowsReference:
        """The rows under these bindings; materialises what is missing. They stay until they are released."""

    @abstractmethod
    def release(self, rows: RowsReference) -> None:
        """Nothing in flight needs these rows any more: what they stand on may be evicted."""

    @abstractmethod
    def renew(self, rows: RowsReference, bindings: Mapping[str, Any], fold: Fold) -> RowsReference:
        """The same rows once more, after a worker could not read them: what is gone or damaged is made anew."""

    @abstractmethod
    def bindings(self, bindings: Mapping[str, Any], fold: Fold) -> dict[str, Any]:
        """Bindings with the fold's own one added: what a head is recorded with."""


class Memory(ABC):
    """Remembers finished trainings by recipe, across runs."""

    @abstractmethod
    def recall(self, recipe: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The stored result, or None."""

    @abstractmethod
    def remember(self, recipe: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Store a result: plain values and arrays."""


@dataclass(frozen=True)
class EarlierTrial:
    """``values`` are those of the network and its learner, flat; ``bindings`` the tuned parameters upstream."""

    values: Mapping[str, Any]
    bindings: Mapping[str, Any]
    outcome: Outcome


@dataclass(frozen=True)
class EarlierSearch:
    """A search as a later one learns from it.

    Attributes:
        name: the run and the stage, for messages.
        objective: what it optimised.
        upstream: recipe of the subgraph that it stood on (`Subgraph.recipe`).
        trials: without baselines, in the order of the ledger.
    """

    name: str
    objective: Objective
    upstream: str
    trials: Sequence[EarlierTrial]


def no_runs(run: str) -> EarlierSearch:
    """For searches outside a working folder."""
    raise StoreError(f"there is no run {run!r} to learn from: this search keeps none")


@dataclass(frozen=True)
class SearchContext:
    """The means of a search.

    Attributes:
        stage: name of the search stage, for events.
        seed: the search's own seed.
        registry: all that is offered.
        executor: makes and starts the workers on the first call.
        memory: finished trainings.
        code_version: identity of an offered component's code: ``code_version(family, id)``.
        announce: hands an event to the observers.
        threads: how many threads one trial may use.
        resources: what else one trial needs.
        attempts: how often a trial whose worker died is tried.
        earlier: the search of an earlier run, by the run's id; raises StoreError if there is none.
        deadline: moment of `time.monotonic` at which the search has to end, whatever its own budget; None for none.
        beside: of a run that is bounded as a whole, the seconds that the search cannot have.
    """

    stage: str
    seed: int
    registry: Registry
    executor: Callable[[], Executor]
    memory: Memory
    code_version: Callable[[str, str], str]
    announce: Callable[[Any], None]
    threads: int = 1
    resources: Resources = field(default_factory=Resources)
    attempts: int = 2
    earlier: Callable[[str], EarlierSearch] = no_runs
    deadline: float | None = None
    beside: float = 0.0

"""What the plan hands to a search: the subgraph above it with its free bindings open, and the means to run trials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automl.learning import Task
from automl.search.contracts import Executor

if TYPE_CHECKING:
    import numpy as np

    from automl.dataset import Rows
    from automl.plugins import Registry


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


class RowsReference(ABC):
    """Says where a trial's rows lie. Travels to workers, so it is small and picklable."""

    fingerprint: str

    @abstractmethod
    def load(self, registry: Registry, task: Task) -> TrialRows:
        """Read the rows; may be called in any process that sees the store."""


class Subgraph(ABC):
    """The part of the plan above a search.

    Attributes:
        space: the tuned parameters upstream, binding name to domain in the file's notation.
        folds: the folds to score over; ``[None]`` for one fixed validation part.
        task: what is predicted.
    """

    space: Mapping[str, Any]
    folds: Sequence[int | None]
    task: Task

    @abstractmethod
    def at(self, bindings: Mapping[str, Any], fold: int | None) -> RowsReference:
        """The rows under these bindings; materialises what is missing."""

    @abstractmethod
    def bindings(self, bindings: Mapping[str, Any], fold: int | None) -> dict[str, Any]:
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
        attempts: how often a trial whose worker died is tried.
    """

    stage: str
    seed: int
    registry: Registry
    executor: Callable[[], Executor]
    memory: Memory
    code_version: Callable[[str, str], str]
    announce: Callable[[Any], None]
    threads: int = 1
    attempts: int = 2

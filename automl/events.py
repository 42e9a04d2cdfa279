"""What observers hear. Events are made on the driver; their class names are the names of the hooks in CamelCase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.model import Report, SearchResult, TrialRecord


@dataclass(frozen=True)
class RunStarted:
    """``directory`` is the run's own folder; ``declaration`` the resolved pipeline file as YAML text."""

    run_id: str
    pipeline: str
    directory: Path
    declaration: str
    stages: Sequence[str]
    seed: int
    source: str | None = None


@dataclass(frozen=True)
class AdviceGiven:
    """A warning before anything ran: the ``name`` that silences it, what is the matter, ``file:line:column``, and the
    whole ``text`` as a person reads it."""

    name: str
    message: str
    where: str
    text: str


@dataclass(frozen=True)
class StageStarted:
    stage: str
    component: str
    why: str


@dataclass(frozen=True)
class StageFinished:
    """``summary`` says in plain values what came out: rows and columns, or scores."""

    stage: str
    component: str
    seconds: float
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class StageCached:
    stage: str
    component: str
    summary: Mapping[str, Any]


@dataclass(frozen=True)
class SearchStarted:
    """``trials``, ``seconds`` and ``total_epochs`` are the budget (None: no bound), ``epochs`` that of one trial;
    ``space`` maps a dimension to its text, ``dimensions`` says the same in full (`automl.search.space.Space.to_state`).
    """

    stage: str
    objective: str
    greater_is_better: bool
    tuner: str
    trials: int | None
    epochs: int
    seconds: float | None
    space: Mapping[str, str]
    workers: int
    total_epochs: int | None = None
    dimensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TrialStarted:
    stage: str
    trial: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class TrialEpoch:
    """``metrics`` holds ``score``, the objective in the target's own unit, unless no fold has one in this epoch."""

    stage: str
    trial: str
    epoch: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class TrialFinished:
    """``cached`` is True where the result was found in the store and no training happened."""

    stage: str
    trial: TrialRecord
    cached: bool


@dataclass(frozen=True)
class SearchFinished:
    """The search was carried out; one that is found in the store is a `StageCached`.

    ``parts`` says what the workers spent their time on, in seconds of all workers together: by the names in
    `automl.search.training.PARTS`. What is missing to ``workers`` times ``seconds`` they waited.
    """

    stage: str
    result: SearchResult
    seconds: float
    workers: int = 1
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def utilisation(self) -> float:
        """Share of the workers' time in which they worked, from 0 to 1."""
        return min(1.0, sum(self.parts.values()) / (self.workers * self.seconds)) if self.seconds else 0.0


@dataclass(frozen=True)
class RunFinished:
    """What a run left. ``bundle`` and ``report`` are files in ``directory``, None where no stage makes one.

    ``executed`` and ``cached`` name stages; ``gates_missed`` are sentences.
    """

    run_id: str
    pipeline: str
    directory: Path
    bundle: Path | None
    report: Path | None
    evaluation: Report | None
    search: SearchResult | None
    executed: Sequence[str]
    cached: Sequence[str]
    seconds: float
    gates_missed: Sequence[str] = ()


@dataclass(frozen=True)
class RunFailed:
    run_id: str
    pipeline: str
    directory: Path
    error: str
    seconds: float


@dataclass(frozen=True)
class RunInterrupted:
    """A person or the system ended the run. ``cause`` is the signal (``SIGINT`` for Ctrl-C, ``SIGTERM``)."""

    run_id: str
    pipeline: str
    directory: Path
    cause: str
    seconds: float

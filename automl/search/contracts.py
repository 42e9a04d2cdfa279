"""The two contracts that a search stands on: who proposes trials, and who runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from automl.components import Component
from automl.search.space import Space

if TYPE_CHECKING:
    from automl.advice.findings import Finding
    from automl.executors.worker import PluginSet


@dataclass(frozen=True)
class Objective:
    metric: str
    greater_is_better: bool


@dataclass(frozen=True)
class Brief:
    """What a searcher is told before it is asked.

    Attributes:
        space: all dimensions, preprocessing included; parents come before children.
        objective: what is optimised and in which direction.
        trials: the most trials the budget allows; None where only time bounds the search.
        epochs: the most epochs one trial may train.
        seed: every random choice derives from it.
        guesses: complete values of the first trials, which nobody asks for. They may be under way when the first
            question comes, and are learned as they end; they are not to be proposed.
    """

    space: Space
    objective: Objective
    trials: int | None
    epochs: int
    seed: int
    guesses: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Proposal:
    """What to try.

    Attributes:
        values: a value for every dimension that is active, by dotted name; no fixed ones.
        epochs: train up to this epoch, counted from the first trial of a chain; None means the budget's.
        continues: number of the earlier trial whose parameters and optimizer state to go on from.
        resumable: True if a later trial may continue this one, so that its state is kept.
    """

    values: Mapping[str, Any]
    epochs: int | None = None
    continues: int | None = None
    resumable: bool = False


class Wait:
    """Nothing to propose until another trial is told."""


class Done:
    """Nothing more to propose, ever."""


WAIT: Final = Wait()
DONE: Final = Done()


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: a finite score, or None and the cause if it failed.

    Attributes:
        score: None if the trial failed; that of a trial which was stopped is the best it had reached.
        epochs: trained, counted from the first trial of a chain of continued ones.
        error: cause of the failure.
        pruned: True if the searcher stopped it (`Searcher.report`).
        excess: by how much it breaks the constraints, as a share of the bound (0.2: a fifth too large); 0 if it keeps
            them. A trial that breaks them is not trained and has no score.
    """

    score: float | None
    epochs: int
    error: str | None = None
    pruned: bool = False
    excess: float = 0.0


class Searcher(Component, ABC):
    """Proposes trials. Lives on the driver, is called from one thread, keeps no files, never sees data.

    Trials are numbered from 1 in the order of the proposals. The loop asks and tells in an order that does not
    depend on timing (DESIGN, "The ledger"); a searcher whose answers depend on nothing else gives one ledger.
    ``tell`` comes once per trial, in number order under ``order: fixed``.
    """

    stochastic: ClassVar[bool] = True

    @classmethod
    def unfit(
        cls,
        params: Any,
        space: Space,
        trials: int | None,
        epochs: int,
        folds: int,
    ) -> Iterable[Finding]:
        """What keeps the searcher from searching this space (an error), or from doing what it is known for (a warning).

        Asked by ``automl check`` and before a search, so that no engine may be loaded here.

        Args:
            params: its parameters.
            space: all that the search varies.
            trials: the most trials of the budget; None for no bound.
            epochs: the most epochs of a trial.
            folds: how many folds a trial is scored over; 0 for a validation part.
        """
        return ()

    @abstractmethod
    def start(self, brief: Brief) -> None:
        """Called once before anything else. Raises SearchError if the space cannot be searched this way."""

    @abstractmethod
    def ask(self, number: int) -> Proposal | Wait | Done:
        """Propose trial ``number``. After Wait it is asked for the same number again once a trial was told."""

    def report(self, number: int, step: int, score: float) -> bool:  # noqa: ARG002 - most never stop a trial
        """Hear of a step of trial ``number``, which is under way; True to stop it there.

        A step is an epoch, counted from the first trial of a chain; where trials are scored over folds it is a fold,
        from 1 in the order of the folds. Steps of one trial come in order, those of several in any order, and other
        trials may be told in between: the answer must depend on nothing but the trials that were told before this one
        was asked, and its own steps. Then it stops at the same step whatever the timing.
        """
        return False

    @abstractmethod
    def tell(self, number: int, outcome: Outcome) -> None:
        """Hear of a trial's end."""

    def learn(self, values: Mapping[str, Any], outcome: Outcome) -> None:
        """Hear of a trial that somebody else proposed: a first guess, or a trial of an earlier search.

        Comes after ``start``. ``values`` are complete and lie in the space. A first guess takes a trial's number, so
        the first number that is asked for may be above 1. What was learned is not to be proposed again.
        """


@dataclass(frozen=True)
class Resources:
    """What a job needs besides its threads.

    Attributes:
        gpu: GPUs: a whole number, or a share of one below 1.
        memory: bytes; 0 asks for none in particular.
    """

    gpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Job:
    """A function to call in a worker, as data.

    ``function`` is ``package.module:name``; it is called as ``function(payload, worker)`` with a
    `automl.executors.worker.Worker`, whose ``report`` sends progress and answers whether to stop. Payloads and
    results are plain values, arrays and dataclasses of the kernel, never plugin managers or open files.

    Attributes:
        threads: CPU threads that it may use.
        resources: what else it needs; an executor that places jobs goes by it.
        data: what the payload refers to by fingerprint, and how the driver reads it. It does not travel with the job:
            an executor whose workers do not see the driver's files calls each reader once and carries what it returns
            (`Worker.carried`); for all others the job reads the files itself.
        affinity: a name for what a warm worker keeps for jobs like this one; an executor that has the choice gives it
            to a worker that had such a job before. None has no preference.
    """

    id: str
    function: str
    payload: Any
    threads: int = 1
    resources: Resources = Resources()
    data: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    affinity: str | None = None


@dataclass(frozen=True)
class Progress:
    job: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Returned:
    job: str
    value: Any


@dataclass(frozen=True)
class Raised:
    """The job raised: ``error`` is one line, ``detail`` the traceback."""

    job: str
    error: str
    detail: str


@dataclass(frozen=True)
class Lost:
    """The worker died under the job; the executor has already replaced it. ``cause`` says how it died."""

    job: str
    cause: str


Message = Progress | Returned | Raised | Lost


class Executor(Component, ABC):
    """Runs jobs in workers. Lives on the driver and is called from one thread.

    Every submitted job ends in exactly one Returned, Raised or Lost, after any number of Progress messages; also a
    job that was told to stop; one that was stopped while it waited never begins, and ends in Raised. Jobs start in the
    order in which they were submitted, except that a worker may take one whose affinity it had before first: at most
    three later jobs start before a job in this way.

    Attributes:
        plugins: what jobs find in ``worker.registry()``; assigned before ``start``.
    """

    plugins: PluginSet

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many jobs run at the same time."""

    @abstractmethod
    def start(self) -> None:
        """Make workers ready; returns before they are warm."""

    @abstractmethod
    def submit(self, job: Job) -> None:
        """Queue a job. Raises AutoMLError if it can never run here; then it was not submitted."""

    @abstractmethod
    def stop(self, job: str) -> None:
        """Ask a job to end at its next report; no effect if it has ended. A queued job never begins."""

    def kill(self, job: str) -> None:
        """End a job now, at the price of its worker where the worker is a process: it ends in Lost.

        For jobs that were asked to stop and did not. No effect on one that has ended; where workers are no processes
        of their own, this is ``stop`` once more.
        """
        self.stop(job)

    @abstractmethod
    def next(self, timeout: float | None = None) -> Message | None:
        """The next message; None if ``timeout`` seconds passed without one, or if nothing is under way."""

    @abstractmethod
    def close(self) -> None:
        """End all workers and jobs. Called once, also after an error."""

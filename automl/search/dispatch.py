"""Between the desk and the executor: several trainings may travel to a worker as one job, a pack.

The desk speaks of trainings, by name, and hears of each alone; how many of them make a job is decided here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from automl.search.contracts import Executor, Job, Lost, Message, Progress, Raised, Resources, Returned
from automl.search.training import TrainingJob

_TRAIN = "automl.search.training:train_pack"


@dataclass(frozen=True)
class Training:
    """A training on its way; ``affinity`` as that of a `Job`. ``name`` is unique among those under way."""

    name: str
    job: TrainingJob
    affinity: str | None

    @property
    def kin(self) -> tuple[Any, ...]:
        """Trainings that agree in this may be in one pack: same rows, and the same code compiled for them."""
        return self.job.rows.fingerprint, self.job.learner, self.affinity, self.job.final


@dataclass(frozen=True)
class LostTogether(Lost):
    """The worker died under a training that was one of several: which of them it died of is not known."""


@dataclass
class _Pack:
    """A job under way; ``open`` are the trainings of it that have not ended, ``stopping`` those that should."""

    trainings: Sequence[Training]
    open: set[str] = field(default_factory=set)
    stopping: set[str] = field(default_factory=set)


class Dispatch:
    """Owned by the desk. ``size``: the most trainings of a pack; 1 sends each alone, and at once."""

    def __init__(self, executor: Callable[[], Executor], threads: int, resources: Resources, size: int = 1) -> None:
        self._executor = executor
        self._threads = threads
        self._resources = resources
        self._size = size
        self._waiting: list[Training] = []
        self._packs: dict[str, _Pack] = {}
        self._messages: deque[Message] = deque()

    @property
    def is_under_way(self) -> bool:
        """Whether the executor has a job of it, or a message waits to be read."""
        return bool(self._packs or self._messages)

    def send(self, training: Training) -> None:
        """Take a training; it leaves with its pack, at `flush` at the latest."""
        self._waiting.append(training)
        kin = [other for other in self._waiting if other.kin == training.kin]
        if len(kin) == self._size:
            self._submit(kin)

    def send_alone(self, training: Training) -> None:
        """Take a training that is to have no company."""
        self._submit([training])

    def flush(self) -> None:
        """Let go what waits for company."""
        while self._waiting:
            first = self._waiting[0]
            self._submit([other for other in self._waiting if other.kin == first.kin])

    def _submit(self, trainings: Sequence[Training]) -> None:
        self._waiting = [training for training in self._waiting if training not in trainings]
        name = "+".join(training.name for training in trainings)
        rows = trainings[0].job.rows
        payload = tuple(training.job for training in trainings)
        self._executor().submit(
            Job(
                name,
                _TRAIN,
                payload,
                self._threads,
                self._resources,
                {rows.fingerprint: rows.read},
                trainings[0].affinity,
            )
        )
        self._packs[name] = _Pack(trainings, {training.name for training in trainings})

    def stop(self, training: str) -> None:
        """Ask a training to end. One among several goes on until all of its pack should end."""
        self.flush()
        for name, pack in self._packs.items():
            if training in pack.open:
                pack.stopping.add(training)
                if pack.open <= pack.stopping:
                    self._executor().stop(name)

    def kill(self, training: str) -> None:
        """End a training now, and all of its pack."""
        for name, pack in self._packs.items():
            if training in pack.open:
                self._executor().kill(name)

    def next(self, timeout: float | None) -> Message | None:
        """The next message, about one training; None if ``timeout`` seconds passed, or if nothing is under way."""
        if not self._messages and self._packs:
            message = self._executor().next(timeout)
            if message is not None:
                self._take_apart(message)
        return self._messages.popleft() if self._messages else None

    def _take_apart(self, message: Message) -> None:
        pack = self._packs[message.job]
        if isinstance(message, Progress):
            training = pack.trainings[message.payload["place"]]
            self._messages.append(Progress(training.name, message.payload["epoch"]))
            return
        del self._packs[message.job]
        for place, training in enumerate(pack.trainings):
            if isinstance(message, Returned):
                result = message.value[place]
                failed = isinstance(result, Raised)
                self._messages.append(Raised(training.name, result.error, result.detail) if failed else
                                      Returned(training.name, result))  # fmt: skip
            elif isinstance(message, Raised):
                self._messages.append(Raised(training.name, message.error, message.detail))
            else:
                kind = LostTogether if len(pack.trainings) > 1 else Lost
                self._messages.append(kind(training.name, message.cause))

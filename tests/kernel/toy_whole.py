"""A toy learner that trains as a whole: one call of ``epoch``, to the end."""

from __future__ import annotations

from typing import Any

from toy import Descent, DescentTraining, ToyNet

from automl.dataset import Rows
from automl.hookspecs import hookimpl
from automl.learning import Epoch, Trial
from automl.records import Record


class WholeTraining(DescentTraining):
    def __init__(self, until: int, *opened: Any) -> None:
        super().__init__(*opened)
        self._until = until

    def epoch(self) -> Epoch:
        *_, last = (super(WholeTraining, self).epoch() for _ in range(self._until))
        return Epoch({**last.metrics, "until": float(self._until)}, last.predicted)

    def state(self) -> Any:
        raise AssertionError("what trains as a whole is never asked for a state to go on from")


class WholeDescent(Descent):
    """Gradient descent that cannot be stopped between two epochs."""

    id = "whole.descent"
    epochwise = False

    def open(self, trial: Trial, train: Rows, valid: Rows | None) -> WholeTraining:
        return WholeTraining(trial.until, self.params, trial.seed, trial.task, train, valid)


class WholeNet(ToyNet):
    """For the learner that trains as a whole."""

    id = "whole.net"
    learner = "whole.descent"


@hookimpl
def automl_learners() -> list[Record]:
    return [Record(WholeDescent.id, f"{__name__}:WholeDescent", WholeDescent.summary())]


@hookimpl
def automl_networks() -> list[Record]:
    return [Record(WholeNet.id, f"{__name__}:WholeNet", WholeNet.summary())]

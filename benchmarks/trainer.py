"""Epochs of the compiled trainer against ``keras.Model.fit``, and what a trial costs before its first epoch.

    python benchmarks/trainer.py [--epochs 5] [--threads 1]

Everything is timed in one run on generated data, the ways in turn within each round, and medians are compared: on a
shared machine the ratios mean something, the seconds less. The compiled ways do all that a trial's epoch does in the
engine (shuffling, the last partial batch, learning rates by the step); no validation rows on either side.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from automl.dataset import Rows
from automl.learning import NetworkSpec, Task, Training, Trial
from automl_keras import engine
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP

TASK = Task("regression", "y")
ROWS, COLUMNS = 16_000, 20


@dataclass(frozen=True)
class Case:
    """A network and a batch size."""

    depth: int
    width: int
    batch: int

    @property
    def network(self) -> MLP:
        return MLP(MLP.Params(depth=self.depth, width=self.width))

    def __str__(self) -> str:
        return f"{self.depth} x {self.width} units, batch {self.batch}"


CASES = (Case(2, 64, 32), Case(3, 256, 256))


def generated() -> Rows:
    draw = np.random.default_rng(0)
    values = draw.normal(size=(ROWS, COLUMNS))
    target = values[:, 0] * values[:, 1] + np.sin(values[:, 2]) + 0.1 * draw.normal(size=ROWS)
    frame = pd.DataFrame(values, columns=[f"c{number}" for number in range(COLUMNS)])
    return Rows(frame, pd.Series(target), None, dict.fromkeys(frame.columns, "numeric"))


def opened(case: Case, rows: Rows, mode: str, seed: int, threads: int) -> Training:
    learner = KerasLearner(KerasLearner.Params(compile=mode, batch_size=case.batch))
    trial = Trial(TASK, seed, epochs=100, until=100, threads=threads, network=case.network)
    return learner.open(trial, rows, None)


def stock_fit(case: Case, rows: Rows) -> Callable[[], object]:
    """One epoch of ``model.fit`` as a user would write it."""
    import keras

    model = case.network.build(NetworkSpec(COLUMNS, TASK, 0))
    model.compile(optimizer=keras.optimizers.Adam(), loss="mse")
    features, target = rows.matrix(), rows.target.to_numpy(dtype="float32")[:, None]
    return lambda: model.fit(features, target, batch_size=case.batch, epochs=1, verbose=0)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(case: Case, rows: Rows, epochs: int, threads: int) -> None:
    print(f"\n{case}; {ROWS:,} rows x {COLUMNS} columns, {threads} thread(s)")
    print(f"{'':22}{'first epoch s':>15}{'epoch ms':>11}{'times fit':>11}")
    trainings = {f"compiled, {mode}": opened(case, rows, mode, 0, threads) for mode in ("xla", "graph")}
    ways: dict[str, Callable[[], object]] = {"model.fit": stock_fit(case, rows)}
    ways |= {name: training.epoch for name, training in trainings.items()}
    first = {name: seconds(way) for name, way in ways.items()}
    timed: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(epochs):
        for name, way in ways.items():
            timed[name].append(seconds(way))
    typical = {name: statistics.median(times) for name, times in timed.items()}
    for name, epoch in typical.items():
        print(f"{name:22}{first[name]:15.2f}{epoch * 1e3:11.1f}{typical['model.fit'] / epoch:11.1f}")

    again: dict[str, list[float]] = {"open": [], "beyond a usual epoch": []}
    for seed in range(1, epochs + 1):
        start = time.perf_counter()
        training = opened(case, rows, "xla", seed, threads)
        again["open"].append(time.perf_counter() - start)
        again["beyond a usual epoch"].append(seconds(training.epoch) - seconds(training.epoch))
    parts = ", ".join(f"{name} {statistics.median(times) * 1e3:.0f} ms" for name, times in again.items())
    print(f"a later trial of the same signature, under xla: {parts}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=5, help="timed epochs of each way")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    engine.start(arguments.threads)
    rows = generated()
    for case in CASES:
        measure(case, rows, arguments.epochs, arguments.threads)


if __name__ == "__main__":
    main()

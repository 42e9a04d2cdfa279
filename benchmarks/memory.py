"""Memory of one worker over many trainings: ``python benchmarks/memory.py [--trainings 1000] [--compile xla]``.

Trials come as a search sends them: each draws one of ``--signatures`` shapes of network, optimizer and batch, and has
rates, seeds and dials of its own. Prints the resident memory every 100 trainings, and how many programs were built
since. What grows while nothing is built is ours to keep flat; what each new program adds is kept by TensorFlow.
"""

from __future__ import annotations

import argparse
import gc
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl.dataset import Rows
from automl.learning import Network, Task, Trial
from automl_keras.learner import KerasLearner
from automl_keras.networks import MLP
from automl_keras.signatures import program

TASK = Task("regression", "y")
EPOCHS = 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--trainings", type=int, default=1000)
    arguments.add_argument("--signatures", type=int, default=40)
    arguments.add_argument("--compile", choices=["xla", "graph", "fit"], default="xla")
    given = arguments.parse_args()
    draw = np.random.default_rng(0)
    rows, valid = make_rows(draw, 2000), make_rows(draw, 500)
    offered = list(itertools.islice(shapes(), given.signatures))
    print(f"{'trainings':>9} {'resident MB':>11} {'grown MB':>8} {'compiled':>8}")
    before, built = resident(), 0
    for number in range(given.trainings + 1):
        if number % 100 == 0:
            gc.collect()
            now, misses = resident(), program.cache_info().misses
            print(f"{number:>9} {now:>11.0f} {now - before:>8.1f} {misses - built:>8}", flush=True)
            before, built = now, misses
        network, params = offered[draw.integers(len(offered))]
        train_once(network, {**params, "compile": given.compile}, draw, rows, valid, number)


def shapes() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Parameters of networks and learners that are compiled apart."""
    optimizers: Sequence[str] = ("adam", "adamw", "sgd", "rmsprop")
    for depth, width, activation, optimizer in itertools.product(
        (1, 2, 3, 4), (16, 32, 48), ("relu", "selu", "swish"), optimizers
    ):
        yield {"depth": depth, "width": width, "activation": activation}, {"optimizer": optimizer, "batch_size": 128}


def train_once(
    network: dict[str, Any], params: dict[str, Any], draw: np.random.Generator, rows: Rows, valid: Rows, seed: int
) -> None:
    built: Network = MLP(MLP.Params.model_validate({**network, "dropout": draw.uniform(0.1, 0.5), "l2": 1e-4}))
    learner = KerasLearner(KerasLearner.Params.model_validate({**params, "learning_rate": 10 ** draw.uniform(-4, -2)}))
    training = learner.open(Trial(TASK, seed, EPOCHS, until=EPOCHS, network=built), rows, valid)
    for _ in range(EPOCHS):
        training.epoch()
        training.mark()
    training.finish()


def make_rows(draw: np.random.Generator, n: int) -> Rows:
    frame = pd.DataFrame(draw.normal(size=(n, 10)), columns=[f"c{number}" for number in range(10)])
    return Rows(frame, frame["c0"] * frame["c1"] + frame["c2"], None, dict.fromkeys(frame.columns, "numeric"))


def resident() -> float:
    """Resident memory of this process in MB (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()

"""Finished trials per minute against keras-tuner's own ``Hyperband.search``: same space, rows, epochs and objective.

    python benchmarks/vs_keras_tuner.py [--data california adult] [--epochs 27] [--workers 2]

Both sides get the same numeric table, parts and network space, one round of Hyperband (factor 3) and batches of 32
rows, and both may use the whole machine: keras-tuner trains one trial at a time with TensorFlow's default threads,
``automl`` one in each worker. The clock runs from a cold start, the engine's import included, to the end of the
search. Each side is a process of its own, one after the other in one run. The final score is that of each side's best
trial on test rows that neither search has seen. keras-tuner's own tuners want ``tensorboard``, which nothing else here
does: ``pip install tensorboard``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATA = Path(__file__).parents[1] / "examples" / "data"
BATCH = 32
SETS = {
    "california": ("california_housing.parquet", "MedHouseVal", "rmse"),
    "adult": ("adult.parquet", "income", "log_loss"),
}

PIPELINE = """
version: 1
name: against-keras-tuner
seed: 1
data: {{path: {path}, target: {target}}}
stages:
  split: {{use: split.random, in: data, with: {{test: 0.2, valid: 0.2}}}}
  scaled: {{use: scale.standard, in: split, columns: numeric}}
  search:
    use: search.network
    in: scaled
    with:
      network: mlp
      tuner: {{use: hyperband, with: {{factor: 3, iterations: 1}}}}
      objective: {metric}
      budget: {{trials: 1000, epochs: {epochs}}}
      patience: null
      baselines: []
      space:
        depth: {{int: [1, 3]}}
        width: [32, 64, 128]
        activation: [relu, selu, swish]
        dropout: [0.0, 0.1, 0.3]
        learning_rate: {{float: [1.0e-4, 1.0e-2], log: true}}
        optimizer: [adam, rmsprop]
        batch_size: {batch}
  evaluate: {{use: evaluate.report, in: search}}
run: {{executor: {{use: local, with: {{workers: {workers}}}}}}}
track: []
"""


def numeric_table(name: str) -> pd.DataFrame:
    """The table with categories as zeros and ones; the target as it is."""
    file, target, _ = SETS[name]
    table = pd.read_parquet(DATA / file)
    features = pd.get_dummies(table.drop(columns=target), dtype="float64")
    features.columns = [f"x{place}" for place in range(features.shape[1])]
    return features.assign(**{target: table[target]})


def with_automl(folder: Path, name: str, epochs: int, workers: int) -> dict[str, Any]:
    """Run the pipeline in a process of its own; what came of the search, and the parts of the rows."""
    _, target, metric = SETS[name]
    file = folder / "pipeline.yaml"
    file.write_text(
        PIPELINE.format(
            path=folder / "table.parquet", target=target, metric=metric, epochs=epochs, workers=workers, batch=BATCH
        )
    )
    _in_process("automl", folder, name, epochs)
    return json.loads((folder / "automl.json").read_text())


def run_automl(folder: Path, name: str, epochs: int) -> None:  # noqa: ARG001 - the pipeline has them
    from automl import events
    from automl import run as runs
    from automl.columns import TEST, VALID
    from automl.pipeline_file import load
    from automl.plan.materialize import Plan
    from automl.plugins import Registry
    from automl.run import LazyExecutor
    from automl.store import Store
    from automl.testing.observers import RecordingObserver

    metric = SETS[name][2]
    registry = Registry.load()
    declaration = load(str(folder / "pipeline.yaml"), registry)
    observer = RecordingObserver()
    finished = runs.run(declaration, registry, workspace=folder / "work", observers=[observer]).finished
    (ended,) = observer.of(events.SearchFinished)
    store = Store(folder / "work" / "store")
    part = Plan(declaration, registry, store, lambda _: None, LazyExecutor(declaration, registry)).materialize(
        "split", {}
    )
    rows = part.dataset.part
    np.savez(folder / "parts.npz", test=np.flatnonzero(rows == TEST), valid=np.flatnonzero(rows == VALID))
    trials = [trial for trial in finished.search.trials if trial.status == "finished"]
    result = {
        "seconds": ended.seconds,
        "trials": len(trials),
        "epochs": sum(len(trial.history) for trial in trials),
        "valid": min(trial.score for trial in trials),
        "test": finished.evaluation.metrics[metric],
        "utilisation": ended.utilisation,
        "parts": dict(ended.parts),
    }
    (folder / "automl.json").write_text(json.dumps(result))


def run_keras_tuner(folder: Path, name: str, epochs: int) -> None:
    """keras-tuner as its documentation shows it."""
    started = time.perf_counter()
    import keras
    import keras_tuner

    _, target, _ = SETS[name]
    table = pd.read_parquet(folder / "table.parquet")
    parts = np.load(folder / "parts.npz")
    held_out = np.concatenate([parts["test"], parts["valid"]])
    train = np.setdiff1d(np.arange(len(table)), held_out)
    x = table.drop(columns=target).to_numpy("float64")
    deviation = x[train].std(axis=0)
    x = ((x - x[train].mean(axis=0)) / np.where(deviation == 0, 1, deviation)).astype("float32")
    classes = name == "adult"
    y = (table[target] == sorted(table[target].unique())[1]).to_numpy() if classes else table[target].to_numpy()
    center, scale = (0.0, 1.0) if classes else (y[train].mean(), y[train].std())
    y = ((y - center) / scale).astype("float32")

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        model = keras.Sequential()
        activation, dropout = hp.Choice("activation", ["relu", "selu", "swish"]), hp.Choice("dropout", [0.0, 0.1, 0.3])
        width = hp.Choice("width", [32, 64, 128])
        for _ in range(hp.Int("depth", 1, 3)):
            initializer = "lecun_normal" if activation == "selu" else "he_normal"
            model.add(keras.layers.Dense(width, activation=activation, kernel_initializer=initializer))
            if dropout:
                kind = keras.layers.AlphaDropout if activation == "selu" else keras.layers.Dropout
                model.add(kind(dropout))
        model.add(keras.layers.Dense(1))
        rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        kind = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
        optimizer = kind[hp.Choice("optimizer", ["adam", "rmsprop"])](rate)
        loss = keras.losses.BinaryCrossentropy(from_logits=True) if classes else "mse"
        model.compile(optimizer=optimizer, loss=loss)
        return model

    tuner = keras_tuner.Hyperband(
        build, objective="val_loss", max_epochs=epochs, factor=3, seed=1, directory=folder / "tuner", project_name="one"
    )
    tuner.search(
        x[train], y[train], validation_data=(x[parts["valid"]], y[parts["valid"]]), batch_size=BATCH, verbose=0
    )
    seconds = time.perf_counter() - started
    trials = [trial for trial in tuner.oracle.trials.values() if trial.status == "COMPLETED"]
    values = [trial.hyperparameters.values for trial in trials]
    best = tuner.get_best_models(1)[0]
    test = float(best.evaluate(x[parts["test"]], y[parts["test"]], verbose=0))
    valid = min(trial.score for trial in trials)
    result = {
        "seconds": seconds,
        "trials": len(trials),
        "epochs": sum(value["tuner/epochs"] - value["tuner/initial_epoch"] for value in values),
        "valid": valid if classes else valid**0.5 * scale,
        "test": test if classes else test**0.5 * scale,
    }
    (folder / "keras_tuner.json").write_text(json.dumps(result))


def _in_process(side: str, folder: Path, name: str, epochs: int) -> None:
    command = [sys.executable, __file__, "--side", side, "--folder", str(folder), "--data", name]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", **os.environ}
    subprocess.run([*command, "--epochs", str(epochs)], check=True, env=environment)


def compare(name: str, epochs: int, workers: int) -> None:
    metric = SETS[name][2]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        numeric_table(name).to_parquet(folder / "table.parquet")
        ours = with_automl(folder, name, epochs, workers)
        _in_process("keras_tuner", folder, name, epochs)
        theirs = json.loads((folder / "keras_tuner.json").read_text())
    print(f"\n{name}: Hyperband, one round, at most {epochs} epochs, batches of {BATCH}")
    header = ("seconds", "trials", "epochs", "trials/min", f"valid {metric}", f"test {metric}")
    print(" " * 14 + "".join(f"{text:>{width}}" for text, width in zip(header, (9, 8, 8, 12, 16, 15), strict=True)))
    for label, side in (("automl", ours), ("keras-tuner", theirs)):
        rate = 60 * side["trials"] / side["seconds"]
        print(
            f"{label:14}{side['seconds']:9.1f}{side['trials']:8}{side['epochs']:8}{rate:12.1f}"
            f"{side['valid']:16.4f}{side['test']:15.4f}"
        )
    ratio = ours["trials"] / ours["seconds"] / (theirs["trials"] / theirs["seconds"])
    total = sum(ours["parts"].values())
    shares = ", ".join(f"{part} {seconds / total:.0%}" for part, seconds in ours["parts"].items())
    print(f"{ratio:.1f} times the trials per minute; workers {ours['utilisation']:.0%} busy: {shares}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--epochs", type=int, default=27, help="the most epochs of a trial")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", choices=["automl", "keras_tuner"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side = {"automl": run_automl, "keras_tuner": run_keras_tuner}[arguments.side]
        side(arguments.folder, arguments.data[0], arguments.epochs)
        return
    for name in arguments.data:
        compare(name, arguments.epochs, arguments.workers)


if __name__ == "__main__":
    main()

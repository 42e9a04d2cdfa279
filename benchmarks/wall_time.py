"""Does ``automl fit --time T`` end in time, and does it use the time? One fit for each of 20 tables.

    python benchmarks/wall_time.py [--time 60] [--cells 100x10000x2 ...]

A table is made up: half of its columns are numbers, a tenth of them skewed and a tenth with gaps, the rest are levels;
the target depends on a few of them. ``classes`` 0 means amounts. A row of the output has the seconds of the whole
command by the clock, the overshoot in per cent of T, the trials, and the share of the time that the search had.
Allowed are 5 %, one epoch and one engine start (which is measured first: a process that imports TensorFlow).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CELLS = [
    (50, 5, 0), (50, 5, 2), (50, 200, 2), (100, 10_000, 2), (200, 2_000, 0),
    (1_000, 20, 0), (1_000, 20, 10), (1_000, 500, 2), (5_000, 50, 0), (5_000, 50, 26),
    (20_000, 10, 0), (20_000, 10, 2), (20_000, 100, 100), (20_000, 500, 0), (50_000, 30, 2),
    (100_000, 20, 0), (100_000, 100, 10), (200_000, 20, 2), (500_000, 10, 0), (500_000, 30, 7),
]  # fmt: skip
LEVELS = ("low", "middle", "high", "none of these", "other", "north", "south", "east", "west")


def table(rows: int, columns: int, classes: int, seed: int = 0) -> pd.DataFrame:
    """Rows of which a model can learn something; the target is the column ``y``."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, (columns + 1) // 2)).astype("float64")
    signal = numbers[:, : min(4, numbers.shape[1])].sum(axis=1) + rng.normal(size=rows)
    numbers[:, ::10] = np.exp(numbers[:, ::10])
    numbers[:, 1::10][rng.random(numbers[:, 1::10].shape) < 0.1] = np.nan
    frame = {f"n{place}": numbers[:, place] for place in range(numbers.shape[1])}
    for place in range(columns // 2):
        codes = rng.integers(0, len(LEVELS), rows)
        frame[f"c{place}"] = np.asarray(LEVELS, dtype=object)[codes]
        if place == 0:
            signal += 0.3 * codes
    if classes:
        edges = np.quantile(signal, np.linspace(0, 1, classes + 1)[1:-1])
        frame["y"] = np.char.add("k", np.searchsorted(edges, signal).astype(str))
    else:
        frame["y"] = signal
    return pd.DataFrame(frame)


def engine_start() -> float:
    """Seconds of a process that does nothing but import TensorFlow."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import tensorflow"], check=True, capture_output=True)
    return time.perf_counter() - began


def fit(folder: Path, cell: tuple[int, ...], seconds: float) -> dict[str, Any]:
    """One ``automl fit`` in a folder of its own, and what its event log tells of the search."""
    table(*cell).to_parquet(folder / "table.parquet")
    task = ["--task", "regression"] if not cell[2] else []
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "automl", "fit", "table.parquet", "--target", "y", "--time", f"{seconds:g}s", *task],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    took = time.perf_counter() - began
    events = [json.loads(line) for path in folder.glob(".automl/runs/*/events.jsonl") for line in path.open()]
    searched = next((event for event in events if event["event"] == "search_finished"), {})
    ledgers = [path.read_text().splitlines() for path in folder.glob(".automl/runs/*/ledger.jsonl")]
    trials = sum(json.loads(line)["number"] > 0 for line in (ledgers[0] if ledgers else ()))
    return {
        "rows": cell[0], "columns": cell[1], "classes": cell[2], "exit": done.returncode, "seconds": took,
        "over": took / seconds - 1, "trials": trials, "search": searched.get("seconds", 0.0) / seconds,
        "said": done.stderr.strip().splitlines()[-1:] if done.returncode else [],
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time", type=float, default=60.0, help="seconds asked for")
    parser.add_argument("--cells", nargs="*", metavar="ROWSxCOLUMNSxCLASSES", help="these tables instead of the 20")
    options = parser.parse_args()
    cells = [tuple(map(int, cell.split("x"))) for cell in options.cells] if options.cells else CELLS
    start = engine_start()
    print(f"asked for {options.time:g} s; one engine start took {start:.1f} s")
    print("   rows columns classes  exit  seconds   over  trials  search")
    worst = 0.0
    for cell in cells:
        with tempfile.TemporaryDirectory() as folder:
            found = fit(Path(folder), cell, options.time)
        worst = max(worst, found["seconds"] - options.time)
        print(
            f"{found['rows']:7} {found['columns']:7} {found['classes']:7} {found['exit']:5} {found['seconds']:8.1f} "
            f"{found['over']:6.1%} {found['trials']:7} {found['search']:7.0%} {' '.join(found['said'])}",
            flush=True,
        )
    allowed = 0.05 * options.time + start
    print(f"the longest went on for {worst:.1f} s beyond the time; allowed are {allowed:.1f} s and one epoch")


if __name__ == "__main__":
    main()

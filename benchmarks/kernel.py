"""What the kernel adds to the work of the stages: a large frame through five of them, materialised and by hand.

    python benchmarks/kernel.py [--rows 1000000] [--columns 20] [--profile]

Each stage is materialised (its input loaded from the store, fitted, applied, hashed, written) and right after it the
same component is fitted on the same training rows and applied to the same frame directly. Reading and splitting come
before and are not counted. Both ways run in one process, stage by stage in turn, and processor seconds of all threads
are compared beside those of the clock, for on a shared machine a clock tells of the neighbours as well.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import pstats
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automl.columns import TRAIN
from automl.pipeline_file import loads
from automl.plan.materialize import Plan
from automl.plan.selectors import select
from automl.plugins import Registry
from automl.run import LazyExecutor
from automl.selection import Selection
from automl.store import Store

BOUND = 1.5
"""The ratio that the five stages of the first chain must stay under."""

CHAINS = {
    "as shipped (winsorize, impute, Yeo-Johnson, min-max, standard)": [
        ("clean.winsorize", {}),
        ("impute.simple", {}),
        ("power.yeo_johnson", {}),
        ("scale.minmax", {}),
        ("scale.standard", {}),
    ],
    "as light as stages get (scaled five times)": [("scale.standard", {}), ("scale.minmax", {})] * 2
    + [("scale.standard", {})],
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--columns", type=int, default=20)
    arguments.add_argument("--profile", action="store_true", help="Show where the kernel spends its time.")
    options = arguments.parse_args()
    registry = Registry.load()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.parquet"
        for chain in CHAINS.values():  # what is imported on first use is not the kernel's work
            generated(1_000, 2).to_parquet(data)
            with opened(registry, pipeline(data, chain), Path(folder) / "warm") as plan:
                plan.materialize(f"stage{len(chain) - 1}", {})
        generated(options.rows, options.columns).to_parquet(data)
        for title, chain in CHAINS.items():
            print(f"\n{options.rows:,} x {options.columns}, {title}")
            with opened(registry, pipeline(data, chain), Path(folder) / title) as plan:
                measure(plan, len(chain), profile=options.profile)


def generated(rows: int, columns: int) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    values = draw.gamma(2.0, size=(rows, columns))
    values[draw.random(values.shape) < 0.02] = np.nan
    frame = pd.DataFrame(values, columns=[f"c{number}" for number in range(columns)])
    return frame.assign(y=draw.normal(size=rows))


def pipeline(data: Path, chain: list[tuple[str, dict[str, Any]]]) -> str:
    names = ["split", *(f"stage{number}" for number in range(len(chain)))]
    stages = "".join(
        f"  {name}: {{use: {use}, in: {above}, columns: numeric, with: {params}}}\n"
        for name, above, (use, params) in zip(names[1:], names, chain, strict=False)
    )
    return (
        f"version: 1\nname: kernel\nseed: 1\ndata: {{path: {data}, target: y}}\n"
        f"stages:\n  split: {{use: split.random, in: data, with: {{test: 0.2, valid: 0.2}}}}\n{stages}"
    )


@contextlib.contextmanager
def opened(registry: Registry, text: str, workspace: Path) -> Iterator[Plan]:
    declaration = loads(text, registry)
    store = Store(workspace / "store")
    executor = LazyExecutor(declaration, registry)
    with store.locked():
        yield Plan(declaration, registry, store, lambda _: None, executor, Selection().anew)


def measure(plan: Plan, stages: int, *, profile: bool) -> None:
    plan.materialize("split", {})
    profiler = cProfile.Profile(time.process_time)
    kernel, own = np.zeros(2), np.zeros(2)
    for number in range(stages):
        name = f"stage{number}"
        started = now()
        if profile:
            profiler.enable()
        plan.materialize(name, {})
        profiler.disable()
        spent = now() - started
        direct = by_hand(plan, name)
        kernel, own = kernel + spent, own + direct
        print(f"  {plan.graph[name].component.id:<18} {told(spent)}; by hand {told(direct)}")
    print(f"  {'together':<18} {told(kernel)}; by hand {told(own)}")
    clock, processor = kernel / own
    print(f"  ratio {processor:.2f} of the processor, {clock:.2f} of the clock (bound {BOUND})")
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def now() -> np.ndarray:
    """Seconds of the clock and of the processor."""
    return np.array([time.perf_counter(), time.process_time()])


def told(seconds: np.ndarray) -> str:
    return f"{seconds[1]:6.2f} s of the processor, {seconds[0]:6.2f} s of the clock"


def by_hand(plan: Plan, name: str) -> np.ndarray:
    """What the stage's own work takes on the rows that the plan gave it."""
    node = plan.graph[name]
    source = plan.input(name, {})
    assert source is not None
    dataset = source.load()
    stage: Any = node.component(node.parameters({}))
    selected = select(node.columns, dataset, stage.accepts, name)
    rows, frame = dataset.rows(TRAIN, selected), dataset.frame[selected].copy()
    started = now()
    stage.fit(rows).apply(frame)
    return now() - started


if __name__ == "__main__":
    main()

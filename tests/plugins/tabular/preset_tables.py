"""Tables as people bring them, each odd in its own way; made, small, and the same every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd


def _draw(rows: int) -> tuple[np.random.Generator, pd.DataFrame]:
    draw = np.random.default_rng(7)
    x = draw.normal(size=rows)
    table = {"x": x, "z": draw.normal(size=rows), "price": 10 + 3 * x + 0.3 * draw.normal(size=rows)}
    return draw, pd.DataFrame(table)


def tiny() -> pd.DataFrame:
    return _draw(60)[1]


def all_categorical() -> pd.DataFrame:
    draw, table = _draw(400)
    colours = draw.choice(["red", "green", "blue"], size=400)
    shapes = draw.choice([f"s{n}" for n in range(12)], size=400)
    return pd.DataFrame({"colour": colours, "shape": shapes, "price": table["price"] + (colours == "red") * 5})


def missing_everywhere() -> pd.DataFrame:
    draw, table = _draw(500)
    table["colour"] = draw.choice(["red", "green"], size=500)
    table["flag"] = pd.array(draw.random(500) < 0.5, dtype="boolean")
    return table.mask(draw.random(table.shape) < 0.2)


def ids_and_constants() -> pd.DataFrame:
    _, table = _draw(300)
    rows = np.arange(300)
    return table.assign(
        customer_id=rows * 7 + 1000, code=[f"k{n:05}" for n in rows], country="CH", nothing=np.nan, counter=rows
    )


def dates() -> pd.DataFrame:
    _, table = _draw(300)
    note = [f"a long remark that nobody wrote twice, number {n}, about this and about that" for n in range(300)]
    return table.assign(day=pd.date_range("2024-01-01", periods=300).astype(str), note=note)


def multiclass_strings() -> pd.DataFrame:
    draw, table = _draw(3000)
    grade = np.where(table["x"] > 1, "high", np.where(table["x"] < -1, "low", "middle"))
    return table.drop(columns="price").assign(month=draw.integers(1, 8, size=3000), price=grade)


def boolean_target() -> pd.DataFrame:
    _, table = _draw(250)
    return table.assign(price=table["x"] > 0.5)


def wide() -> pd.DataFrame:
    draw, table = _draw(200)
    many = pd.DataFrame(draw.lognormal(size=(200, 300)), columns=[f"m{n}" for n in range(300)])
    return pd.concat([many, table[["price"]]], axis=1)


def odd_names() -> pd.DataFrame:
    _, table = _draw(120)
    return table.rename(columns={"x": "é: [x], {y} #1", "z": "no"}).assign(**{"1e3": np.exp(5 * table["x"]), "-": "q"})


def classes_in_numbers() -> pd.DataFrame:
    _, table = _draw(200)
    return table.assign(price=table["x"].round().clip(-1, 2).astype(int))


def skewed_target() -> pd.DataFrame:
    draw, table = _draw(2500)
    city = [f"c{n}" for n in draw.integers(0, 1500, size=2500)]
    return table.assign(price=np.exp(table["x"] * 1.5) * 1000, city=city)


TABLES: Mapping[str, Callable[[], pd.DataFrame]] = {
    made.__name__: made
    for made in (
        tiny, all_categorical, missing_everywhere, ids_and_constants, dates, multiclass_strings, boolean_target, wide,
        odd_names, classes_in_numbers, skewed_target,
    )
}  # fmt: skip


def write(name: str, folder: Path) -> Path:
    """The table of this name as a CSV file."""
    path = folder / f"{name}.csv"
    TABLES[name]().to_csv(path, index=False)
    return path

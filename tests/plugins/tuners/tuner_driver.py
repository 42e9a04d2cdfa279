"""Searches in miniature, and a space with everything in it. Also a program: prints one ledger per searcher id."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from typing import Any

import automl_tuners
from automl.search.contracts import Brief, Objective, Searcher
from automl.search.space import Space, parse_space
from automl.testing.searching import drive, plain

SPACE = parse_space(
    {
        "depth": {"int": [1, 5]},
        "width": {"int": [16, 256], "log": True},
        "dropout": {"float": [0.0, 0.5], "step": 0.2},
        "heads": {"int": [2, 9], "step": 3},
        "norm": {"choice": [None, True, 1.5, "batch", [1, 2]]},
        "optimizer": {
            "one_of": {
                "adam": {"rate": {"float": [1e-4, 1e-1], "log": True}},
                "sgd": {
                    "rate": {"float": [1e-3, 1.0], "log": True},
                    "schedule": {"one_of": {"cosine": {}, "power": {"decay": {"float": [0.1, 2.0]}}}},
                },
            }
        },
    }
)


USUAL: dict[str, dict[str, Any]] = {"grid": {"resolution": 3, "shuffle": True}}
"""What a searcher needs for any of these spaces."""


def searcher(name: str, **params: Any) -> Searcher:
    """By the door that the engine uses."""
    params = {**USUAL.get(name, {}), **params}
    code = next(record for record in automl_tuners.automl_searchers() if record.id == name).load()
    return code(code.Params(**params))


def brief(
    space: Space = SPACE, trials: int | None = 30, epochs: int = 9, seed: int = 0, maximise: bool = False
) -> Brief:
    return Brief(space, Objective("score", maximise), trials, epochs, seed)


def smooth(values: Mapping[str, Any]) -> float | None:
    """Best (0) at depth 3, width 64, no dropout and a rate of 0.01; failing where adam is deep."""
    if values["optimizer"] == "adam" and values["depth"] == 5:
        return None
    rate = next(value for name, value in values.items() if name.endswith(".rate"))
    return (
        (values["depth"] - 3) ** 2
        + math.log2(values["width"] / 64) ** 2
        + 4 * values["dropout"]
        + math.log10(rate / 0.01) ** 2
        + (values["norm"] != "batch")
    )


SMALL = parse_space(
    {
        "x": {"float": [-1.0, 1.0]},
        "kind": {"one_of": {"plain": {}, "bent": {"y": {"float": [1e-3, 1.0], "log": True}}}},
    }
)


def valley(values: Mapping[str, Any]) -> float | None:
    """Best (0) at x = 0.3 and y = 0.01; failing at the left edge."""
    if values["x"] < -0.8:
        return None
    bend = 1.0 if values["kind"] == "plain" else math.log10(values["kind.bent.y"] / 0.01) ** 2
    return (values["x"] - 0.3) ** 2 + bend


def recorded(name: str) -> list[Any]:
    """A short search with failures, as plain values."""
    if name == "bayesian":
        asked, told, objective = searcher(name, initial_points=7), brief(SMALL, trials=11, seed=3), valley
    else:
        asked, told, objective = searcher(name), brief(SPACE, trials=40, seed=3), smooth
    return plain(drive(asked, told, objective))


if __name__ == "__main__":
    json.dump({name: recorded(name) for name in sys.argv[1:]}, sys.stdout)

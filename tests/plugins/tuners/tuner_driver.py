"""A search in miniature, and a space with everything in it. Also a program: prints one ledger per searcher id."""

from __future__ import annotations

import json
import math
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import automl_tuners
from automl.search.contracts import DONE, Brief, Done, Objective, Outcome, Proposal, Searcher, Wait
from automl.search.space import Space, parse_space

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


def searcher(name: str, **params: Any) -> Searcher:
    """By the door that the engine uses."""
    code = next(record for record in automl_tuners.automl_searchers() if record.id == name).load()
    return code(code.Params(**params))


def brief(
    space: Space = SPACE, trials: int | None = 30, epochs: int = 9, seed: int = 0, maximise: bool = False
) -> Brief:
    return Brief(space, Objective("score", maximise), trials, epochs, seed)


def smooth(values: Mapping[str, Any]) -> float:
    """Best (0) at depth 3, width 64, no dropout and a rate of 0.01; failing where adam is deep."""
    if values["optimizer"] == "adam" and values["depth"] == 5:
        raise ArithmeticError("diverged")
    rate = next(value for name, value in values.items() if name.endswith(".rate"))
    return (
        (values["depth"] - 3) ** 2
        + math.log2(values["width"] / 64) ** 2
        + 4 * values["dropout"]
        + math.log10(rate / 0.01) ** 2
        + (values["norm"] != "batch")
    )


def drive(
    asked: Searcher,
    told: Brief,
    objective: Callable[[Mapping[str, Any]], float] = smooth,
    in_flight: int = 4,
    most: int = 500,
) -> list[tuple[Proposal, Outcome]]:
    """Run a search with ``order: fixed``: trial k is asked when exactly trials 1 to k - in_flight were told."""
    asked.start(told)
    ledger: list[tuple[Proposal, Outcome]] = []
    pending: deque[int] = deque()

    def tell_next() -> None:
        number = pending.popleft()
        asked.tell(number, ledger[number - 1][1])

    while len(ledger) < most:
        answer = asked.ask(len(ledger) + 1)
        if isinstance(answer, Done):
            assert asked.ask(len(ledger) + 1) is DONE
            break
        if isinstance(answer, Wait):
            assert pending, "nothing is under way, so waiting would last for ever"
            tell_next()
            continue
        assert answer.continues is None or answer.continues <= len(ledger) - len(pending)
        epochs = told.epochs if answer.epochs is None else answer.epochs
        try:
            outcome = Outcome(objective(answer.values), epochs)
        except ArithmeticError as error:
            outcome = Outcome(None, 0, str(error))
        ledger.append((answer, outcome))
        pending.append(len(ledger))
        if len(pending) == in_flight:
            tell_next()
    while pending:
        tell_next()
    return ledger


def plain(ledger: list[tuple[Proposal, Outcome]]) -> list[Any]:
    """As it comes back from JSON."""
    return json.loads(json.dumps([[dict(p.values), p.epochs, p.continues, p.resumable] for p, _ in ledger]))


SMALL = parse_space(
    {
        "x": {"float": [-1.0, 1.0]},
        "kind": {"one_of": {"plain": {}, "bent": {"y": {"float": [1e-3, 1.0], "log": True}}}},
    }
)


def valley(values: Mapping[str, Any]) -> float:
    """Best (0) at x = 0.3 and y = 0.01; failing at the left edge."""
    if values["x"] < -0.8:
        raise ArithmeticError("diverged")
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

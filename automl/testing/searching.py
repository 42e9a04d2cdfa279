"""A search in miniature: a space with everything in it, and the loop that asks and tells.

As a program it reads ``{"module", "name", "params", "path"}`` as JSON from standard input, runs that searcher and
writes its proposals as JSON to standard output.
"""

from __future__ import annotations

import importlib
import json
import math
import operator
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from automl.search.contracts import Brief, Done, Objective, Outcome, Proposal, Searcher, Wait
from automl.search.space import Space, parse_space

EVERYTHING: Final = parse_space(
    {
        "depth": {"int": [1, 5]},
        "width": {"int": [16, 256], "log": True},
        "dropout": {"float": [0.0, 0.5], "step": 0.25},
        "norm": {"choice": [None, True, 1.5, "batch"]},
        "fixed": 3,
        "optimizer": {
            "one_of": {
                "adam": {"rate": {"float": [1e-4, 1e-1], "log": True}},
                "sgd": {
                    "rate": {"float": [1e-3, 1.0], "log": True},
                    "schedule": {"one_of": {"constant": {}, "power": {"decay": {"float": [0.1, 2.0]}}}},
                },
            }
        },
    }
)
"""Dimensions of every sort, nested conditions, and a value that is fixed."""

FEW: Final = parse_space({"a": [1, None, "x"], "b": {"one_of": {"p": {"c": {"int": [1, 2]}}, "q": {}}}})
"""Nine configurations."""
HOW_MANY_FEW: Final = 9

MOST: Final = 400
"""Proposals after which a search without a bound is taken for endless."""


def brief(
    space: Space = EVERYTHING, trials: int | None = 12, epochs: int = 9, seed: int = 0, maximise: bool = False
) -> Brief:
    """What a searcher is told before it is asked."""
    return Brief(space, Objective("score", maximise), trials, epochs, seed)


def smooth(values: Mapping[str, Any]) -> float | None:
    """Best (0) at depth 3, width 64 and a rate of 0.01; None, a failure, where adam is deep."""
    if values["optimizer"] == "adam" and values["depth"] == 5:
        return None
    rate = next(value for name, value in values.items() if name.endswith(".rate"))
    return float((values["depth"] - 3) ** 2 + math.log2(values["width"] / 64) ** 2 + math.log10(rate / 0.01) ** 2)


def drive(
    searcher: Searcher,
    told: Brief,
    score: Callable[[Mapping[str, Any]], float | None] = smooth,
    in_flight: int = 4,
    most: int = MOST,
) -> list[tuple[Proposal, Outcome]]:
    """Run a search as ``order: fixed`` does: trial k is asked when exactly trials 1 to k - in_flight were told.

    Args:
        searcher: was not started yet.
        told: the brief.
        score: of the values; None means that the trial failed.
        in_flight: trials under way at the same time.
        most: proposals after which it ends, whatever the searcher says.

    Raises:
        AssertionError: it waits though nothing is under way, is done and proposes again, or goes on from a trial that
            was not told.
    """
    searcher.start(told)
    ledger: list[tuple[Proposal, Outcome]] = []
    pending: deque[int] = deque()

    def tell_next() -> None:
        number = pending.popleft()
        searcher.tell(number, ledger[number - 1][1])

    while len(ledger) < most:
        answer = searcher.ask(len(ledger) + 1)
        if isinstance(answer, Done):
            assert isinstance(searcher.ask(len(ledger) + 1), Done), "it was done, and proposes again"
            break
        if isinstance(answer, Wait):
            assert pending, "it waits, but no trial is under way: the search would wait for ever"
            tell_next()
            continue
        if answer.continues is not None:
            assert 1 <= answer.continues <= len(ledger) - len(pending), "it goes on from a trial that was not told"
            assert ledger[answer.continues - 1][0].resumable, "it goes on from a trial whose state was not kept"
        found = score(answer.values)
        epochs = told.epochs if answer.epochs is None else answer.epochs
        outcome = Outcome(None, 0, "diverged") if found is None else Outcome(found, epochs)
        ledger.append((answer, outcome))
        pending.append(len(ledger))
        if len(pending) == in_flight:
            tell_next()
    while pending:
        tell_next()
    return ledger


def plain(ledger: list[tuple[Proposal, Outcome]]) -> list[Any]:
    """The proposals as they come back from JSON."""
    proposals = [[dict(p.values), p.epochs, p.continues, p.resumable] for p, _ in ledger]
    decoded: list[Any] = json.loads(json.dumps(proposals))
    return decoded


def main() -> None:
    asked = json.load(sys.stdin)
    sys.path[:] = asked["path"]
    code = operator.attrgetter(asked["name"])(importlib.import_module(asked["module"]))
    sys.stdout.write("\n" + json.dumps(plain(drive(code(code.Params.model_validate(asked["params"])), brief()))) + "\n")


if __name__ == "__main__":
    main()

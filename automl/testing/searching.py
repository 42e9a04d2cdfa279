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
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from automl.search.contracts import Brief, Done, Objective, Outcome, Proposal, Searcher, Wait
from automl.search.dimensions import Condition, Dimension
from automl.search.domains import Float
from automl.search.space import Space, parse_dimensions, parse_space

EVERYTHING: Final = Space.of(
    [
        *parse_dimensions(
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
        ),
        Dimension("momentum", Float(0.5, 0.99), (Condition("norm", (True, "batch")),)),
    ]
)
"""Dimensions of every sort, nested conditions, one that several values meet, and a value that is fixed."""

FEW: Final = parse_space({"a": [1, None, "x"], "b": {"one_of": {"p": {"c": {"int": [1, 2]}}, "q": {}}}})
"""Nine configurations."""
HOW_MANY_FEW: Final = 9

MOST: Final = 400
"""Proposals after which a search without a bound is taken for endless."""


TOO_LARGE: Final = Outcome(None, 0, "it has more parameters than max_parameters allows", excess=0.3)


def brief(
    space: Space = EVERYTHING,
    trials: int | None = 12,
    epochs: int = 9,
    seed: int = 0,
    maximise: bool = False,
    guesses: Sequence[Mapping[str, Any]] = (),
) -> Brief:
    """What a searcher is told before it is asked."""
    return Brief(space, Objective("score", maximise), trials, epochs, seed, guesses)


def smooth(values: Mapping[str, Any]) -> float | None:
    """Best (0) at depth 3, width 64 and a rate of 0.01; None, a failure, where adam is deep."""
    if values["optimizer"] == "adam" and values["depth"] == 5:
        return None
    rate = next(value for name, value in values.items() if name.endswith(".rate"))
    return float((values["depth"] - 3) ** 2 + math.log2(values["width"] / 64) ** 2 + math.log10(rate / 0.01) ** 2)


Scored = Callable[[Mapping[str, Any]], "float | Outcome | None"]
"""What becomes of values: a score, None for a failure, or an outcome as it is."""
Curve = Callable[[Mapping[str, Any], int], float]
"""The score at an epoch, counted from 1."""


def drive(
    searcher: Searcher,
    told: Brief,
    score: Scored = smooth,
    in_flight: int = 4,
    most: int = MOST,
    *,
    learned: Sequence[tuple[Mapping[str, Any], Outcome]] = (),
    first: int = 1,
    curve: Curve | None = None,
) -> list[tuple[Proposal, Outcome]]:
    """Run a search as ``order: fixed`` does: trial k is asked when exactly the trials up to k - in_flight were told.

    Args:
        searcher: was not started yet.
        told: the brief.
        score: of the values.
        in_flight: trials under way at the same time.
        most: proposals after which it ends, whatever the searcher says.
        learned: trials of others that it hears of before it is asked.
        first: the number of the first trial; those before are somebody else's.
        curve: reported epoch by epoch before a trial is told; one that the searcher stops is told as pruned.

    Raises:
        AssertionError: it waits though nothing is under way, is done and proposes again, or goes on from a trial that
            was not told.
    """
    searcher.start(told)
    for values, outcome in learned:
        searcher.learn(values, outcome)
    ledger: list[tuple[Proposal, Outcome]] = []
    pending: deque[int] = deque()

    def tell_next() -> None:
        number = pending.popleft()
        proposal, outcome = ledger[number - first]
        if curve is not None and outcome.error is None:
            begun = ledger[proposal.continues - first][1].epochs if proposal.continues is not None else 0
            steps = range(begun + 1, outcome.epochs + 1)
            outcome = follow(searcher, number, ((step, curve(proposal.values, step)) for step in steps)) or outcome
            ledger[number - first] = proposal, outcome
        searcher.tell(number, outcome)

    while len(ledger) < most:
        number = first + len(ledger)
        answer = searcher.ask(number)
        if isinstance(answer, Done):
            assert isinstance(searcher.ask(number), Done), "it was done, and proposes again"
            break
        if isinstance(answer, Wait):
            assert pending, "it waits, but no trial is under way: the search would wait for ever"
            tell_next()
            continue
        if answer.continues is not None:
            assert first <= answer.continues < number - len(pending), "it goes on from a trial that was not told"
            assert ledger[answer.continues - first][0].resumable, "it goes on from a trial whose state was not kept"
        ledger.append(
            (answer, ended(_scored(score, answer.values), told.epochs if answer.epochs is None else answer.epochs))
        )
        pending.append(number)
        if len(pending) == in_flight:
            tell_next()
    while pending:
        tell_next()
    return ledger


def _scored(score: Scored, values: Mapping[str, Any]) -> Any:
    try:
        return score(values)
    except KeyError as error:
        raise AssertionError(
            f"it proposed no value for {error}, found {dict(values)}; mend: a value for each active dimension"
        ) from error


def ended(found: float | Outcome | None, epochs: int) -> Outcome:
    """The outcome of a trial."""
    if isinstance(found, Outcome):
        return found
    return Outcome(None, 0, "diverged") if found is None else Outcome(found, epochs)


def follow(searcher: Searcher, number: int, steps: Iterable[tuple[int, float]]) -> Outcome | None:
    """Report the steps of a trial with their scores; what is to be told of it if the searcher stops it."""
    best = math.inf
    for step, score in steps:
        best = min(best, score)
        if searcher.report(number, step, score):
            return Outcome(best, step, pruned=True)
    return None


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

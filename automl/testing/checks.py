"""A check: one promise of a component's contract, as a function that is handed the component under test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Check:
    """A named promise.

    Attributes:
        name: as it stands in test ids and in ``expected_failures``.
        promise: one sentence, for the documentation.
        run: called with a subject (`automl.testing.subjects`); raises AssertionError where the promise is not kept.
        after: checks that decide this one as well: where one of them fails this one is skipped, so that one mistake
            is told once.
    """

    name: str
    promise: str
    run: Callable[[Any], None]
    after: tuple[Check, ...] = ()


def check(*after: Check) -> Callable[[Callable[[Any], None]], Check]:
    """Make a check of a function: its name and the first line of its docstring are the check's."""

    def made(function: Callable[[Any], None]) -> Check:
        promise = (function.__doc__ or "").strip().split("\n", 1)[0]
        return Check(function.__name__, promise, function, after)

    return made

"""What the tests of advice read off an examination."""

from __future__ import annotations

from collections.abc import Callable

import toy_runs

from automl.advice.findings import Examination

Examine = Callable[..., Examination]


def names(examination: Examination) -> list[str]:
    """Names of all findings, in order."""
    return [finding.name for finding in examination.findings]


def stages(text: str) -> str:
    """As `toy_runs.stages`, with a learner that takes any column: nothing is said of what reaches it."""
    space = "      space: {rate: {float: [0.01, 0.5], log: true}}\n"
    return toy_runs.stages(text).replace("network: toy.net", "network: toy.still").replace(space, "      space: {}\n")

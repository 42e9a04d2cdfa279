"""What the tests of advice read off an examination."""

from __future__ import annotations

from collections.abc import Callable

from automl.advice.findings import Examination

Examine = Callable[..., Examination]


def names(examination: Examination) -> list[str]:
    """Names of all findings, in order."""
    return [finding.name for finding in examination.findings]

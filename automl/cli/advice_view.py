"""How advice is shown: by ``check --data`` and ``plan`` all at once, by ``run`` as it is announced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from automl.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from automl.advice.findings import Examination, Finding
    from automl.events import AdviceGiven
    from automl.plan.values import Values

_LABELS = {"error": "red", "warning": "yellow"}


class AdvicePrinter:
    """An observer that prints each warning of the examination before a run."""

    @hookimpl
    def advice_given(self, event: AdviceGiven) -> None:
        click.echo(f"{painted(event.text)}\n", err=True)


def show_advice(values: Values) -> Examination:
    """Look at the rows and print every warning; raises UnfitDataError with the errors."""
    from automl.advice.examine import examine_data, refuse

    examination = examine_data(values)
    print_warnings(examination)
    refuse(examination, values.declaration)
    return examination


def print_warnings(examination: Examination) -> None:
    """Every warning, and the names of those that were silenced, to the standard error stream."""
    for finding in examination.warnings:
        click.echo(f"{painted(str(finding))}\n", err=True)
    if examination.silenced:
        click.echo(f"silenced: {', '.join(examination.silenced)}\n", err=True)


def painted(text: str) -> str:
    """A finding's text with its first word in colour; a stream that is no terminal gets none."""
    label, colon, rest = text.partition(":")
    return click.style(label, fg=_LABELS.get(label), bold=True) + colon + rest


def counted(findings: Sequence[Finding]) -> str:
    """``no warnings``, ``1 warning``, ``3 warnings``."""
    return f"{len(findings) or 'no'} warning{'' if len(findings) == 1 else 's'}"

"""What an examination finds: an error that a run would meet, or advice that may be silenced by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that the rows say against a pipeline.

    Attributes:
        message: what is the matter, with the column and the number of rows.
        path: keys that lead to what it is about, ``("stages", "split", "with", "bins")``; empty for the table. In
            what a component finds the path begins inside its own stage: ``("with", "bins")``.
        expected, found: where they say more than the message.
        reason: why it matters, for a warning.
        mend: what to do.
        severity: an error is certain to happen in a run and stops it before it begins.
        name: the rule's id, or a key of a component's ``advice``; a rule leaves it to the engine.
        where: ``file:line:column``; filled in by the engine.
    """

    message: str
    path: tuple[str | int, ...] = ()
    expected: str | None = None
    found: str | None = None
    reason: str | None = None
    mend: str | None = None
    severity: Severity = "warning"
    name: str = ""
    where: str = ""

    def __str__(self) -> str:
        lines = [f"{self.severity}: {self.where}: {self.message}" if self.where else f"{self.severity}: {self.message}"]
        said = (("expected", self.expected), ("found", self.found), ("reason", self.reason), ("mend", self.mend))
        lines += [f"  {label}: {text}" for label, text in said if text]
        if self.severity == "warning":
            lines.append(f"  silence: advice: {{silence: [{self.name}]}}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "name": self.name,
            "severity": self.severity,
            "message": self.message,
            "path": list(self.path),
            "where": self.where or None,
            "expected": self.expected,
            "found": self.found,
            "reason": self.reason,
            "mend": self.mend,
        }


@dataclass(frozen=True)
class Examination:
    """All that was found, errors first.

    Attributes:
        findings: what is told.
        silenced: names of the advice that was left out because the file silences it.
    """

    findings: Sequence[Finding]
    silenced: Sequence[str] = ()

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "warning"]

"""A straight chain of stages, each reading the one before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automl.columns import Kind
from automl.presets import Because, Means

if TYPE_CHECKING:
    from automl.table_profile import ColumnProfile


class Chain:
    """Stages in order; one whose component is not installed is left out, and said so."""

    def __init__(self, means: Means) -> None:
        self.stages: dict[str, Because] = {}
        self.missing: list[str] = []
        self._means = means
        self._last = "data"

    def has(self, component: str) -> bool:
        return self._means.has("components", component)

    def add(
        self, name: str, use: str, why: str, *, columns: Any = None, parameters: dict[str, Any] | None = None
    ) -> bool:
        """Put a stage at the end; False if nothing that is installed offers it."""
        if not self.has(use):
            self.missing.append(use)
            return False
        stage: dict[str, Any] = {"use": use, "in": self._last}
        if columns is not None:
            stage["columns"] = columns
        if parameters:
            stage["with"] = parameters
        self.stages[name] = Because(stage, why)
        self._last = name
        return True


def selector(chosen: list[ColumnProfile], of: list[ColumnProfile], kind: Kind) -> Any:
    """The shortest way to say which columns: the kind, the names, or the kind with exceptions."""
    names = [column.name for column in chosen]
    others = [column.name for column in of if column not in chosen]
    if not others:
        return kind
    return {"kind": kind, "except": others} if len(others) < len(names) else names

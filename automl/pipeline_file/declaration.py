"""What a pipeline file says once it was read, merged and found right: plain data, no pandas, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from automl.columns import Kind, Role
from automl.learning import TaskKind


@dataclass(frozen=True)
class Use:
    """A component by id, with its parameters as written (``{tune: ...}`` still inside)."""

    use: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataDeclaration:
    """The ``data:`` section. ``reader.params`` are the reader's own keys (``path`` and the like)."""

    reader: Use
    target: str
    task: TaskKind | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StageDeclaration:
    """One entry of ``stages:``.

    ``columns`` is the selector as written: None, a kind, a name, a list of names, or ``{kind:, except:}``.
    ``resources`` and ``gate`` are as written; ``attempts`` comes from ``retry``.
    """

    name: str
    use: str
    inputs: tuple[str, ...]
    columns: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 2
    gate: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Declaration:
    """A whole pipeline. ``stages`` are in an order in which every input comes before its user."""

    name: str
    seed: int
    data: DataDeclaration
    stages: Mapping[str, StageDeclaration]
    executor: Use
    track: tuple[Use, ...]
    text: str
    """The resolved file as YAML: layers merged, interpolation done, secrets masked."""
    source: str | None = None

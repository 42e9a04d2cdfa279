"""What a pipeline file says once it was read, merged and found right: plain data, no pandas, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.columns import Kind, Role
from automl.labels import Label
from automl.learning import TaskKind
from automl.pipeline_file.tree import Fields

DEFAULT_SCRATCH: Final = 2_000_000_000
"""Bytes that values under tuned parameters, and trainings, may take in the store where nothing else is said."""


@dataclass(frozen=True)
class Use:
    """A component by id, with its parameters as written (``{tune: ...}`` still inside)."""

    use: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataDeclaration:
    """The ``data:`` section. ``reader.params`` are the reader's own keys (``path`` and the like).

    ``more_targets`` follow ``target`` where there are several.
    """

    reader: Use
    target: str
    task: TaskKind | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    missing: tuple[str, ...] | None = None
    attempts: int | None = None
    seconds: float | None = None
    more_targets: tuple[str, ...] = ()
    positive: Label | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """All target columns, in the order of the file."""
        return (self.target, *self.more_targets)


@dataclass(frozen=True)
class StageDeclaration:
    """One entry of ``stages:``.

    ``columns`` is the selector as written: None, a kind, a name, a list of names, or ``{kind:, except:}``.
    ``resources`` and ``gate`` are as written; ``attempts`` comes from ``retry`` (None: not said) and ``seconds`` from
    ``time``. ``choices`` holds the components among which a search chooses (``use: {tune: [...]}``), each with its own
    parameters; ``use`` and ``params`` are then those of the first. Else it is empty.
    """

    name: str
    use: str
    inputs: tuple[str, ...]
    columns: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    attempts: int | None = None
    seconds: float | None = None
    choices: tuple[Use, ...] = ()
    gate: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AdviceDeclaration:
    """The ``advice:`` section: names of warnings to leave out, and whether leaks are errors."""

    silence: tuple[str, ...] = ()
    strict: bool = False


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
    advice: AdviceDeclaration = AdviceDeclaration()
    tree: Fields | None = field(default=None, compare=False, repr=False)
    """The resolved file with the place of every key, for messages about what only the rows can tell."""
    scratch: int = DEFAULT_SCRATCH
    """Bytes that values under tuned parameters, and trainings, may take in the store."""
    store_size: int | None = None
    """Bytes that the whole store may take when a run ends; None for no bound."""

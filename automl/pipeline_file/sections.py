"""The shape of a pipeline file: its sections, their keys and the types of what stands there.

Components' own parameters (``with``) are checked against their Params, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from automl.columns import KINDS, Kind
from automl.gates import Gate
from automl.learning import TaskKind

DATA: Final = "data"
"""What ``in:`` calls the table that ``data:`` describes."""

_STAGE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MEMORY = re.compile(r"[0-9]+(\.[0-9]+)?\s*([KMGT]i?)?B")


class Section(BaseModel):
    """Base of all sections: no conversions, no unknown keys."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


def _names(value: Any) -> Any:
    """One name or several, always as a list."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("a name or a list of names was expected; what looks like a number goes in quotes")
    if len(set(names)) < len(names):
        raise ValueError("a name stands here twice")
    return names


def _selector(value: Any) -> Any:
    """A ``columns:`` selector."""
    if isinstance(value, Mapping):
        kind, dropped = value.get("kind"), value.get("except")
        if not value or set(value) - {"kind", "except"} or (kind is not None and kind not in KINDS):
            raise ValueError(f"a selector takes 'kind' (one of {', '.join(KINDS)}) and 'except' (names)")
        return {"kind": kind, "except": [] if dropped is None else _names(dropped)}
    return value if isinstance(value, str) and value else _names(value)


def _gate(value: Any) -> Any:
    if isinstance(value, str):
        Gate.parse(value)
    return value


def _memory(value: Any) -> Any:
    if not isinstance(value, str) or not _MEMORY.fullmatch(value):
        raise ValueError("memory is a size such as 2GB or 512MB")
    return value


def _stage_name(value: Any) -> Any:
    if value == DATA:
        raise ValueError("a stage may not be called 'data': that is the name of the table itself")
    if not _STAGE_NAME.fullmatch(value):
        raise ValueError("a stage's name is made of letters, digits, '_' and '-', and begins with a letter")
    return value


Name = Annotated[str, Field(min_length=1)]
Names = Annotated[list[str], BeforeValidator(_names)]
StageName = Annotated[str, BeforeValidator(_stage_name)]


class FileSection(Section):
    """The top of a file."""

    version: Literal[1] = Field(description="the number of the file's format, 1")
    name: Name | None = Field(default=None, description="what the pipeline is called; the file's own name if absent")
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="every random choice derives from it")
    vars: dict[str, Any] = Field(default={}, description="values to use as ${vars.name}")
    data: dict[str, Any] = Field(description="the table, as {path: FILE, target: COLUMN}")
    stages: dict[StageName, dict[str, Any]] = Field(
        min_length=1, description="the stages by name, each {use: COMPONENT, in: INPUT}"
    )
    run: RunSection = Field(default_factory=lambda: RunSection(), description="how to run")
    track: list[Any] = Field(default=[], description="observers, each a name or {use: OBSERVER, with: {...}}")
    extends: Any = Field(default=None, description="files that this one builds on")
    profiles: Any = Field(default=None, description="named changes to lay over the file")


class UseSection(Section):
    """A component by id, with its parameters."""

    use: Name = Field(description="the id of a component")
    with_: dict[str, Any] = Field(default={}, alias="with", description="its parameters")


class RunSection(Section):
    """How to run; nothing here changes a result."""

    executor: Any = Field(default=None, description="who runs the trials, as a name or {use: EXECUTOR, with: {...}}")


class RolesSection(Section):
    """Columns that are neither features nor the target."""

    id: Names = Field(default=[], description="columns that name a row")
    weight: Name | None = Field(default=None, description="the column with sample weights")
    group: Name | None = Field(default=None, description="rows with an equal value stay in one part")
    time: Name | None = Field(default=None, description="the column that orders rows in time")
    ignore: Names = Field(default=[], description="columns to leave out")


class DataSection(Section):
    """Where the rows come from and what the columns are."""

    path: Name | None = Field(default=None, description="a file; its suffix chooses the reader unless 'use' names one")
    use: Name | None = Field(default=None, description="the id of a reader")
    with_: dict[str, Any] = Field(default={}, alias="with", description="the reader's parameters")
    target: Names = Field(description="the column to predict")
    task: TaskKind | None = Field(default=None, description="the kind of task; inferred where it is clear")
    roles: RolesSection = Field(default_factory=RolesSection, description="columns that are no features")
    kinds: dict[str, Kind] = Field(default={}, description="kinds of columns that would be inferred wrongly")
    missing: list[str] | None = Field(default=None, description="texts that mean a missing value")


class ResourcesSection(Section):
    """What one trial may use."""

    cpu: int = Field(default=1, ge=1, le=1024, description="threads")
    gpu: float = Field(default=0, ge=0, description="GPUs, or a share of one")
    memory: Annotated[str, BeforeValidator(_memory)] | None = Field(default=None, description="memory, such as 2GB")


class RetrySection(Section):
    """What to do when a worker is lost."""

    attempts: int = Field(default=2, ge=1, le=100, description="how often a trial may be started")


class StageSection(Section):
    """One stage."""

    use: Name = Field(description="the id of a component")
    in_: Names = Field(alias="in", description="what it reads: 'data', a stage, or a list of stages")
    columns: Annotated[Any, BeforeValidator(_selector)] = Field(
        default=None, description="a kind, a name, a list of names, or {kind: ..., except: [...]}"
    )
    with_: dict[str, Any] = Field(default={}, alias="with", description="the component's parameters")
    resources: ResourcesSection | None = Field(default=None, description="what one trial may use")
    retry: RetrySection = Field(default_factory=RetrySection, description="what to do when a worker is lost")
    gate: dict[str, Annotated[str, BeforeValidator(_gate)]] = Field(
        default={}, description='scores that must be reached, such as {rmse: "<= 0.60"}'
    )


FileSection.model_rebuild()

"""The shape of a pipeline file: its sections, their keys and the types of what stands there.

Components' own parameters (``with``) are checked against their Params, not here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from automl.columns import KINDS, Kind
from automl.gates import NOTATION, Gate
from automl.labels import Label
from automl.learning import TaskKind
from automl.pipeline_file.declaration import DEFAULT_SCRATCH
from automl.pipeline_file.naming import PIPELINE_NAME, wrong_name
from automl.quantities import Bytes, Seconds

DATA: Final = "data"
"""What ``in:`` calls the table that ``data:`` describes."""

_STAGE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


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


def _names_if_any(value: Any) -> Any:
    """The same where there may be none: whoever takes the last name out leaves an empty list."""
    return value if value == [] else _names(value)


def _selector(value: Any) -> Any:
    """A ``columns:`` selector."""
    if isinstance(value, Mapping):
        kind, dropped = value.get("kind"), value.get("except")
        if not value or set(value) - {"kind", "except"} or (kind is not None and kind not in KINDS):
            raise ValueError(f"a selector takes 'kind' (one of {', '.join(KINDS)}) and 'except' (names)")
        return {"kind": kind, "except": [] if dropped is None else _names_if_any(dropped)}
    return value if isinstance(value, str) and value else _names(value)


def _pipeline_name(value: Any) -> Any:
    if isinstance(value, str) and (wrong := wrong_name(value)) is not None:
        raise ValueError(f"this cannot be a pipeline's name: {wrong}")
    return value


def _gate(value: Any) -> Any:
    if isinstance(value, str):
        Gate.parse(value)
    return value


def _use(value: Any) -> Any:
    """One component, or ``{tune: [...]}`` for several among which a search chooses."""
    if not isinstance(value, Mapping):
        return value
    names = value.get("tune")
    if set(value) != {"tune"} or not isinstance(names, list) or len(names) < 2:
        raise ValueError("'use' is an id, or {tune: [...]} with the ids of two components or more")
    return {"tune": _names(names)}


def _stage_name(value: Any) -> Any:
    if value == DATA:
        raise ValueError("a stage may not be called 'data': that is the name of the table itself")
    if not _STAGE_NAME.fullmatch(value):
        raise ValueError("a stage's name is made of letters, digits, '_' and '-', and begins with a letter")
    return value


Name = Annotated[str, Field(min_length=1)]
PipelineName = Annotated[
    str, BeforeValidator(_pipeline_name, json_schema_input_type=Annotated[str, Field(pattern=f"^{PIPELINE_NAME}$")])
]
_Listed = Annotated[list[Name], Field(min_length=1, json_schema_extra={"uniqueItems": True})]
Names = Annotated[list[str], BeforeValidator(_names, json_schema_input_type=Name | _Listed)]
_ListedIfAny = Annotated[list[Name], Field(json_schema_extra={"uniqueItems": True})]
NamesIfAny = Annotated[list[str], BeforeValidator(_names_if_any, json_schema_input_type=Name | _ListedIfAny)]
StageName = Annotated[
    str,
    BeforeValidator(_stage_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_STAGE_NAME.pattern}$", "not": {"const": DATA}}),
]
GateText = Annotated[str, BeforeValidator(_gate, json_schema_input_type=Annotated[str, Field(pattern=f"^{NOTATION}$")])]


class SelectorSection(Section):
    """The columns of a kind, or all, less some."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    kind: Kind | None = Field(default=None, description="the columns of this kind")
    except_: NamesIfAny | None = Field(default=None, alias="except", description="but not these columns")


class FileSection(Section):
    """The top of a file."""

    version: Literal[1] = Field(description="the number of the file's format, 1")
    name: PipelineName | None = Field(
        default=None, description="what the pipeline is called; the file's own name if absent"
    )
    seed: int = Field(default=0, ge=0, le=2**32 - 1, description="every random choice derives from it")
    vars: dict[str, Any] = Field(default={}, description="values to use as ${vars.name}")
    data: dict[str, Any] = Field(description="the table, as {path: FILE, target: COLUMN}")
    stages: dict[StageName, dict[str, Any]] = Field(
        min_length=1, description="the stages by name, each {use: COMPONENT, in: INPUT}"
    )
    run: RunSection = Field(default_factory=lambda: RunSection(), description="how to run")
    advice: AdviceSection = Field(
        default_factory=lambda: AdviceSection(), description="what the examination of the data may say"
    )
    track: list[Any] = Field(default=[], description="observers, each a name or {use: OBSERVER, with: {...}}")
    extends: str | list[str] | None = Field(default=None, description="files that this one builds on")
    profiles: dict[str, dict[str, Any]] = Field(default={}, description="named changes to lay over the file")


class UseSection(Section):
    """A component by id, with its parameters."""

    use: Name = Field(description="the id of a component")
    with_: dict[str, Any] = Field(default={}, alias="with", description="its parameters")


class StoreSection(Section):
    """What the store may take of the disk."""

    scratch: Bytes = Field(
        default=DEFAULT_SCRATCH, description="for values under tuned parameters and for trainings, such as 2GB"
    )
    size: Bytes | None = Field(
        default=None, description="what a run leaves at most, such as 20GB; what the run itself needs stays"
    )


class RunSection(Section):
    """How to run; nothing here changes a result."""

    executor: Any = Field(default=None, description="who runs the trials, as a name or {use: EXECUTOR, with: {...}}")
    store: StoreSection = Field(default_factory=StoreSection, description="limits of the store")


class AdviceSection(Section):
    """What the examination of the data may say."""

    silence: NamesIfAny = Field(default=[], description="names of warnings to leave out")
    strict: bool = Field(default=False, description="make errors of warnings about leaks, such as a copy of the target")


class RolesSection(Section):
    """Columns that are neither features nor the target."""

    id: NamesIfAny = Field(default=[], description="columns that name a row")
    weight: Name | None = Field(default=None, description="the column with sample weights")
    group: Name | None = Field(default=None, description="rows with an equal value stay in one part")
    time: Name | None = Field(default=None, description="the column that orders rows in time")
    ignore: NamesIfAny = Field(default=[], description="columns to leave out")


class RetrySection(Section):
    """What to do after a failure."""

    attempts: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="how often a stage may be started, by default once; of a search: a trial whose worker died, twice",
    )


class DataSection(Section):
    """Where the rows come from and what the columns are."""

    path: Name | None = Field(default=None, description="a file; its suffix chooses the reader unless 'use' names one")
    use: Name | None = Field(default=None, description="the id of a reader")
    with_: dict[str, Any] = Field(default={}, alias="with", description="the reader's parameters")
    target: Names = Field(description="the column to predict; a list for several columns of numbers")
    task: TaskKind | None = Field(default=None, description="the kind of task; inferred where it is clear")
    positive: Label | None = Field(
        default=None, description="of two classes the one that f1, precision, recall, pr_auc and brier speak of"
    )
    roles: RolesSection = Field(default_factory=RolesSection, description="columns that are no features")
    kinds: dict[str, Kind] = Field(default={}, description="kinds of columns that would be inferred wrongly")
    missing: list[str] | None = Field(default=None, description="texts that mean a missing value")
    retry: RetrySection = Field(default_factory=RetrySection, description="what to do after a failure")
    time: Seconds | None = Field(default=None, description="the most time that one attempt to read may take")


class ResourcesSection(Section):
    """What one trial may use."""

    cpu: int = Field(default=1, ge=1, le=1024, description="threads")
    gpu: float = Field(default=0, ge=0, description="GPUs, or a share of one")
    memory: Bytes | None = Field(default=None, description="memory, such as 2GB")


class StageSection(Section):
    """One stage."""

    use: Annotated[Name | dict[str, list[str]], BeforeValidator(_use)] = Field(
        description="the id of a component, or {tune: [ID, ID]} for a search to choose one"
    )
    in_: Names = Field(alias="in", description="what it reads: 'data', a stage, or a list of stages")
    columns: Annotated[Any, BeforeValidator(_selector, json_schema_input_type=Names | SelectorSection)] = Field(
        default=None, description="a kind, a name, a list of names, or {kind: ..., except: [...]}"
    )
    with_: dict[str, Any] = Field(
        default={}, alias="with", description="the component's parameters; by id where a search chooses"
    )
    resources: ResourcesSection | None = Field(default=None, description="what one trial may use")
    retry: RetrySection = Field(default_factory=RetrySection, description="what to do after a failure")
    time: Seconds | None = Field(default=None, description="the most time one attempt may take, such as 10m")
    gate: dict[str, GateText] = Field(default={}, description='scores that must be reached, such as {rmse: "<= 0.60"}')


FileSection.model_rebuild()

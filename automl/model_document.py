"""What a model file must hold: every part of the right type, and every name in it one that it holds.

What a state says is the business of the class that reads it; here it is only a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from automl.columns import KINDS, ROLES
from automl.errors import BundleError
from automl.input_schema import InputSchema
from automl.input_schema.labels import is_label_type
from automl.learning import TaskKind

_SHOWN: Final = 3
"""So many faults are told of a document that has many."""


class _Part(BaseModel):
    """Strict in what it knows; what later versions add is left alone."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Join(_Part):
    take: list[Annotated[list[str | int], Field(min_length=2, max_length=2)]]


class _Step(_Part):
    stage: str
    inputs: list[str]
    join: _Join | None
    component: str | None
    columns: list[str]
    on_target: bool
    state: dict[str, Any] | None = None
    levels: dict[str, list[str]] = Field(default_factory=dict)


class _Head(_Part):
    inputs: Annotated[list[str], Field(min_length=1)]
    join: _Join | None
    learner: str
    state: dict[str, Any]
    inverse: list[str]


class _Task(_Part):
    kind: TaskKind
    target: str
    classes: list[str]
    more_targets: list[str]


class _MadeWith(_Part):
    distribution: str
    version: str


class _Document(_Part):
    pipeline: str
    plugins: dict[str, str]
    task: _Task
    schema_: dict[str, Any] = Field(alias="schema")
    steps: dict[str, _Step]
    heads: Annotated[list[_Head], Field(min_length=1)]
    made_with: dict[str, _MadeWith] = Field(default_factory=dict)


def check_document(document: Mapping[str, Any]) -> None:
    """Raise BundleError for a part that is missing or of the wrong type, and for a name that nothing bears."""
    try:
        read = _Document.model_validate(dict(document))
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise BundleError(f"the model file is damaged or was changed: {'; '.join(faults[:_SHOWN])}{more}") from error
    _check_task(read.task)
    known: set[str] = set()
    for key, step in read.steps.items():
        _check_inputs(f"step {key!r}", step.inputs, step.join, known, at_least=0)
        if step.component is not None and step.state is None:
            raise _damaged(f"step {key!r} has no state")
        known.add(key)
    inverses = {key for key, step in read.steps.items() if step.component is not None and step.on_target}
    for place, head in enumerate(read.heads):
        _check_inputs(f"head {place}", head.inputs, head.join, known, at_least=1)
        if not inverses.issuperset(head.inverse):
            raise _damaged(f"head {place} is brought back by {head.inverse}, which are no steps on the target")


def check_schema(schema: InputSchema, document: Mapping[str, Any]) -> None:
    """Raise BundleError unless each column has a name of its own, a kind and a role, and the targets are the task's."""
    parts = (schema.names, schema.kinds_, schema.roles)
    if not all(isinstance(part, list | tuple) and all(isinstance(item, str) for item in part) for part in parts):
        raise _damaged("its input schema is no list of columns")
    names, kinds, roles = parts
    if not len(names) == len(kinds) == len(roles) == len(set(names)):
        raise _damaged(f"its input schema has {len(names)} names, {len(kinds)} kinds and {len(roles)} roles")
    if not set(kinds) <= set(KINDS) or not set(roles) <= set(ROLES):
        raise _damaged(f"its input schema has the kinds {sorted(set(kinds))} and the roles {sorted(set(roles))}")
    try:
        _ = schema.notation
    except (TypeError, ValueError) as error:
        raise _damaged(f"its input schema has a notation that is none: {error}") from error
    if not is_label_type(schema.label_dtype) or not isinstance(schema.spellings, Mapping):
        raise _damaged(f"its input schema has labels of the type {schema.label_dtype!r}")
    task = document["task"]
    if schema.task != task["kind"] or set(schema.targets) != {task["target"], *task["more_targets"]}:
        raise _damaged(f"its input schema is for {schema.task} of {list(schema.targets)}, and its task another one")


def _check_task(task: _Task) -> None:
    targets = [task.target, *task.more_targets]
    classes = len(task.classes)
    fits = not classes if task.kind == "regression" else classes > 0 and not task.more_targets
    if not fits or len(set(task.classes)) < classes or len(set(targets)) < len(targets):
        raise _damaged(f"its task is {task.kind} of {targets} with the classes {task.classes[:10]}")


def _check_inputs(who: str, inputs: Sequence[str], join: _Join | None, known: Iterable[str], at_least: int) -> None:
    if not set(known).issuperset(inputs):
        raise _damaged(f"{who} reads {list(inputs)}, which are not all above it")
    if join is None:
        if not at_least <= len(inputs) <= 1:
            raise _damaged(f"{who} reads {len(inputs)} inputs without saying how they are joined")
        return
    names = [name for name, _ in join.take]
    for name, place in join.take:
        if not isinstance(name, str) or type(place) is not int or not 0 <= place < len(inputs):
            raise _damaged(f"{who} takes {name!r} from its input {place!r} of {len(inputs)}")
    if len(set(names)) < len(names):
        raise _damaged(f"{who} takes a column twice")


def _damaged(what: str) -> BundleError:
    return BundleError(f"the model file is damaged or was changed: {what}")

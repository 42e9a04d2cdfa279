"""Parameters of components: pydantic models whose fields say what they mean, what is legal and what a search tries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticUndefined

from automl.secret import Secret as Secret

_SCALARS: Final = frozenset({"bool", "float", "int", "str"})
_NO_SCHEMAS: Final = frozenset({"default", "expected", "metadata", "serialization"})
"""Entries of a core schema that hold other things than schemas."""


def _with_strict_scalars(schema: Any) -> Any:
    """A core schema whose scalars are not converted. pydantic's own ``strict`` would refuse a list for a tuple too."""
    if isinstance(schema, dict):
        inner = {key: value if key in _NO_SCHEMAS else _with_strict_scalars(value) for key, value in schema.items()}
        return {"strict": True, **inner} if inner.get("type") in _SCALARS else inner
    if isinstance(schema, list | tuple):
        return type(schema)(_with_strict_scalars(value) for value in schema)
    return schema


class Params(BaseModel):
    """Base of every component's parameters: unknown keys are refused, instances are frozen.

    Text is no number, a number no truth value: scalars are not converted into each other (a whole number is a float
    all the same), so that the parser agrees with the JSON schema. Lists become tuples and sets where a field is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _with_strict_scalars(handler(source))

    def identity(self) -> dict[str, Any]:
        """The parameters that decide the result, as JSON values: what enters a key. No `Secret` does."""
        return self.model_dump(mode="json", exclude=_no_identity(self))


def param(
    default: Any = PydanticUndefined,
    *,
    description: str,
    tune: Any = None,
    identity: bool = True,
    **constraints: Any,
) -> Any:
    """Declare a parameter.

    Args:
        default: the value in force when the file is silent; none means that the file must give one.
        description: one sentence for the schema, the reference page and ``automl plugins show``.
        tune: the range that ``{tune: auto}`` and a search without a ``space`` try, in the file's own notation,
            e.g. ``{"float": [1e-4, 1e-1], "log": True}`` or ``["mean", "median"]``.
        identity: False for what does not change the result (paths, worker counts): it stays out of keys.
        **constraints: pydantic's own (``ge``, ``le``, ``gt``, ``lt``, ``min_length``, ...).
    """
    extra: dict[str, Any] = {"identity": identity}
    if tune is not None:
        extra["tune"] = tune
    return Field(default, description=description, json_schema_extra=extra, **constraints)


def tuning_range(params: type[Params], name: str) -> Any:
    """The range that ``{tune: auto}`` stands for, or None where the author declared none."""
    return _extra(params.model_fields[name]).get("tune")


def field_names(model: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys that there are at a place inside a model, as files write them."""
    owners = models_at(model, place)
    return list(dict.fromkeys(field.alias or name for owner in owners for name, field in owner.model_fields.items()))


def models_at(model: type[BaseModel], place: Iterable[str | int]) -> list[type[BaseModel]]:
    """The models that may stand at a place inside a model; several under a union."""
    models = [model]
    for step in place:
        tagged = [owner for owner in models if owner.__name__ == step]
        inner = [
            below
            for owner in models
            for name, field in owner.model_fields.items()
            if (field.alias or name) == step
            for below in models_in(field.annotation)
        ]
        models = tagged or inner or models
    return models


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names, those of a union included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def enters_key(field: FieldInfo) -> bool:
    """Whether a parameter decides the result, as far as its declaration tells."""
    return bool(_extra(field).get("identity", True))


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _no_identity(params: Params) -> dict[str, Any]:
    """What ``model_dump`` has to leave out of a key, models inside included."""
    found: dict[str, Any] = {}
    for name, field in type(params).model_fields.items():
        value = getattr(params, name)
        if not enters_key(field):
            found[name] = True
        elif hidden := _hidden(value):
            found[name] = hidden
    return found


def _hidden(value: Any) -> Any:
    """What of a parameter's value stays out of a key: True for all of it, else by name or place."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, Params):
        return _no_identity(value)
    inner: dict[Any, Any] = {}
    if isinstance(value, dict):  # importing Mapping here sends mypy round in a circle at `class Params(Params)`
        inner = {name: _hidden(part) for name, part in value.items()}
    elif isinstance(value, list | tuple):
        inner = {place: _hidden(part) for place, part in enumerate(value)}
    return {name: hidden for name, hidden in inner.items() if hidden}

"""Parameters of components: pydantic models whose fields say what they mean, what is legal and what a search tries."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


class Params(BaseModel):
    """Base of every component's parameters: unknown keys are refused, instances are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=True)

    def identity(self) -> dict[str, Any]:
        """The parameters that decide the result, as JSON values: what enters a key."""
        skip = {name for name, field in type(self).model_fields.items() if not _extra(field).get("identity", True)}
        return self.model_dump(mode="json", exclude=skip)


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


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}

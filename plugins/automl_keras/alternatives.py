"""A parameter that is one of several named things, each with parameters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from automl.errors import did_you_mean
from automl.params import Params


class Alternatives(Params):
    """Exactly one field is set; its name is the choice and its value the choice's parameters.

    A file writes a plain name, ``adamw``, or a mapping with one key, ``{adamw: {weight_decay: 1e-4}}``; both come
    out of ``model_dump`` as the mapping. Subclasses have one field per alternative, ``Params | None = None``.
    """

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            value = {value: None}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError(f"expected one name, or a mapping with one name as its key, found {value!r}")
        ((name, inner),) = value.items()
        if name not in cls.model_fields:
            hint = did_you_mean(str(name), cls.model_fields)
            raise ValueError(f"no {name!r} here; {hint or 'expected one of ' + ', '.join(cls.model_fields)}")
        return {name: {} if inner is None else inner}

    @model_serializer
    def _write(self) -> dict[str, Any]:
        return {self.name: self.chosen}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        mapping = handler(schema)
        fields = handler.resolve_ref_schema(mapping)
        fields.update(minProperties=1, maxProperties=1)
        return {"anyOf": [{"enum": list(cls.model_fields)}, mapping]}

    @property
    def name(self) -> str:
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def chosen(self) -> Any:
        """Parameters of the choice."""
        return getattr(self, self.name)

"""A parameter that is one of several named things, each with parameters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from automl.errors import did_you_mean
from automl.params import Params


class Alternatives(Params):
    """Base of such parameters: exactly one field is set; its name is the choice, its value the choice's parameters.

    A subclass has one field per alternative, each a `Params` of its own, absent by default::

        class OptimizerChoice(Alternatives):
            adam: Adam | None = param(None, description="Adam.")
            sgd: SGD | None = param(None, description="Stochastic gradient descent with momentum.")

    It stands in other parameters as ``optimizer: OptimizerChoice = param(OptimizerChoice(adam=Adam()), ...)``. A file
    writes a plain name, ``adam``, or a mapping with one key, ``{sgd: {momentum: 0.9}}``; both come out of
    ``model_dump`` as the mapping with the defaults in force. Anything else is a ``ValidationError`` that says which
    names there are.
    """

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if isinstance(value, cls):
            return value
        written = {value: None} if isinstance(value, str) else value
        if not isinstance(written, Mapping) or len(written) != 1:
            raise ValueError(f"expected one name, or a mapping with one name as its key, found {value!r}")
        ((name, inner),) = written.items()
        if name not in cls.model_fields:
            hint = did_you_mean(str(name), cls.model_fields)
            raise ValueError(f"no {name!r} here; {hint or 'expected one of ' + ', '.join(cls.model_fields)}")
        return {name: {} if inner is None else inner}

    @model_serializer(mode="wrap")
    def _write(self, every_field: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # Through pydantic's own writer, which leaves out what a key must not hold.
        return {name: written for name, written in every_field(self).items() if name == self.name}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        mapping = handler(schema)
        handler.resolve_ref_schema(mapping).update(minProperties=1, maxProperties=1)
        return {"anyOf": [{"enum": list(cls.model_fields)}, mapping]}

    @property
    def name(self) -> str:
        """Name of the choice."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def chosen(self) -> Any:
        """Parameters of the choice."""
        return getattr(self, self.name)

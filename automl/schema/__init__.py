"""JSON Schema of pipeline files, for editors: completion, descriptions and checks while typing."""

from __future__ import annotations

from automl.schema.document import build_schema as build_schema

__all__ = ["build_schema"]

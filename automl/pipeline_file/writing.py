"""Plain values as YAML that `automl.pipeline_file.parsing` reads back as the same values."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML


def dump(document: Any) -> str:
    """A document as YAML 1.2 in block style."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 110
    stream = StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()

"""Plain values as YAML that `automl.pipeline_file.parsing` reads back as the same values."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

_NEXT_LINE: Final = "\x85"


def dump(document: Any) -> str:
    """A document as YAML 1.2 in block style."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 110
    stream = StringIO()
    yaml.dump(document, stream)
    if _NEXT_LINE in stream.getvalue():
        # ruamel leaves it in quoted text, where a reader takes it for the end of a line: escape all that is not ASCII
        yaml.allow_unicode = False
        stream = StringIO()
        yaml.dump(document, stream)
    return stream.getvalue()

"""Times and sizes as people write them: ``90s``, ``10m``, ``1.5h``; ``512MB``, ``2GiB``."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smh])\s*")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B\s*")


def parse_duration(value: Any) -> Any:
    """A text such as ``90s`` as seconds; a number is seconds already. Raises ValueError for any other text."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        return float(match[1]) * _SECONDS[match[2]]
    if isinstance(value, str):
        raise ValueError(f"expected a duration such as 90s, 10m or 1.5h, found {value!r}")
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def parse_size(value: Any) -> Any:
    """A text such as ``2GB`` (10^9) or ``2GiB`` (2^30) as bytes; a whole number is bytes already. Raises ValueError."""
    if isinstance(value, str) and (match := _SIZE.fullmatch(value)):
        return int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2]])
    if isinstance(value, str):
        raise ValueError(f"expected a size such as 512MB or 2GB, found {value!r}")
    return value


_WrittenSeconds = Annotated[float, Field(gt=0)] | Annotated[str, Field(pattern=f"^{_DURATION.pattern}$")]
_WrittenBytes = Annotated[int, Field(gt=0)] | Annotated[str, Field(pattern=f"^{_SIZE.pattern}$")]

Seconds = Annotated[float, BeforeValidator(parse_duration, json_schema_input_type=_WrittenSeconds), Field(gt=0)]
Bytes = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=_WrittenBytes), Field(gt=0)]

"""Times and sizes as people write them: ``90``, ``90s``, ``2 minutes``, ``1h30m``; ``512MB``, ``2GiB``."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

_UNITS = (("d|days?", 86400.0), ("h|hrs?|hours?", 3600.0), ("m|mins?|minutes?", 60.0), ("s|secs?|seconds?", 1.0))
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_FACTORS = tuple(factor for _, factor in _UNITS)
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_PARTS = "".join(rf"(?:({_NUMBER})\s*(?:{unit})\s*)?" for unit, _ in _UNITS)
_DURATION = re.compile(rf"\s*(?:({_NUMBER})\s*|(?=[0-9.]){_PARTS})")
"""A number of seconds, or parts with their units, the largest first. The lookahead wants one part at least."""
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B\s*")


def parse_duration(value: Any) -> Any:
    """A text such as ``90``, ``90s``, ``2 min`` or ``1h30m`` as seconds; a number is seconds already.

    Raises:
        ValueError: any other text, or more seconds than a float holds.
    """
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        numbers = [float(number or 0) for number in match.groups()]
        seconds = sum(number * factor for number, factor in zip(numbers, (1.0, *_FACTORS), strict=True))
        if math.isfinite(seconds):
            return seconds
    if isinstance(value, str):
        raise ValueError(f"expected a duration such as 90s, 10m, 1.5h or 1h30m, found {value!r}")
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def parse_size(value: Any) -> Any:
    """A text such as ``2GB`` (10^9) or ``2GiB`` (2^30) as bytes; a whole number is bytes already. Raises ValueError."""
    if isinstance(value, str) and (match := _SIZE.fullmatch(value)):
        return int(float(match[1]) * (1024 if match[3] else 1000) ** _POWERS[match[2]])
    if isinstance(value, str):
        raise ValueError(f"expected a size such as 512MB or 2GB, found {value!r}")
    return value


LONGEST: Final = 3650 * 86400.0
"""Ten years: what waits cannot wait for ever, and a budget without a bound is none."""

_WrittenSeconds = Annotated[float, Field(gt=0, le=LONGEST)] | Annotated[str, Field(pattern=f"^{_DURATION.pattern}$")]
_WrittenBytes = Annotated[int, Field(gt=0)] | Annotated[str, Field(pattern=f"^{_SIZE.pattern}$")]

Seconds = Annotated[
    float, BeforeValidator(parse_duration, json_schema_input_type=_WrittenSeconds), Field(gt=0, le=LONGEST)
]
Bytes = Annotated[int, BeforeValidator(parse_size, json_schema_input_type=_WrittenBytes), Field(gt=0)]

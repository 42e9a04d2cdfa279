"""Gates: conditions on test scores that a run must meet, e.g. ``rmse: "<= 0.60"``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_GATE = re.compile(r"\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def parse_gate(text: str) -> tuple[str, float]:
    """``"<= 0.60"`` as ``("<=", 0.6)``; raises ValueError."""
    match = _GATE.fullmatch(text)
    if match is None:
        raise ValueError(f'expected a condition such as "<= 0.60", found {text!r}')
    return match[1], float(match[2])


def missed_gates(gates: Mapping[str, str], metrics: Mapping[str, float]) -> list[str]:
    """One sentence for each condition that the scores do not meet; an absent or NaN score meets none."""
    missed: list[str] = []
    for metric, text in gates.items():
        sign, bound = parse_gate(text)
        value = metrics.get(metric)
        if value is None:
            missed.append(f"gate {metric} {text}: the evaluation gives no {metric}")
        elif not _OPERATORS[sign](value, bound):
            missed.append(f"gate {metric} {text}: the test score is {value:.6g}")
    return missed

"""Gates: bounds that test scores must keep for a run to count as good, e.g. ``rmse: "<= 0.60"``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
NOTATION: Final = r"\s*(<=|>=|<|>)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
"""A gate as a file writes it, as a regular expression."""


@dataclass(frozen=True)
class Gate:
    """``relation`` is one of ``<=``, ``>=``, ``<``, ``>``."""

    relation: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Read the file's notation. Raises ValueError."""
        match = re.fullmatch(NOTATION, text)
        if not match:
            raise ValueError(f'a gate is a comparison and a number, such as "<= 0.60"; found {text!r}')
        return cls(match[1], float(match[2]))

    def met(self, score: float) -> bool:
        """Whether the score keeps the bound; a NaN never does."""
        return _COMPARE[self.relation](score, self.bound)

    def __str__(self) -> str:
        return f"{self.relation} {self.bound:g}"


def missed_gates(gates: Mapping[str, str], metrics: Mapping[str, float]) -> list[str]:
    """One sentence for each gate that the scores do not meet; an absent or NaN score meets none."""
    missed: list[str] = []
    for metric, text in gates.items():
        score = metrics.get(metric)
        if score is None:
            missed.append(f"gate {metric} {text}: the evaluation gives no {metric}")
        elif not Gate.parse(text).met(score):
            missed.append(f"gate {metric} {text}: the test score is {score:.6g}")
    return missed

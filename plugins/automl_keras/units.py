"""The unit that a regression target is trained in: one that the network's outputs can reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from automl.errors import StageError

if TYPE_CHECKING:
    from automl_keras.output_ranges import Range

Unit = tuple[float, float]
"""Center and scale: a target is put to the network as ``(target - center) / scale``."""

_OWN: Unit = (0.0, 1.0)
_LEAST_SPAN = 0.1
"""Share of a range that targets must take up to be learned as they are."""
_ROUNDING = 1e-6


def units(
    values: np.ndarray,
    moments: Sequence[Unit],
    ranges: Sequence[Range],
    names: Sequence[str],
    network: str,
    *,
    as_written: bool = False,
) -> list[Unit]:
    """The unit of each target.

    Args:
        values: training targets [n, targets], finite.
        moments: mean and standard deviation of each.
        ranges: of each output.
        names: of the targets.
        network: its name, for messages.
        as_written: keep targets as they are wherever the outputs can reach them, for a network whose author chose its
            loss for them.

    Raises:
        StageError: no unit brings the targets into the outputs' range.
    """
    if ranges[0].shares:
        return _shares(values, ranges[0], names, network)
    return [
        _unit(column, moment, given, _Where(name, network, given), as_written)
        for column, moment, given, name in zip(values.T, moments, ranges, names, strict=True)
    ]


class _Where:
    """Says which target does not fit which network."""

    def __init__(self, target: str, network: str, given: Range) -> None:
        self._text = f"network {network!r} ends in {given.by}, whose outputs are {given.text}"
        self._target = target

    def refuse(self, found: str) -> StageError:
        return StageError(
            f"{self._text}, but target {self._target!r} {found} in the training rows; mend: leave the activation of "
            "the last layer out, or transform the target first"
        )


def _unit(values: np.ndarray, moment: Unit, given: Range, where: _Where, as_written: bool) -> Unit:
    low, high = float(values.min()), float(values.max())
    if given.is_open:
        return _OWN if as_written else moment
    if given.is_bounded:
        return _bounded(low, high, given, where, as_written)
    if np.isfinite(given.low):
        found = _from(low, moment, given.low, as_written)
    else:  # never above a bound: the mirror image of never below one
        found = _from(-high, (-moment[0], moment[1]), -given.high, as_written)
        found = None if found is None else (-found[0], found[1])
    if found is None:
        raise where.refuse(f"goes down to {low:g}" if np.isfinite(given.low) else f"goes up to {high:g}")
    return found


def _from(low: float, moment: Unit, bound: float, as_written: bool) -> Unit | None:
    """For outputs that are never below ``bound``; None if they cannot reach ``low``."""
    center, scale = moment
    reached = low >= bound - _ROUNDING * max(1.0, abs(bound))
    if as_written:
        return _OWN if reached else None
    size = float(np.hypot(center, scale)) or 1.0
    if low >= 0.0:
        # Outputs near 1, and 0 stays 0; a bound above 0 must be below the least target.
        return 0.0, size if bound <= 0.0 else min(size, low / bound) or 1.0
    if bound >= 0.0:
        return None
    # As of ELU or GELU, a little below 0: standardised where that is enough, else from the least target on.
    return (center, scale) if (low - center) / scale >= bound else (low, scale)


def _bounded(low: float, high: float, given: Range, where: _Where, as_written: bool) -> Unit:
    width = given.high - given.low
    if width <= _ROUNDING:
        raise where.refuse(f"goes from {low:g} to {high:g}" if high > low else f"is {low:g}")
    inside = given.low - _ROUNDING * width <= low and high <= given.high + _ROUNDING * width
    if inside and (as_written or high - low >= _LEAST_SPAN * width):
        return _OWN
    if high <= low:  # a constant, put in the middle
        return low - (given.low + given.high) / 2.0, 1.0
    scale = high / width - low / width
    return low - given.low * scale, scale


def _shares(values: np.ndarray, given: Range, names: Sequence[str], network: str) -> list[Unit]:
    """For outputs that are shares of 1."""
    if (values < -_ROUNDING).any() or not np.allclose(values.sum(axis=1), 1.0, atol=1e-4):
        called = ", ".join(map(repr, names))
        raise StageError(
            f"network {network!r} ends in {given.by}, whose outputs are shares of 1, but target {called} of the "
            "training rows is none; mend: leave the activation of the last layer out"
        )
    return [_OWN] * len(names)

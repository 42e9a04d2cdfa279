"""What a search has proposed, guessed or learned, so that no configuration comes twice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from automl_tuners.axes import Axis, Code, configurations, encode

_DRAWS = 20
"""Draws to try before all configurations are gone through for one that is left."""


class Proposed:
    """The configurations of one search, as codes; at first its guesses."""

    def __init__(self, axes: Sequence[Axis], guesses: Sequence[Mapping[str, Any]]) -> None:
        self._axes = axes
        self._known: set[tuple[tuple[str, Code], ...]] = set()
        for guess in guesses:
            self.add(encode(axes, guess))

    def add(self, codes: Mapping[str, Code]) -> bool:
        """Whether it is new; from now on it is not."""
        before = len(self._known)
        self._known.add(tuple(codes.items()))
        return len(self._known) > before

    def find_new(self, draw: Callable[[], Mapping[str, Code]]) -> dict[str, Code] | None:
        """The first draw that is new, or the first of all that are left; None if none are. It is new no more."""
        drawn = (dict(draw()) for _ in range(_DRAWS))
        return next((codes for codes in itertools.chain(drawn, configurations(self._axes)) if self.add(codes)), None)


def draw_codes(axes: Sequence[Axis], rng: np.random.Generator) -> dict[str, Code]:
    """A random configuration: each axis that is active takes one number of the generator."""
    return place_codes(axes, lambda _: rng.random())


def place_codes(axes: Sequence[Axis], quantile: Callable[[int], float]) -> dict[str, Code]:
    """The configuration at these quantiles in [0, 1), given by the place of an axis; only active axes ask for one."""
    codes: dict[str, Code] = {}
    for place, axis in enumerate(axes):
        if axis.is_active(codes):
            codes[axis.name] = axis.sample(quantile(place))
    return codes

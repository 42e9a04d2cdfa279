"""A target transform under several targets: one fit for each, so that its author thinks of one column only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from automl.components import Fitted

_TARGETS = "%targets"


class TargetWise(Fitted):
    """What a target transform learned of each target, by column."""

    def __init__(self, parts: Mapping[str, Fitted]) -> None:
        self._parts = dict(parts)

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([part.apply(frame[[name]]) for name, part in self._parts.items()], axis=1)

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """Values [n, targets] back into the unit of each target."""
        columns = [part.inverse(values[:, place]) for place, part in enumerate(self._parts.values())]
        return np.column_stack(columns)

    def modules(self) -> Iterable[str]:
        return [module for part in self._parts.values() for module in part.modules()]

    def state(self) -> dict[str, Any]:
        return {_TARGETS: {name: part.state() for name, part in self._parts.items()}}


def fitted_from(fitted: type[Fitted], state: Mapping[str, Any]) -> Fitted:
    """A Fitted from its state; a `TargetWise` one from that."""
    if set(state) == {_TARGETS}:
        return TargetWise({name: fitted.from_state(inner) for name, inner in state[_TARGETS].items()})
    return fitted.from_state(state)


def state_parts(state: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A state, or those of each target that a `TargetWise` one holds."""
    return list(state[_TARGETS].values()) if set(state) == {_TARGETS} else [state]

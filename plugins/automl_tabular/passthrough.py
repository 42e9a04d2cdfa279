"""Leaving columns as they are: what a search may choose instead of a transform."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from automl.components import Fitted, Transform

if TYPE_CHECKING:
    import pandas as pd

    from automl.columns import Trait
    from automl.dataset import Rows


@dataclasses.dataclass(frozen=True)
class PassthroughFitted(Fitted):
    """Knows nothing."""

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


class Passthrough(Transform):
    """Leave the columns as they are: one of the choices where a search may leave a step out."""

    id = "passthrough"
    accepts = frozenset({"numeric", "categorical", "ordinal", "boolean", "datetime", "text"})
    stateless = True
    fitted = PassthroughFitted

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: Any, name: str, values: pd.Series | None) -> Collection[Trait]:
        """Everything."""
        return ["values"]

    def fit(self, train: Rows) -> PassthroughFitted:  # noqa: ARG002 - there is nothing to learn
        return PassthroughFitted()

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from automl import Fitted, Params, PredictError, Transform, param

if TYPE_CHECKING:
    import pandas as pd

    from automl import Rows


@dataclasses.dataclass(frozen=True)
class RobustFitted(Fitted):
    centers: Mapping[str, float]
    spreads: Mapping[str, float]

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        for name in self.centers:
            if name not in frame:
                raise PredictError(f"acme.robust: column {name!r} is missing; it was there in training")
        return frame.assign(**{name: (frame[name] - self.centers[name]) / self.spreads[name] for name in self.centers})


class Robust(Transform):
    """Numbers less their median, over the distance between two quantiles; a constant column becomes 0."""

    id = "acme.robust"
    fitted = RobustFitted

    class Params(Params):
        share: float = param(0.5, description="Rows between the two quantiles.", tune=[0.5, 0.8], gt=0.0, le=1.0)

    def fit(self, train: Rows) -> RobustFitted:
        low, high = (train.frame.quantile(0.5 + side * self.params.share / 2) for side in (-1, 1))
        return RobustFitted(train.frame.median().to_dict(), (high - low).replace(0.0, 1.0).to_dict())

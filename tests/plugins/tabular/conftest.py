"""Small tables, and each Fitted as it comes back from the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from automl.codec import from_bytes, to_bytes
from automl.columns import DTYPES, Kind
from automl.components import Fitted
from automl.dataset import Dataset, Rows


def make_frame(columns: Mapping[str, Any], kinds: Mapping[str, Kind], index: Any = None) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(values, index=index, dtype=DTYPES[kinds[name]]) for name, values in columns.items()}
    )


def infer_kinds(columns: Mapping[str, Any]) -> dict[str, Kind]:
    def kind(values: Any) -> Kind:
        known = [v for v in values if v is not None and v is not pd.NA and v == v]
        if known and all(isinstance(v, str) for v in known):
            return "categorical"
        return "boolean" if known and all(isinstance(v, bool | np.bool_) for v in known) else "numeric"

    return {name: kind(values) for name, values in columns.items()}


@pytest.fixture(scope="session")
def rows() -> Callable[..., Rows]:
    """``rows({"a": [1, 2]}, target=[...], weight=[...], kinds={...})`` as `Rows`, with an index that is not 0..n."""

    def build(
        columns: Mapping[str, Any], target: Any = None, weight: Any = None, kinds: Mapping[str, Kind] | None = None
    ) -> Rows:
        kinds = {**infer_kinds(columns), **(kinds or {})}
        n = len(next(iter(columns.values()))) if columns else len(target)
        index = pd.Index(np.arange(n) * 3 + 7, dtype="int64")
        frame = make_frame(columns, kinds, index) if columns else pd.DataFrame(index=index)
        if target is not None:
            text = len(target) and isinstance(next(iter(target)), str)
            target = pd.Series(target, index=index, dtype="str" if text else "float64", name="y")
        weight = None if weight is None else pd.Series(weight, index=index, dtype="float64")
        return Rows(frame, target, weight, kinds)

    return build


@pytest.fixture(scope="session")
def dataset() -> Callable[..., Dataset]:
    """``dataset({"a": [...]}, target="y")`` as a `Dataset` before its split."""

    def build(columns: Mapping[str, Any], target: str = "y", kinds: Mapping[str, Kind] | None = None) -> Dataset:
        kinds = {**infer_kinds(columns), **(kinds or {})}
        frame = make_frame(columns, kinds)
        roles = {name: "target" if name == target else "feature" for name in frame.columns}
        return Dataset.make(frame, roles, kinds)  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def loaded() -> Callable[[Fitted], Any]:
    """A Fitted through the codec: what is used is what will be loaded."""

    def through(fitted: Fitted) -> Any:
        return type(fitted).from_state(from_bytes(to_bytes(fitted.state())))

    return through

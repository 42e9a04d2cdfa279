"""Rows that were cut away leave nothing behind in the buffers of those that stay, nor do these share with the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from automl.columns import TEST, TRAIN, VALID
from automl.dataset import Dataset

_VALUES = {
    "numbers": pd.Series([1.0, 2.0, np.nan, 4.0, 5.0, 6.0]),
    "flags": pd.Series([True, None, False, True, None, False], dtype="boolean"),
    "days": pd.Series(pd.date_range("2026-01-01", periods=6)).astype("datetime64[us]"),
    "words": pd.Series(["kept", None, "kept too", "secret", "hidden", "gone"], dtype="str"),
}


@pytest.mark.parametrize(
    "part", [[0, 0, 0, TEST, TEST, TEST], [0, VALID, 0, TEST, VALID, TEST]], ids=["block", "mixed"]
)
def test_kept_rows_share_no_buffer_with_the_whole(part: list[int]) -> None:
    frame = pd.DataFrame(_VALUES, index=pd.Index(np.arange(6), dtype="int64"))
    kinds = {"numbers": "numeric", "flags": "boolean", "days": "datetime", "words": "text"}
    whole = Dataset.make(frame, dict.fromkeys(frame, "feature"), kinds, np.array(part, dtype="int16"))  # type: ignore[arg-type]
    seen = whole.keep(np.array(part) != TEST)
    for name in ("numbers", "days"):
        assert not np.shares_memory(seen.frame[name].to_numpy(copy=False), frame[name].to_numpy(copy=False))
    assert not np.shares_memory(seen.frame["flags"].array._data, frame["flags"].array._data)
    for buffer in pa.array(seen.frame["words"]).buffers():
        assert buffer is None or not any(word in buffer.to_pybytes() for word in (b"secret", b"gone"))
    assert len(seen.rows(TRAIN, ["numbers"])) == part.count(0)

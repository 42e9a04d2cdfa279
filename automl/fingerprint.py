"""Content hashes: of plain values, bytes, columns and files.

Two values with the same fingerprint are the same value to the plan, so a fingerprint covers what a stage could
see (dtype, values, order) and nothing that it could not (chunking, slicing, the bit pattern of a NaN).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LENGTH = 32
"""Hexadecimal digits of sha256 that are kept: 128 bits."""

_AT_ONCE = 32_768
"""Numbers that are brought into one form at a time: few enough for the processor's cache."""


def digest(*parts: Any) -> str:
    """Fingerprint of JSON values. Mappings compare without order; tuples equal lists."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def bytes_fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:LENGTH]


def file_fingerprint(path: str | Path) -> str:
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:LENGTH]


def seed_from(*parts: Any) -> int:
    """A seed in [0, 2**32) that depends on every part."""
    return int(digest("seed", *parts)[:8], 16)


def array_fingerprint(values: np.ndarray) -> str:
    """Fingerprint of a numeric or boolean array: dtype, shape, values; one NaN, no negative zero."""
    import numpy as np

    h = hashlib.sha256(f"{values.dtype.str}|{values.shape}|".encode())
    if values.dtype.kind != "f":
        h.update(np.ascontiguousarray(values).view(np.uint8).data)
        return h.hexdigest()[:LENGTH]
    flat = np.ravel(values)
    for first in range(0, len(flat), _AT_ONCE):
        part = flat[first : first + _AT_ONCE] + 0.0
        part[np.isnan(part)] = np.nan
        h.update(part.view(np.uint8).data)
    return h.hexdigest()[:LENGTH]


def series_fingerprint(series: pd.Series) -> str:
    """Fingerprint of one column's dtype and values; its name and index do not enter.

    Strings enter as lengths and bytes, so that ("ab", "c") and ("a", "bc") differ, and missing differs from "".
    Python's objects enter with their type, so that 1 and "1" differ. Raises TypeError for those that no table holds.
    """
    import numpy as np
    import pandas as pd

    if isinstance(series.dtype, pd.SparseDtype):
        return digest("sparse", series_fingerprint(series.sparse.to_dense()))
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "fiubmM":
        return array_fingerprint(series.to_numpy())
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        # pyarrow reads such a series by its ``values``, against which pandas warns.
        return digest(str(series.dtype), array_fingerprint(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()))
    if isinstance(series.dtype, pd.BooleanDtype):
        codes = series.astype("Int8").fillna(-1).to_numpy(dtype="int8")
        return digest("boolean", array_fingerprint(codes))
    if isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        levels = series.cat.categories
        return digest("category", array_fingerprint(codes), str(levels.dtype), [str(level) for level in levels])
    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "O":
        return _objects_fingerprint(series)
    return _strings_fingerprint(series)


def _objects_fingerprint(series: pd.Series) -> str:
    """Texts as such; else each value by its type and how it is written, all missing ones as one."""
    import pandas as pd

    h = hashlib.sha256(b"object|")
    for value in series.tolist():
        if isinstance(value, str):
            text = f"s{value}"
        elif isinstance(value, list | dict | set | tuple | bytes) or not pd.api.types.is_scalar(value):
            raise TypeError(f"{type(value).__name__} {str(value)[:40]!r}")
        else:
            text = "" if pd.isna(value) else f"{type(value).__name__} {_written(value)}"
        data = text.encode()
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.hexdigest()[:LENGTH]


def _written(value: Any) -> str:
    return hex(value) if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _strings_fingerprint(series: pd.Series) -> str:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    h = hashlib.sha256(f"{series.dtype}|".encode())
    array = pa.array(series, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    lengths = pc.fill_null(pc.binary_length(array), -1).to_numpy(zero_copy_only=False).astype("int64")
    h.update(lengths.view(np.uint8).data)
    if array.null_count:
        array = pc.fill_null(array, "")
    if len(array):
        offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array) + 1]
        h.update(memoryview(array.buffers()[2] or b"")[offsets[0] : offsets[-1]])
    return h.hexdigest()[:LENGTH]

"""Raw columns in few forms, whatever library brought them; no value changes on the way.

The forms: numpy numbers, booleans and dates; pandas' nullable integers and booleans where there are gaps; texts as
pandas' ``str``; Arrow's decimals; categories; and Python objects, where a column holds several types.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import types

TEXT = pd.StringDtype(na_value=np.nan)


def plain_form(raw: pd.Series) -> pd.Series:
    """The column in one of the forms; types that no table cell has are left as they are, to be refused by name."""
    dtype = raw.dtype
    if isinstance(dtype, pd.SparseDtype):
        return plain_form(raw.sparse.to_dense())
    if isinstance(dtype, pd.ArrowDtype):
        return _from_arrow(raw, dtype.pyarrow_dtype)
    if isinstance(dtype, pd.StringDtype):
        return raw if dtype == TEXT else raw.astype(TEXT)
    if isinstance(dtype, pd.Float32Dtype | pd.Float64Dtype):
        return _like(raw, raw.to_numpy(dtype=dtype.numpy_dtype, na_value=np.nan))
    if pd.api.types.is_extension_array_dtype(dtype) and hasattr(dtype, "numpy_dtype") and not raw.isna().any():
        return raw.astype(dtype.numpy_dtype)  # nullable integers and booleans without a gap
    return raw


def _from_arrow(raw: pd.Series, kind: pa.DataType) -> pd.Series:
    if types.is_string(kind) or types.is_large_string(kind):
        return raw.astype(TEXT)
    if types.is_string_view(kind):  # of which Arrow's functions know little
        return _like(raw, arrow(raw).cast(pa.large_string()).to_pandas().array).astype(TEXT)
    if types.is_floating(kind):
        return _like(raw, raw.to_numpy(dtype=kind.to_pandas_dtype(), na_value=np.nan))
    if types.is_boolean(kind):
        return raw.astype("boolean") if raw.isna().any() else raw.astype("bool")
    if types.is_integer(kind):
        name = np.dtype(kind.to_pandas_dtype()).name
        return raw.astype(nullable(name)) if raw.isna().any() else raw.astype(name)
    if types.is_date(kind):
        return _like(raw, pa.chunked_array(arrow(raw)).cast(pa.timestamp("ms")).to_pandas().array)
    if types.is_timestamp(kind) or types.is_dictionary(kind):
        return _like(raw, arrow(raw).to_pandas().array)
    if types.is_null(kind):
        return _like(raw, np.full(len(raw), np.nan))
    return raw


def nullable(name: str) -> str:
    """pandas' nullable dtype for a numpy integer or boolean dtype: Int64 for int64, UInt8 for uint8."""
    return "boolean" if name == "bool" else name.replace("uint", "UInt") if name[0] == "u" else name.capitalize()


def _like(raw: pd.Series, values: Any) -> pd.Series:
    return pd.Series(values, index=raw.index, name=raw.name)


def arrow(column: pd.Series) -> pa.ChunkedArray:
    """The column as Arrow holds it, NaN as null; without a copy where it is Arrow's already."""
    found = pa.array(column, from_pandas=True)
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def is_decimal(dtype: Any) -> bool:
    """Whether it is one of Arrow's decimal types, of any width and scale."""
    return isinstance(dtype, pd.ArrowDtype) and types.is_decimal(dtype.pyarrow_dtype)


def is_object(dtype: Any) -> bool:
    """Whether a column holds Python's objects, of one type or of several."""
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def is_number(dtype: Any) -> bool:
    """Whether a raw column of this dtype holds numbers; booleans and categories do not."""
    if isinstance(dtype, pd.SparseDtype):
        return is_number(dtype.subtype)
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))
    return bool(dtype.kind in "iuf")

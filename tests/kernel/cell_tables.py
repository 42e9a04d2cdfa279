"""Random tables of all kinds of cells, and the same rows by each door: a frame, a CSV file, a Parquet file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from automl_tabular.csv_reader import CsvReader
from automl_tabular.parquet_reader import ParquetReader

ROWS = 14


@dataclass(frozen=True)
class Sort:
    """One sort of column: what its cells are drawn from, the dtype, and what the file says of it."""

    cells: st.SearchStrategy[Any]
    dtype: Any
    kind: str | None = None


def _levels(*cells: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(cells)


BERLIN = "Europe/Berlin"
LONG = 1234567890123456700
SORTS: dict[str, Sort] = {
    "ints": Sort(st.integers(-1000, 1000), "int64"),
    "ints with gaps": Sort(st.none() | st.integers(-(2**62), 2**62), "Int64"),
    "unsigned": Sort(st.integers(2**63, 2**64 - 1), "uint64"),
    "floats": Sort(st.none() | st.floats(-1e30, 1e30), "float64"),
    "arrow floats": Sort(st.none() | st.floats(-1e3, 1e3), "double[pyarrow]"),
    "decimals": Sort(st.none() | st.decimals(-999, 999, places=2), pd.ArrowDtype(pa.decimal128(7, 2))),
    "booleans": Sort(st.booleans(), "bool"),
    "booleans with gaps": Sort(st.none() | st.booleans(), "boolean"),
    "dates": Sort(st.none() | st.datetimes(pd.Timestamp("1970-01-01"), pd.Timestamp("2070-01-01")), "datetime64[us]"),
    "levels of times": Sort(
        _levels(pd.Timestamp("2026-01-31"), pd.Timestamp("2026-01-31 10:30:00.500"), None),
        "datetime64[us]",
        "categorical",
    ),
    "levels of zoned times": Sort(
        _levels(pd.Timestamp("2026-01-31", tz=BERLIN), pd.Timestamp("2026-07-01 10:30", tz=BERLIN), None),
        f"datetime64[us, {BERLIN}]",
        "categorical",
    ),
    "levels of singles": Sort(_levels(0.1, 1.5, 100000.1, 12345678.0, 3.3e9, None), "float32", "categorical"),
    "levels of booleans": Sort(_levels(True, False, None), "boolean", "categorical"),
    "booleans among numbers": Sort(_levels(True, 0, 1, 2.5, None), object),
    "texts": Sort(_levels("a", "B", "a b", " c ", "ä", "x,y", 'q"', "nan", "None", None, "?", "-"), "str"),
    "codes": Sort(_levels("0100", "100", "007", "7", "0", None), "str"),
    "texts like numbers": Sort(_levels("1E5", "1.10", "1.1", "+5", ".5", "5.", "-0", "1.0", "7A1"), "str"),
    "mostly numbers": Sort(_levels("1", "2.5", "NULL", "oops", None), "str"),
    "category of ints": Sort(_levels(1, 2, 30), "category"),
    "category of halves": Sort(_levels(40.0, 40.5, 41.0, None), "category"),
    "category of texts": Sort(_levels("u", "v", None), "category"),
    "levels of ints": Sort(st.integers(LONG, LONG + 4), "int64", "categorical"),
    "levels of halves": Sort(_levels(42.0, 42.5, None), "float64", "categorical"),
    "levels of decimals": Sort(
        _levels(Decimal("1.10"), Decimal("2.00")), pd.ArrowDtype(pa.decimal128(5, 2)), "categorical"
    ),
    "long levels": Sort(_levels(str(10**20), str(10**20 + 1)), "str", "categorical"),
    "objects": Sort(_levels(1, 2, "x", "y z", None), object),
    "sparse": Sort(_levels(0.0, 1.5), pd.SparseDtype("float64", 0.0)),
}


@st.composite
def tables(draw: st.DrawFn, most: int = 4) -> tuple[pd.DataFrame, dict[str, str]]:
    """A frame of ROWS rows with a column of each of some sorts, and the kinds that a file would say."""
    names = draw(st.lists(st.sampled_from(sorted(SORTS)), min_size=1, max_size=most, unique=True))
    columns = {}
    for name in names:
        cells = draw(st.lists(SORTS[name].cells, min_size=ROWS, max_size=ROWS))
        columns[name] = pd.Series(cells, dtype=SORTS[name].dtype)
    kinds = {name: kind for name in names if (kind := SORTS[name].kind) is not None}
    return pd.DataFrame(columns), kinds


def by_frame(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    return rows


def by_csv(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    rows.to_csv(folder / "rows.csv", index=False)
    return CsvReader(CsvReader.Params(path=str(folder / "rows.csv"))).read()


def by_parquet(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    plain = {
        name: column.sparse.to_dense() if isinstance(column.dtype, pd.SparseDtype) else _storable(column)
        for name, column in rows.items()
    }
    pd.DataFrame(plain).to_parquet(folder / "rows.parquet", index=False)
    return ParquetReader(ParquetReader.Params(path=str(folder / "rows.parquet"))).read()


def _storable(column: pd.Series) -> pd.Series:
    """Parquet has no column of several types: texts, as an export writes them."""
    return column.map(str, na_action="ignore").astype("str") if column.dtype == object else column


DOORS: dict[str, Callable[[pd.DataFrame, Path], pd.DataFrame]] = {
    "frame": by_frame,
    "csv": by_csv,
    "parquet": by_parquet,
}

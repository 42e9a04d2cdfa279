#!/usr/bin/env bash
# pyarrow 25.0.1 with pandas 3.1.1: handing a series with a time zone to Arrow makes pandas warn.
#
# pyarrow reads `series.values`, which pandas 3.1 deprecates for DatetimeTZDtype (Pandas4Warning): where warnings are
# errors, no zoned column can be handed over. What comes out is right, and pandas' own `to_parquet` does not warn.
#
# Seen on 2026-11-28, Python 3.11, Linux x86_64:
#   pa.array(series)         Pandas4Warning
#   pa.array(series.array)   Pandas4Warning
#   pa.Table.from_pandas     Pandas4Warning
#   frame.to_parquet         no warning
#   pa.array of naive UTC    no warning
#
# Here a zoned column is hashed by its instants in UTC without a zone (automl/fingerprint.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pandas==3.1.1 pyarrow==25.0.1
"$folder/venv/bin/python" - <<'P'
import io
import warnings

import pandas as pd
import pyarrow as pa

series = pd.Series(pd.date_range("2026-01-01", periods=3)).dt.tz_localize("Europe/Berlin")
frame = series.to_frame("t")
ways = {
    "pa.array(series)": lambda: pa.array(series),
    "pa.array(series.array)": lambda: pa.array(series.array),
    "pa.Table.from_pandas": lambda: pa.Table.from_pandas(frame),
    "frame.to_parquet": lambda: frame.to_parquet(io.BytesIO()),
    "pa.array of naive UTC": lambda: pa.array(series.dt.tz_convert("UTC").dt.tz_localize(None)),
}
seen = {}
for name, way in ways.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        way()
    seen[name] = sorted({warning.category.__name__ for warning in caught})
    print(f"{name:<24} {', '.join(seen[name]) or 'no warning'}")
expected = {name: ["Pandas4Warning"] if name.startswith(("pa.array(", "pa.Table")) else [] for name in ways}
assert seen == expected, f"this has changed: {seen}"
P

#!/usr/bin/env bash
# pandas 3.1.1: `to_datetime(..., format="ISO8601")` takes the texts "now" and "today" for the time at which it is called.
#
# The documentation of pandas.to_datetime says of `format`: "ISO8601", to parse any ISO 8601 time string. "now" is none;
# with `errors="coerce"` what cannot be parsed is to be NaT. So a column in which one cell is the word gives another
# date on every reading, without a word.
#
# Seen on 2026-11-28, Python 3.11, Linux x86_64: 2026-01-31 and the time of the call, for "now" and for "today"; "soon"
# is NaT.
#
# Here a text without a digit is no date: a column of dates with such a word is one of levels, and a word among new dates
# is an error that names the cell (automl.input_schema.moments.to_dates).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pandas==3.1.1
"$folder/venv/bin/python" - <<'P'
import pandas as pd

before = pd.Timestamp.now("UTC")
read = pd.to_datetime(
    pd.Series(["2026-01-31", "now", "today", "soon"]), errors="coerce", format="ISO8601", utc=True
)
after = pd.Timestamp.now("UTC")
print(read.to_string())
assert read[0] == pd.Timestamp("2026-01-31", tz="UTC") and pd.isna(read[3])
ours = pd.Timedelta("1D")  # "today" may be told in local time
clock = [before <= read[1] <= after, before - ours <= read[2] <= after + ours]
assert clock == [True, True], f"this has changed: {read.tolist()}"
P

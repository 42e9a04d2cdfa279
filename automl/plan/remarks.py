"""What reading changed, for the rules that tell of it: the table itself does not show it any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from automl.input_schema import InputSchema, column_names
from automl.input_schema.columns import row_at
from automl.input_schema.kinds import types_of

Remarks = dict[str, list[dict[str, Any]]]
"""Plain values by the name of the rule that tells of them."""

_SHOWN = 40


def remarks_on(
    raw: pd.DataFrame, schema: InputSchema, beyond: Mapping[str, np.ndarray], place: Callable[[int], str] | None
) -> Remarks:
    """Cells that count as missing because they are infinite, and columns of several types that became texts.

    Args:
        raw: as the reader brought it.
        schema: what was made of it.
        beyond: bool [n] for each column with infinite cells (see `InputSchema.read`).
        place: where a row, counted from 0, lies for a person; its label if absent.
    """
    named = raw.set_axis(column_names(raw), axis=1)
    found: Remarks = {"data.infinite": [], "data.mixed_types": []}
    for name, mask in beyond.items():
        row = int(np.argmax(mask))
        shown = str(named[name].iloc[row])
        found["data.infinite"].append(
            {
                "column": name,
                "cells": int(mask.sum()),
                "value": shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}...",
                "where": row_at(named[name], row).removesuffix(",") if place is None else place(row),
            }
        )
    identifiers = frozenset(schema.identifiers)
    for name, kind in schema.kinds().items():
        if kind in ("categorical", "ordinal", "text") and name not in identifiers:
            types = types_of(named[name])
            if len(types) > 1:
                found["data.mixed_types"].append({"column": name, "types": types})
    return {rule: remarks for rule, remarks in found.items() if remarks}

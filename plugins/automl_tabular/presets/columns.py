"""Which columns enter, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automl.presets import Because

if TYPE_CHECKING:
    from automl.table_profile import ColumnProfile, TableProfile

_CODE_LEVELS = (3, 31)
"""Whole numbers with so many values in a narrow range may be codes: months, hours, weekdays, grades."""
_CODE_ROWS = 300
"""Rows for each value from which a 0/1 column for it is affordable, whether or not the numbers have an order."""


@dataclass(frozen=True)
class Columns:
    """The features of a table by what has to be done with them, and the ``data`` keys that make them so."""

    numeric: Sequence[ColumnProfile]
    levels: Sequence[ColumnProfile]
    """Categorical and boolean columns, and numbers that are treated as levels."""
    data: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def sort_columns(table: TableProfile) -> Columns:
    """Leave out what names rows, says nothing, or can be used by no stage; find numbers that are codes."""
    by_guess = {guess: [c.name for c in table.columns if c.guess == guess] for guess in ("id", "constant", "empty")}
    dates = [c.name for c in table.features("datetime")]
    texts = [c.name for c in table.features("text")]
    codes = [c for c in table.features("numeric") if _is_code(c, table.rows)]
    roles: dict[str, Any] = {}
    ids = [*table.ids, *by_guess["id"]]
    if ids:
        roles["id"] = Because(ids, _id_reason(table, by_guess["id"]))
    reasons = [f"the call leaves out {_names(table.ignored)}"] if table.ignored else []
    for names, why in (
        (by_guess["constant"], "one value in every row"),
        (by_guess["empty"], "no value at all"),
        (dates, "dates, which no installed stage makes numbers of"),
        (texts, "free text, which no installed stage makes numbers of"),
    ):
        if names:
            reasons.append(f"{_names(names)}: {why}")
    ignored = [*table.ignored, *by_guess["constant"], *by_guess["empty"], *dates, *texts]
    if ignored:
        roles["ignore"] = Because(ignored, "Left out: " + "; ".join(reasons) + ".")
    data: dict[str, Any] = {"roles": roles} if roles else {}
    if codes:
        data["kinds"] = Because(
            {c.name: "categorical" for c in codes},
            f"Whole numbers with few values ({', '.join(f'{c.name}: {c.distinct}' for c in codes[:6])}"
            f"{', ...' if len(codes) > 6 else ''}) and at least {_CODE_ROWS} rows for each: as levels, the network "
            "need not assume that 4 is twice 2.",
        )
    numeric = [c for c in table.features("numeric") if c not in codes]
    levels = [*table.features("categorical", "boolean", "ordinal"), *codes]
    remarks = [f"{_names(dates)}: dates are left out; nothing installed makes numbers of them"] if dates else []
    remarks += [f"{_names(texts)}: free text is left out; nothing installed makes numbers of it"] if texts else []
    return Columns(numeric, levels, data, remarks)


def _is_code(column: ColumnProfile, rows: int) -> bool:
    low, high = _CODE_LEVELS
    narrow = column.maximum - column.minimum < 2 * high
    return column.whole and narrow and low <= column.distinct <= high and column.distinct * _CODE_ROWS <= rows


def _id_reason(table: TableProfile, guessed: Sequence[str]) -> str:
    told = f"The call says that {_names(table.ids)} name the rows. " if table.ids else ""
    found = f"{_names(guessed)}: another value in (nearly) every row, so it names rows. " if guessed else ""
    return f"{told}{found}Ids are not learned from; they are passed through to the predictions."


def _names(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")

"""Levels as numbers: one-hot and ordinal codes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from automl.advice.findings import Finding
from automl.components import Fitted, Transform
from automl.described import flow
from automl.errors import CellError, DataError, StageError, did_you_mean
from automl.labels import natural_order
from automl.params import Params, param
from automl_tabular.levels import MISSING, UNSEEN, as_text, cells_unseen, level_codes, level_totals
from automl_tabular.moments import fit_weights
from automl_tabular.naming import fresh_name
from automl_tabular.selection import block, require

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView
    from automl.columns import Trait
    from automl.dataset import Rows

_MANY_LEVELS = 200
_MOST_SHOWN = 50
"""Levels that a message lists in full."""
"""Columns from one column that are worth a word."""
_NOWHERE = -1
"""A slot that no output column has: the row stays all zero."""


@dataclasses.dataclass(frozen=True)
class OneHotFitted(Fitted):
    """Where each level of each input column goes.

    Attributes:
        names: output columns, in order.
        levels: all training levels of each input column, in their order.
        slots: for each input column, int64 [levels]: the output column of each level (rare ones share one).
        unseen: for each input column, the output column of a level that training did not know; -1 for none.
        missing: likewise for a missing value.
        refuses: whether what training did not know is an error.
    """

    names: Sequence[str]
    levels: Mapping[str, Sequence[str]]
    slots: Mapping[str, np.ndarray]
    unseen: Mapping[str, int]
    missing: Mapping[str, int]
    refuses: bool

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.levels, OneHotEncoder.id)
        out = np.zeros((len(self.names), len(frame)))
        rows = np.arange(len(frame))
        for name, levels in self.levels.items():
            codes = level_codes(frame[name], levels)
            if self.refuses:
                _refuse_unseen(frame[name], codes, OneHotEncoder.id, missing_too=self.missing[name] == _NOWHERE)
            # Codes below 0 count from the end, so MISSING (-2) and UNSEEN (-1) find their slots there.
            lookup = np.append(self.slots[name], [self.missing[name], self.unseen[name]]).astype(np.int64)
            slots = lookup[codes]
            hit = slots != _NOWHERE
            out[slots[hit], rows[hit]] = 1.0
        return block(out, self.names, frame.index)

    def unseen_cells(self, frame: pd.DataFrame) -> Mapping[str, np.ndarray]:
        return cells_unseen(frame, self.levels)


class OneHotEncoderParams(Params):
    min_frequency: int | float | None = param(
        None,
        description="Levels rarer than this share (below 1) or this count of training rows are gathered in "
        "<column>_infrequent.",
        tune={"float": [0.001, 0.05], "log": True},
        gt=0,
    )
    max_categories: int | None = param(
        None,
        description="At most so many output columns for one input column, the one for rare levels included; "
        "the rarest levels are gathered.",
        ge=2,
    )
    unseen: Literal["ignore", "infrequent", "error"] = param(
        "infrequent",
        description="A level that training did not know: all zeros (ignore), the column of rare levels if there is "
        "one (infrequent), or an error.",
    )

    @field_validator("min_frequency")
    @classmethod
    def _share_or_count(cls, value: int | float | None) -> int | float | None:
        if isinstance(value, float) and value >= 1 and not value.is_integer():
            raise ValueError(f"min_frequency is a share below 1 or a whole number of rows, found {value}")
        return int(value) if value is not None and value >= 1 else value


class OneHotEncoder(Transform):
    """A 0/1 column for each level, named <column>_<level>; rare levels share one.

    Missing is a level of its own (<column>_missing) if it occurred in the training rows. With `unseen: error` a
    missing value that training did not know is an error as well.
    """

    id = "encode.one_hot"
    weights = "levels are rare by the weight of their rows"
    accepts = frozenset({"categorical", "ordinal", "boolean"})
    fitted = OneHotFitted
    Params = OneHotEncoderParams
    advice = {"many_levels": "A column of levels becomes hundreds of columns."}

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"min_frequency": 0.05}, {"max_categories": 3, "unseen": "ignore"}]

    @classmethod
    def prefixes(cls, params: OneHotEncoderParams, columns: Sequence[str]) -> Sequence[str]:
        return [f"{column}_" for column in columns]

    @classmethod
    def examine(cls, params: OneHotEncoderParams, view: StageView) -> Iterable[Finding]:
        for name in view.given.as_read:
            column = view.training(name)
            if column.nunique() <= _MANY_LEVELS:
                continue
            counts = level_totals(column, None)
            made = len(counts) - len(cls(params)._rare(counts, len(column)))
            if made > _MANY_LEVELS:
                yield Finding(
                    f"column {name!r} has {len(counts):,} levels in the training rows, and {made:,} of them become "
                    "columns",
                    ("with",),
                    reason="most of them are all but empty, and each costs a row of weights in the first layer",
                    mend=f"with: {{max_categories: {_MANY_LEVELS}}} gathers the rare ones; "
                    "use: encode.ordinal makes one column",
                    name="many_levels",
                )

    def fit(self, train: Rows) -> OneHotFitted:
        train = train.counted()
        weight = fit_weights(train)
        names: list[str] = []
        taken: set[str] = set()
        levels: dict[str, list[str]] = {}
        slots: dict[str, np.ndarray] = {}
        unseen: dict[str, int] = {}
        missing: dict[str, int] = {}

        def new_slot(column: str, level: str) -> int:
            names.append(fresh_name(f"{column}_{level}", taken))
            return len(names) - 1

        for column in train.frame.columns:
            counts = level_totals(train.frame[column], weight)
            levels[column] = natural_order(list(counts))
            rare = self._rare(counts, len(train.frame) if weight is None else float(weight.sum()))
            slots[column] = np.full(len(levels[column]), _NOWHERE, dtype=np.int64)
            for place, level in enumerate(levels[column]):
                if level not in rare:
                    slots[column][place] = new_slot(column, level)
            infrequent = new_slot(column, "infrequent") if rare else _NOWHERE
            slots[column][slots[column] == _NOWHERE] = infrequent
            unseen[column] = infrequent if self.params.unseen == "infrequent" else _NOWHERE
            has_missing = bool(train.frame[column].isna().any())
            missing[column] = new_slot(column, "missing") if has_missing else unseen[column]
        return OneHotFitted(names, levels, slots, unseen, missing, self.params.unseen == "error")

    def _rare(self, counts: Mapping[str, float], rows: float) -> set[str]:
        """Levels to gather. Of equally frequent ones, those that sort first stay."""
        least = self.params.min_frequency
        if least is None:
            least = 0
        elif isinstance(least, float):
            least *= rows
        by_frequency = sorted(counts.items(), key=lambda item: (-round(item[1], 9), item[0]))
        kept = [level for level, count in by_frequency if count >= least]
        most = self.params.max_categories
        if most is not None and len(kept) + (len(kept) < len(by_frequency)) > most:
            kept = kept[: most - 1]
        return set(counts) - set(kept)


@dataclasses.dataclass(frozen=True)
class OrdinalFitted(Fitted):
    """``levels`` of each column in their order; the codes of what has no place; whether that is an error; the code of
    the first level."""

    levels: Mapping[str, Sequence[str]]
    unseen: float
    missing: float
    refuses: bool
    first: int = 0

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        require(frame, self.levels, OrdinalEncoder.id)
        out = np.empty((len(self.levels), len(frame)))
        for place, (name, levels) in enumerate(self.levels.items()):
            codes = level_codes(frame[name], levels)
            if self.refuses:
                _refuse_unseen(frame[name], codes, OrdinalEncoder.id, missing_too=False)
            out[place] = codes + self.first
            out[place][codes == UNSEEN] = self.unseen
            out[place][codes == MISSING] = self.missing
        return block(out, list(self.levels), frame.index)

    def unseen_cells(self, frame: pd.DataFrame) -> Mapping[str, np.ndarray]:
        return cells_unseen(frame, self.levels)


class OrdinalEncoderParams(Params):
    order: dict[str, Annotated[list[str], Field(min_length=1, json_schema_extra={"uniqueItems": True})]] = param(
        {},
        description="Levels of a column from lowest to highest; a column without an entry is ordered by number where "
        "every level is one, by text else.",
    )
    unseen: Literal["code", "missing", "error"] = param(
        "code", description="A level that has no place: the code -1, a missing value, or an error."
    )
    missing: Literal["code", "keep"] = param(
        "code", description="A missing value: the code -1, or kept missing for a later imputation."
    )
    reserve: bool = param(
        False,
        description="Codes begin at 1, and 0 takes the place of the code -1: what an Embedding layer needs, whose "
        "input_dim is then one more than there are levels.",
    )

    @field_validator("order")
    @classmethod
    def _each_level_once(cls, order: dict[str, list[str]]) -> dict[str, list[str]]:
        for column, levels in order.items():
            twice = [level for level in levels if levels.count(level) > 1]
            if twice:
                raise ValueError(f"order of {column!r}: expected each level once, found {levels}")
        return order


class OrdinalEncoder(Transform):
    """Levels as their place in an order, from 0.0; what has no place is -1 (0 under `reserve`)."""

    id = "encode.ordinal"
    weights = "a row of weight 0 is as if it were not there; other weights make no difference"
    accepts = frozenset({"categorical", "ordinal", "boolean"})
    fitted = OrdinalFitted
    Params = OrdinalEncoderParams

    @classmethod
    def examples(cls) -> list[dict[str, Any]]:
        return [{}, {"unseen": "missing", "missing": "keep"}, {"reserve": True}]

    @classmethod
    def outputs(cls, params: Any, columns: Sequence[str]) -> Sequence[str]:
        return columns

    @classmethod
    def leaves(cls, params: OrdinalEncoderParams, name: str, values: pd.Series | None) -> Collection[Trait]:
        """The column itself, and its gaps if they are kept."""
        return ["there", "gaps"] if params.missing == "keep" else ["there"]

    @classmethod
    def columns(cls, params: OrdinalEncoderParams) -> Sequence[str]:
        return list(params.order)

    def fit(self, train: Rows) -> OrdinalFitted:
        """Raises StageError for an order of a column that is not here, DataError for a level that it leaves out."""
        for column in self.params.order:
            if column not in train.frame.columns:
                hint = did_you_mean(column, train.frame.columns)
                raise StageError(
                    f"{self.id}: `order` names {column!r}, which is not among the columns of this stage "
                    f"({list(train.frame.columns)[:20]})" + (f"; {hint}" if hint else "")
                )
        train = train.counted()
        levels = {column: self._levels(train.frame[column]) for column in train.frame.columns}
        first = int(self.params.reserve)
        return OrdinalFitted(
            levels,
            unseen=float("nan") if self.params.unseen == "missing" else first - 1.0,
            missing=float("nan") if self.params.missing == "keep" else first - 1.0,
            refuses=self.params.unseen == "error",
            first=first,
        )

    def _levels(self, series: pd.Series) -> list[str]:
        found = [str(level) for level in as_text(series).dropna().unique()]
        order = self.params.order.get(str(series.name))
        if order is None:
            return natural_order(found)
        left_out = sorted(set(found) - set(order))
        if left_out:
            raise DataError(
                f"{self.id}: the order of {series.name!r} leaves out {left_out[:5]} ({len(left_out)} levels of the "
                f"training rows); mend: {_complete(str(series.name), [*order, *left_out])}"
            )
        return list(order)


def _complete(name: str, levels: list[str]) -> str:
    """The key with every level in it, where that can be read."""
    if len(levels) > _MOST_SHOWN:
        return "give every level its place"
    return f"order: {{{flow(name)}: {flow(levels)}}}, each in its place"


def _refuse_unseen(series: pd.Series, codes: np.ndarray, who: str, *, missing_too: bool) -> None:
    """Raises CellError naming the first row whose level training did not know."""
    unknown = (codes == UNSEEN) | (missing_too & (codes == MISSING))
    if unknown.any():
        row = int(unknown.argmax())
        raise CellError(
            str(series.name),
            row,
            f"holds {series.iloc[row]!r}, which no training row held ({int(unknown.sum())} such rows): {who} refuses "
            "it; mend: correct it, or train with another `unseen`",
            f"row {series.index[[row]].tolist()[0]!r}",
        )

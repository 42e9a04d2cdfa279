"""What the schema is: names, kinds, roles and spellings of columns, and how raw rows become what the plan works on."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.columns import Kind, Role
from automl.components import Fitted
from automl.errors import PredictError, did_you_mean
from automl.input_schema.columns import bounded, named_by_text, read_column, read_numbers
from automl.input_schema.gaps import HOLDS_GAPS
from automl.input_schema.labels import restore
from automl.input_schema.levels import Spelling
from automl.input_schema.numbers import LARGEST, without_markers
from automl.notation import Notation
from automl.wide_frames import float_columns, frame_of

if TYPE_CHECKING:
    from automl.learning import TaskKind


_SHOWN = 20
"""So many columns are named in a message."""


@dataclasses.dataclass(frozen=True)
class InputSchema(Fitted):
    """Columns of raw rows, in order, and how each is read.

    Attributes:
        names: column names; ignored columns are left out.
        kinds_: the kind of each.
        roles: the role of each.
        missing: texts that mean "no value".
        task: the kind of task that the target makes.
        label_dtype: the type in which predicted labels come back (see `automl.input_schema.labels`).
        decimal, thousands: how the training table wrote numbers as text (see `automl.notation`); rows to predict are
            read so, too.
        spellings: of each column of levels: whether its texts are numbers or texts (see
            `automl.input_schema.levels`).
        words: texts that mean "no value" in columns of numbers, dates and booleans, too (see
            `automl.input_schema.gaps`).
        odd: of each such column, and of a target whose classes are numbers, truths or dates, the texts that the
            training table had among its values and that are gaps in it: some of ``words``, and what is no number
            where nearly all cells are.
    """

    names: Sequence[str]
    kinds_: Sequence[Kind]
    roles: Sequence[Role]
    missing: Sequence[str]
    task: TaskKind
    label_dtype: str
    decimal: str = "."
    thousands: str | None = None
    spellings: Mapping[str, Spelling] = dataclasses.field(default_factory=dict)
    words: Sequence[str] = ()
    odd: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def missing_in(self, name: str) -> list[str]:
        """Texts that mean "no value" in this column."""
        words = self.words if self._kinds[name] in HOLDS_GAPS else ()
        return [*self.missing, *words, *self.odd.get(name, ())]

    @property
    def notation(self) -> Notation:
        """How the training table wrote numbers as text."""
        return Notation(self.decimal, self.thousands)

    @property
    def targets(self) -> tuple[str, ...]:
        """The target columns, in the order of the table."""
        return tuple(name for name, role in zip(self.names, self.roles, strict=True) if role == "target")

    @property
    def required(self) -> list[str]:
        """Columns without which no prediction is possible."""
        return [name for name, role in zip(self.names, self.roles, strict=True) if role == "feature"]

    @property
    def identifiers(self) -> list[str]:
        """Columns that are passed through to the predictions where they are present."""
        return [name for name, role in zip(self.names, self.roles, strict=True) if role == "id"]

    def kinds(self) -> Mapping[str, Kind]:
        return dict(zip(self.names, self.kinds_, strict=True))

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Raw rows as the plan takes them: known columns only, one dtype per kind, missing as missing.

        Columns that are no features may be absent. Raises PredictError naming a missing feature, or the column, the
        row and the value that cannot be read.
        """
        return self._read(frame, self.names, self.notation, {})

    def features(
        self, frame: pd.DataFrame, notation: Notation | None = None, *, beyond: dict[str, np.ndarray] | None = None
    ) -> pd.DataFrame:
        """The feature columns alone, as rows to predict are seen: whatever the others hold is not looked at.

        Args:
            frame: raw rows.
            notation: how these rows write numbers as text, where that is not as the training table did.
            beyond: takes a mask, bool [n], of each column with cells that are infinite, or too large for a network
                (beyond float32); they count as missing.
        """
        return self._read(frame, self.required, notation or self.notation, {} if beyond is None else beyond)

    def read(self, frame: pd.DataFrame, beyond: dict[str, np.ndarray]) -> pd.DataFrame:
        """As `apply`, and as `features` notes what is infinite."""
        return self._read(frame, self.names, self.notation, beyond)

    def _read(
        self, frame: pd.DataFrame, names: Sequence[str], notation: Notation, beyond: dict[str, np.ndarray]
    ) -> pd.DataFrame:
        renamed = named_by_text(frame, names)
        if not renamed.columns.is_unique:
            raise PredictError(
                f"column {renamed.columns[renamed.columns.duplicated()][0]!r} stands more than once; mend: rename one"
            )
        refuse_missing_columns(self.required, list(renamed.columns))
        present = [name for name in names if name in renamed.columns]
        floats = float_columns(renamed[[name for name in present if self._kinds[name] == "numeric"]])
        arrays: dict[str, Any] = {}
        for name in present:
            if self._kinds[name] != "numeric":
                raw, missing = renamed[name], self.missing_in(name)
                read = read_column(raw, self._kinds[name], missing, notation, self.spellings.get(name))
                arrays[name] = read.array.copy()  # nobody writes into the rows of a caller through what is read of them
                continue
            # Only features reach a network; a target or a weight that is too large is refused when fitting.
            largest = LARGEST if name in self._feature_names else np.finfo(np.float64).max
            if name in floats:
                numbers, mask = bounded(without_markers(floats[name], self.missing_in(name), notation), largest)
            else:
                numbers, mask = read_numbers(renamed[name], self.missing_in(name), notation, largest=largest)
            arrays[name] = numbers.copy() if numbers is floats.get(name) else numbers
            if mask.any():
                beyond[name] = mask
        return frame_of(arrays, frame.index)

    @functools.cached_property
    def _kinds(self) -> Mapping[str, Kind]:
        return self.kinds()

    @functools.cached_property
    def _feature_names(self) -> frozenset[str]:
        return frozenset(self.required)

    def restore_labels(self, labels: np.ndarray, known: np.ndarray | None = None) -> Any:
        """Class labels (text, [n]) in the raw target's own type; missing where ``known`` (bool [n]) is False."""
        return restore(labels, np.ones(len(labels), dtype=bool) if known is None else known, self.label_dtype)


def refuse_missing_columns(required: Sequence[str], found: Sequence[str]) -> None:
    """Raises PredictError that names every feature column that is not there, each with the name that is nearest."""
    there, needed = set(found), set(required)
    missing = [name for name in required if name not in there]
    if not missing:
        return
    spare = [name for name in found if name not in needed]
    hints = [did_you_mean(name, spare) for name in missing[:_SHOWN]]
    told = [f" ({hint})" if hint else "" for hint in hints]
    if len(missing) == 1:
        what, mend = f"column {missing[0]!r} is missing{told[0]}", "add it"
    else:
        named = ", ".join(f"{name!r}{hint}" for name, hint in zip(missing, told, strict=False))
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        what, mend = f"{len(missing)} columns are missing: {named}{more}", "add them"
    raise PredictError(
        f"{what}; expected {len(required)} feature columns, found {list(found)[:_SHOWN]}; mend: {mend} (empty cells "
        "are allowed), or rename what is there"
    )


def describe_schema(schema: InputSchema) -> dict[str, Any]:
    """Counts by kind, for a person: ``{"task": "binary", "features": 14, "numeric": 6, "categorical": 8}``."""
    features = [k for k, role in zip(schema.kinds_, schema.roles, strict=True) if role == "feature"]
    counts: dict[str, int] = {str(kind): features.count(kind) for kind in dict.fromkeys(features)}
    return {"task": schema.task, "target": ", ".join(schema.targets), "features": len(features), **counts}

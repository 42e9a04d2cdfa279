"""What the schema is: names, kinds, roles and spellings of columns, and how raw rows become what the plan works on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from automl.columns import Kind, Role
from automl.components import Fitted
from automl.errors import PredictError, did_you_mean
from automl.input_schema.columns import column_names, read_column, read_numbers
from automl.input_schema.labels import restore
from automl.input_schema.levels import Spelling
from automl.input_schema.numbers import LARGEST
from automl.notation import Notation

if TYPE_CHECKING:
    from automl.learning import TaskKind


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
        renamed = frame.set_axis(column_names(frame), axis=1)
        if not renamed.columns.is_unique:
            raise PredictError(
                f"column {renamed.columns[renamed.columns.duplicated()][0]!r} stands more than once; mend: rename one"
            )
        for name in self.required:
            if name not in renamed.columns:
                hint = did_you_mean(name, renamed.columns)
                raise PredictError(
                    f"column {name!r} is missing; expected {len(self.required)} feature columns, found "
                    f"{list(renamed.columns)[:20]}; mend: add the column (empty cells are allowed)"
                    + (f"; {hint}" if hint else "")
                )
        present = [name for name in names if name in renamed.columns]
        columns = {name: self._column(renamed[name], name, notation, beyond) for name in present}
        return pd.DataFrame(columns, index=frame.index, columns=present)

    def _column(self, raw: pd.Series, name: str, notation: Notation, beyond: dict[str, np.ndarray]) -> pd.Series:
        kind = self.kinds()[name]
        if kind != "numeric":
            return read_column(raw, kind, self.missing, notation, self.spellings.get(name))
        # Only features reach a network; a target or a weight that is too large is refused when fitting.
        largest = LARGEST if name in self._feature_names else np.finfo(np.float64).max
        numbers, mask = read_numbers(raw, self.missing, notation, largest=largest)
        if mask.any():
            beyond[name] = mask
        return numbers

    @property
    def _feature_names(self) -> frozenset[str]:
        return frozenset(self.required)

    def restore_labels(self, labels: np.ndarray, known: np.ndarray | None = None) -> Any:
        """Class labels (text, [n]) in the raw target's own type; missing where ``known`` (bool [n]) is False."""
        return restore(labels, np.ones(len(labels), dtype=bool) if known is None else known, self.label_dtype)


def describe_schema(schema: InputSchema) -> dict[str, Any]:
    """Counts by kind, for a person: ``{"task": "binary", "features": 14, "numeric": 6, "categorical": 8}``."""
    features = [k for k, role in zip(schema.kinds_, schema.roles, strict=True) if role == "feature"]
    counts: dict[str, int] = {str(kind): features.count(kind) for kind in dict.fromkeys(features)}
    return {"task": schema.task, "target": ", ".join(schema.targets), "features": len(features), **counts}

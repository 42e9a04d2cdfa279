"""The table that flows through the plan."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from automl.columns import ALL_FOLDS, TEST, TRAIN, VALID, WHOLE, Kind, Role
from automl.described import flow
from automl.errors import StageError
from automl.fingerprint import array_fingerprint, digest, series_fingerprint
from automl.wide_frames import float_columns


@dataclasses.dataclass(frozen=True)
class Column:
    """Where a column's values lie in the store and what they are."""

    role: Role
    kind: Kind
    fingerprint: str
    owner: str | None = None
    """Key of the stored value that holds the bytes; None while they are only in memory."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """All that ``fit`` is given: selected columns of some rows, with their target and weight.

    ``frame`` is [n, columns]; ``target`` and ``weight`` are Series of length n with the same index, or None. The
    target is float64 for a regression and str for a classification; several targets are a frame [n, targets].
    ``weight`` is float64, finite and above 0: rows of weight 0 are left out when the table is read.
    """

    frame: pd.DataFrame
    target: pd.Series | pd.DataFrame | None
    weight: pd.Series | None
    kinds: Mapping[str, Kind]

    def __len__(self) -> int:
        return len(self.frame)

    def counted(self) -> Rows:
        """Without the rows of weight 0: what a fit learns from. All rows if none has another weight."""
        if self.weight is None:
            return self
        counts = self.weight.to_numpy(dtype=np.float64) != 0
        if counts.all() or not counts.any():
            return self
        target = None if self.target is None else self.target[counts]
        return Rows(self.frame[counts], target, self.weight[counts], self.kinds)

    @property
    def has_labels(self) -> bool:
        """Whether the target is one of classes: labels as text, however many look like numbers."""
        return isinstance(self.target, pd.Series) and self.target.dtype.kind not in "iuf"

    def matrix(self, dtype: str = "float32") -> np.ndarray:
        """The frame as a C-ordered matrix [n, columns]; raises StageError naming the first column with no numbers."""
        for name in self.frame.columns:
            if self.kinds[name] not in ("numeric", "boolean"):
                raise StageError(
                    f"column {name!r} is {self.kinds[name]}, but numbers were expected; mend: {_AS_NUMBERS}"
                    if self.kinds[name] in ("categorical", "ordinal")
                    else f"column {name!r} is {self.kinds[name]}, but numbers were expected; "
                    f"mend: data: {{roles: {{ignore: {flow([name])}}}}}"
                )
        return np.ascontiguousarray(self.frame.to_numpy(dtype=dtype, na_value=np.nan))


_AS_NUMBERS = "encode it (encode.one_hot, encode.ordinal) before this stage"


@dataclasses.dataclass(frozen=True)
class Dataset:
    """An immutable table: a frame, what each column is, and the partition of its rows.

    ``frame`` has row ids as its index (int64, unique, ascending, made once when the data was read) and is never
    mutated. ``part`` holds int16 partition codes (see `automl.columns`), None before the split.
    """

    frame: pd.DataFrame
    columns: Mapping[str, Column]
    part: np.ndarray | None = None

    @classmethod
    def make(
        cls,
        frame: pd.DataFrame,
        roles: Mapping[str, Role],
        kinds: Mapping[str, Kind],
        part: np.ndarray | None = None,
    ) -> Dataset:
        """Build from a frame whose dtypes already follow the kinds; hashes every column."""
        axis = array_fingerprint(frame.index.to_numpy())
        prints = column_fingerprints(frame, axis)
        return cls(frame, {name: Column(roles[name], kinds[name], prints[name]) for name in frame.columns}, part)

    @functools.cached_property
    def axis(self) -> str:
        """Fingerprint of row ids and partition."""
        part = None if self.part is None else array_fingerprint(self.part)
        return digest(array_fingerprint(self.frame.index.to_numpy()), part)

    @functools.cached_property
    def fingerprint(self) -> str:
        return digest(self.axis, [[n, c.role, c.kind, c.fingerprint] for n, c in self.columns.items()])

    def named(self, *roles: Role) -> list[str]:
        """Names of the columns with one of these roles, in order."""
        return [name for name, column in self.columns.items() if column.role in roles]

    @functools.cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """The kind of each column, by its name."""
        return {name: column.kind for name, column in self.columns.items()}

    def keep(self, mask: np.ndarray) -> Dataset:
        """The rows where ``mask`` holds, copied: no buffer is shared with the rows that were cut away."""
        if mask.all():
            return self
        part = None if self.part is None else self.part[mask]
        # A boolean selection that leaves rows out has buffers of its own; to copy it again doubled the time.
        return dataclasses.replace(self, frame=self.frame[mask], part=part)

    def under(self, fold: int | str) -> Dataset:
        """What a consumer of the split sees: training and validation rows under this fold, never the test rows."""
        if self.part is None:
            raise StageError("the rows have no partition yet; mend: put a split stage before this one")
        if fold == ALL_FOLDS:
            seen = self.keep(self.part != TEST)
            assert seen.part is not None
            return dataclasses.replace(seen, part=np.where(seen.part >= 0, TRAIN, VALID).astype("int16"))
        if fold == WHOLE:
            seen = self.keep(self.part != TEST)
            return dataclasses.replace(seen, part=np.full(len(seen.frame), TRAIN, dtype="int16"))
        seen = self.keep(self.part >= 0)
        assert seen.part is not None
        return dataclasses.replace(seen, part=np.where(seen.part == fold, VALID, TRAIN).astype("int16"))

    def rows(self, code: int, columns: Sequence[str]) -> Rows:
        """The rows with this partition code (all rows before the split), with the given columns."""
        target, weight = self.named("target"), self.named("weight")
        asked = list(dict.fromkeys([*columns, *target, *weight]))
        part = dataclasses.replace(self, frame=self.frame[asked])  # before rows are cut: only these are copied
        if part.part is not None:
            part = part.keep(part.part == code)
        return Rows(
            part.frame[list(columns)],
            part.frame[target[0] if len(target) == 1 else target] if target else None,
            part.frame[weight[0]].astype("float64") if weight else None,
            {name: self.columns[name].kind for name in columns},
        )


def column_fingerprints(frame: pd.DataFrame, axis: str) -> dict[str, str]:
    """Each column's content hash: its values, and the ids of its rows (``axis``)."""
    numbers = float_columns(frame)
    return {
        name: digest(array_fingerprint(numbers[name]) if name in numbers else series_fingerprint(frame[name]), axis)
        for name in frame.columns
    }

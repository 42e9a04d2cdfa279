"""Words for columns and for the partition of rows, free of pandas so that a file can be checked without it."""

from __future__ import annotations

from typing import Final, Literal, get_args

Kind = Literal["numeric", "categorical", "ordinal", "boolean", "datetime", "text"]
"""What a column's values mean. The kind decides the dtype that the column is stored with."""

Role = Literal["feature", "target", "weight", "group", "time", "id"]
"""What a column is for."""

Trait = Literal["there", "kind", "gaps", "scale", "values"]
"""What a transform may leave of a column as it was (`automl.components.Transform.leaves`)."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
TRAITS: Final[tuple[Trait, ...]] = get_args(Trait)

DTYPES: Final[dict[Kind, str]] = {
    "numeric": "float64",
    "categorical": "str",
    "ordinal": "str",
    "boolean": "boolean",
    "datetime": "datetime64[us]",
    "text": "str",
}
"""The one pandas dtype of each kind, whatever the reader or the caller of predict brought."""

TRAIN: Final = 0
"""Training rows have codes >= 0: the code is the fold in which the row is held out."""
VALID: Final = -1
TEST: Final = -2

ALL_FOLDS: Final = "all"
"""The fold under which every row but the test rows is seen: training rows train, validation rows validate."""

WHOLE: Final = "whole"
"""The fold of a final training: every row but the test rows trains, and none validates."""

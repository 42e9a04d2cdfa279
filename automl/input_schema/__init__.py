"""The input schema: what raw rows must look like, and how they are brought into the form that the plan works on.

It is inferred once from all rows that were read (names, kinds, spellings; never statistics) and is the first Fitted
of every predictor: training rows and rows to predict pass through the same object. What a cell is gets decided here
and nowhere else: from all rows when fitting, and from the schema itself when predicting, so that no other row of a
batch changes what a cell means.
"""

from automl.input_schema.columns import DEFAULT_MISSING, column_names, named_by_text, read_column
from automl.input_schema.gaps import infer_kind
from automl.input_schema.infer import (
    check_target,
    infer_schema,
    infer_task,
    refuse_no_rows,
    refuse_single_value,
)
from automl.input_schema.schema import InputSchema, describe_schema

__all__ = [
    "DEFAULT_MISSING",
    "InputSchema",
    "check_target",
    "column_names",
    "describe_schema",
    "infer_kind",
    "infer_schema",
    "infer_task",
    "named_by_text",
    "read_column",
    "refuse_no_rows",
    "refuse_single_value",
]

"""What the parser refuses and the JSON schema cannot see: the rules, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PARSER_ONLY: Final[Mapping[str, str]] = {
    "layers": "With `extends`, the schema looks at the names of keys only; the parser checks what all layers make "
    "together, and what a profile or `--set` changes.",
    "references": "A reference stands for something: a variable that exists, and in the end a legal value.",
    "inputs": "`in` names stages that exist, and no stage reads itself through others.",
    "flow": "Each stage reads what it can work with: rows, split rows, a model. Nothing that learns stands before the "
    "split.",
    "searches": "A tuned parameter belongs to exactly one search downstream.",
    "ranges": "The ends of a range, or the edges of bins, are in order, and `log` and `step` fit them and each other.",
    "together": "Keys of one component that do not fit each other, such as shares that leave no training rows.",
    "whole numbers": "A whole number is written without a decimal point: `5`, not `5.0`.",
    "not a number": "`.nan` is inside no range.",
    "roles": "A column has one role.",
    "choices": "Components that a search chooses among fit each other and their columns, and `with` names no others.",
    "columns": "The columns that the file names are in the data.",
    "conversions": "Text that a component reads by code of its own: expressions, encodings, names that it alone knows.",
    "engines": "The module of a component can be imported, and its engine is installed.",
}
"""Name to meaning. Whatever else the parser refuses in a file without references, the schema refuses as well."""

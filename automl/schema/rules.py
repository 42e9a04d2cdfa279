"""What the parser refuses and the JSON schema cannot: each rule with a file that breaks it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rule:
    """One rule of the parser alone.

    Attributes:
        name: what tests and documentation call it.
        meaning: one sentence.
        message: a regular expression that every message of the rule matches.
    """

    name: str
    meaning: str
    message: str


PARSER_ONLY: Final = (
    Rule("layers", "What a file is together with the files it extends, a profile and `--set`.", "lacks the key"),
    Rule("references", "A reference stands for something: a variable that exists, in the end a legal value.",
         r"stands for nothing|is not set|is no reference|is not closed|refer to each other"),
    Rule("inputs", "`in` names stages that exist.", "there is no stage '.*' to read from"),
    Rule("circles", "No stage reads itself, directly or through others.", "read each other in a circle"),
    Rule("flow", "Each stage reads what it can work with, and nothing that learns stands before the split.",
         r"reads .*, and .* gives|learns from the rows|needs rows that are split|split already"
         r"|takes one input|branches of one split"),
    Rule("searches", "A tuned parameter belongs to exactly one search downstream.", "searches? would try these values"),
    Rule("ranges", "Both ends of a range are in order and legal, and `log` and `step` fit them.",
         r"upside down|log range begins above|log and step do not|finite bounds"),
    Rule("keys together", "Keys of one component, or of a budget, that do not fit each other.", "."),
    Rule("whole numbers", "A whole number is written without a decimal point.", "whole number"),
    Rule("not a number", "`.nan` is inside no range.", "."),
    Rule("roles", "A column has one role.", "is the target and also under|and also under roles"),
    Rule("path twice", "A reader's path stands in `data.path` or under `with`, not in both.", "the path stands here twice"),
    Rule("choices", "Components that a search chooses among fit each other, and `with` names no others.",
         r"cannot stand for each other|which 'use' does not name|takes no .* columns"),
    Rule("columns", "Columns that the file names are in the data.", "there is no column|is no feature"),
    Rule("conversions", "What a component's own code reads from text or from a mapping.", "."),
    Rule("engines", "The engine of a component is installed, and its module can be imported.", "cannot import|needs the module"),
)  # fmt: skip

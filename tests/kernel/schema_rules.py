"""What the parser says by the rules that only it knows: rule to a pattern of ``message; expected ...; found ...``.

Each pattern is of one message and of no more, so that none of them hides a mistake which the schema should have seen.
"""

from __future__ import annotations

from typing import Final

_WHOLE = r"-?\d+(\.0|(\.\d+)?e\+\d+)"
"""A whole number that is not written as one, as Python shows it."""
_ENDS = rf"\[(-?\d+|{_WHOLE}), (-?\d+|{_WHOLE})\]"

PARSER_SAYS: Final = {
    "layers": r"^the file lacks the key ",
    "references": r"^\$\{[^{}]*\} (stands for nothing|is no reference|stands inside text)"
    r"|^the environment variable \w+ is not set|^a reference is not closed"
    r"|^variables refer to each other without an end",
    "inputs": r"^there is no stage '.*' to read from;|^stages read each other in a circle",
    "flow": r"^'[\w.]+' reads (rows|a model), and '.*' gives (rows|a model|a report);"
    r"|^'[\w.]+' learns from the rows, and here it would see the test rows;"
    r"|^'[\w.]+' needs rows that are split, and here there is no test part;"
    r"|^the rows are split already, by |^'[\w.]+' takes one input;|^only branches of one split can be joined;",
    "searches": r"^(no search|\d+ searches) would try these values;",
    "ranges": r"^\w+(\.\w+)*: (the range is upside down: |a log range begins above 0, |log and step do not go together;"
    r"|(int|float) takes finite bounds, )|^'bins': bins: edges ascend, found ",
    "together": r"^'split\.\w+': test \S+ and valid \S+ leave too few training rows;"
    r"|^'split\.kfold': `by` and `bins` make strata, which `stratified: false` does not want;"
    r"|^'budget': a budget needs trials, total_epochs or time, or several of them;"
    r"|^'clean\.winsorize': lower \S+ stays below upper "
    r"|^several targets are numbers, all of them;",
    "whole numbers": rf"expected a whole number.*; found {_WHOLE}$|: Input should be a valid integer, found {_WHOLE};"
    rf"|: int takes whole numbers, found {_ENDS};",
    "not a number": r"; found \.?nan$|: (Input should be [^,]*|step is a number above 0), found nan;",
    "roles": r"^the column '.*' is .* and also under roles\.",
    "choices": r"^'[\w.]+' and '[\w.]+' cannot stand for each other: "
    r"|^'with' has parameters for '.*', which 'use' does not name;|^'[\w.]+' takes no \w+ columns;",
    "columns": r"^there is no column '|^the column '.*' is no feature: ",
    "conversions": r"^'min_frequency': min_frequency is a share below 1 or a whole number of rows, "
    r"|^'metrics': there is no metric '.*'; expected some of "
    r"|^'columns': .* (is no expression: |reads no column;|is not allowed; )"
    r"|^'separator': a separator is one plain character |^'encoding': no text encoding is called ",
    "engines": r"^[\w.]+: cannot import \S+: ",
}

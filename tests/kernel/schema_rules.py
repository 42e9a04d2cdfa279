"""What the parser says by the rules that only it knows: rule to a pattern of its messages."""

from __future__ import annotations

PARSER_SAYS = {
    "layers": "lacks the key",
    "references": "stands for nothing|is not set|is no reference|is not closed|refer to each other",
    "inputs": "no stage .* to read from|read each other in a circle",
    "flow": "reads .*, and .* gives|learns from the rows|needs rows that are split|split already|takes one input"
    "|branches of one split",
    "searches": "would try these values",
    "ranges": "upside down|begins above 0|do not go together|finite bounds|a range takes",
    "together": "too few training rows|needs trials, time, or both|which `stratified: false` does not want"
    "|lower.*upper|upper.*lower|make sense|fill_value|strategy",
    "whole numbers": "whole number",
    "not a number": "wrong value",
    "roles": "and also under roles",
    "path twice": "the path stands here twice",
    "choices": "cannot stand for each other|which 'use' does not name|takes no .* columns",
    "columns": "there is no column|is no feature",
    "conversions": "expected a duration|expected a size|is no expression|one character",
    "engines": "cannot import|needs the module",
}

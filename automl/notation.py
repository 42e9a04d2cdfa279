"""How numbers are written as text: the decimal sign, what stands between thousands, and the one canonical spelling."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

DECIMALS: Final = (".", ",")
THOUSANDS: Final = (".", ",", "'", "\u2019", " ", "\u00a0", "\u2009", "\u202f")
"""Point, comma, two apostrophes, and the blanks of various widths that spreadsheets and national norms use."""

NUMBER: Final = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""A finite number in plain notation."""
WORDS: Final = r"[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?)"
"""IEEE's words for what is no finite number. Beside numbers they are read; a column of nothing else is words."""
CODE: Final = r"[+-]?0[0-9]"
"""How a code begins that only looks like a number: 007, 0100."""

_NUMBER = re.compile(NUMBER)
_CODE = re.compile(CODE)
_SCIENTIFIC = re.compile(r"-?[1-9](\.[0-9]*[1-9])?e[+-][0-9]{2,3}")
"""How numpy writes a large float32 (1.2345678e+07), and R any number that is shorter like this (1e+05)."""
_LONGEST = 40
"""Digits before the decimal point, or zeros behind it, up to which a number is spelled without an exponent."""


@dataclass(frozen=True)
class Notation:
    """How a table writes numbers as text.

    Attributes:
        decimal: the decimal sign, a point or a comma.
        thousands: what may stand between groups of three digits, one of `THOUSANDS`; None: nothing may.

    Raises:
        ValueError: for other signs, or one sign for both.
    """

    decimal: str = "."
    thousands: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in DECIMALS:
            raise ValueError(f"the decimal sign is a point or a comma, found {self.decimal!r}")
        if self.thousands is not None and self.thousands not in THOUSANDS:
            raise ValueError(
                f"between thousands stands a point, a comma, an apostrophe or a blank, found {self.thousands!r}"
            )
        if self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; expected two different signs")

    @property
    def grouped(self) -> str | None:
        """The pattern of a number with its thousands apart, None where nothing may stand between them.

        None begins with 0: under a decimal comma ``0.599`` was written by somebody who meant another number than 599.
        """
        if self.thousands is None:
            return None
        return rf"[+-]?[1-9][0-9]{{0,2}}([{self.thousands}][0-9]{{3}})+([{self.decimal}][0-9]*)?"

    def plain(self, text: str) -> str | None:
        """A finite number in plain notation (decimal point, no groups); None for any other text, codes included."""
        if self.thousands is not None and self.thousands in text and re.fullmatch(str(self.grouped), text):
            text = text.replace(self.thousands, "")
        if self.decimal != ".":
            if "." in text:
                return None
            text = text.replace(self.decimal, ".")
        return text if _NUMBER.fullmatch(text) and not _CODE.match(text) else None


PLAIN: Final = Notation()
"""Decimal point, digits without groups: as programs write numbers."""


def canonical(number: Decimal) -> str:
    """The one spelling of a finite number, exact at any length: 42 for 42.0, 0.5 for 5E-1, 0 for -0."""
    if not number:
        return "0"
    if -_LONGEST < number.adjusted() <= _LONGEST:
        text = f"{number:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign, digits, exponent = number.as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    assert isinstance(exponent, int), "it is finite"
    point = f"{written[0]}.{written[1:]}" if len(written) > 1 else written
    return f"{'-' if sign else ''}{point}e{number.adjusted():+d}"


def is_usual_spelling(plain: str) -> bool:
    """Whether a program that knows the number would write it like this: 42, 42.5, 42.0, 1e-05; but not 1.10 or +5."""
    return plain == canonical(Decimal(plain)) or plain == repr(float(plain)) or _SCIENTIFIC.fullmatch(plain) is not None

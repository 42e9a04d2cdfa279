"""How numbers are written in a table of text: the decimal sign, and what stands between thousands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DECIMALS: Final = (".", ",")
THOUSANDS: Final = (".", ",", "'", "\u2019", " ", "\u00a0", "\u2009", "\u202f")
"""Point, comma, two apostrophes, and the blanks of various widths that spreadsheets and national norms use."""


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


PLAIN: Final = Notation()
"""Decimal point, digits without groups: as programs write numbers."""

"""How the cells of a table write numbers: the decimal sign, and what stands between thousands.

A table has one notation. It is recognised from the cells of all columns together, for one column alone often leaves
it open: 1.599 is a number of either kind, and a 794,28 beside it settles which.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from automl.notation import DECIMALS, THOUSANDS

NEARLY_ALL = 0.9
"""Share of a column's cells that have to be numbers for the column to be one of numbers."""

NO_VALUE = frozenset(
    [
        *("null", "none", "nil", "nan", "-nan", "na", "n/a", "n.a.", "nat", "<na>", "(null)", "[null]", "\\n"),
        *("#n/a", "#na", "#null!", "#div/0!", "#value!", "#num!", "#ref!", "#name?"),
        *("-", "--", "---", ".", "?", "??"),
    ]
)
"""What programs write in a column of numbers where there is none, in lower case."""

_CODE = re.compile(r"[+-]?0\d")
_GROUP = 3
"""Digits between two thousands signs."""
_FIXED_GROUPS = 3
"""Cells of so many groups of three digits, all equally long, are codes (123 456 789), not amounts."""
_ENOUGH = 20
_KEPT = 5
_CELLS_LOOKED_AT = 20_000
_FIRST = 500
"""Cells after which a column without any number is given up."""
_DIGITS = str.maketrans("0123456789", "9" * 10)

Signs = tuple[str, str | None]
"""Decimal sign and thousands sign."""

_SIGN_NAMES = {
    ".": "point", ",": "comma", "'": "apostrophe", "\u2019": "apostrophe", " ": "blank", "\u00a0": "no-break blank",
    "\u2009": "thin blank", "\u202f": "narrow no-break blank",
}  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """A column that could be read in two ways.

    Attributes:
        column: its name.
        text: what it holds, how it is read and why.
        other: decimal and thousands sign under which it would be read otherwise.
    """

    column: str
    text: str
    other: Signs


@dataclass(frozen=True)
class FoundNotation:
    """What the cells of a table say of its notation.

    Attributes:
        decimal, thousands: the signs that make most columns numbers.
        told: sentences with an example each, where it is not the plain notation (a point, nothing between thousands).
        doubts: columns for which another reading is as good.
        others: columns of numbers in another notation than the table's, each with a cell and its signs.
    """

    decimal: str = "."
    thousands: str | None = None
    told: Sequence[str] = ()
    doubts: Sequence[Doubt] = ()
    others: Mapping[str, tuple[str, Signs]] = field(default_factory=dict)


@dataclass
class _Cells:
    """The cells of one column by their shapes: 1.599 and 4.767 are one. A few cells of each shape are kept."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, text: str) -> None:
        shape = _shape(text)
        self.counts[shape] = self.counts.get(shape, 0) + 1
        kept = self.texts.setdefault(shape, [])
        if len(kept) < _KEPT and text not in kept:
            kept.append(text)

    @functools.cached_property
    def total(self) -> int:
        return sum(self.counts.values())

    @functools.cached_property
    def readable(self) -> Mapping[Signs, int]:
        """How many cells each notation reads."""
        return {
            signs: sum(count for shape, count in self.counts.items() if reads(shape, *signs)) for signs in _notations()
        }

    def is_numeric(self, signs: Signs) -> bool:
        return self.total > 0 and self.readable[signs] >= NEARLY_ALL * self.total

    def holding(self, sign: str) -> list[str]:
        return [text for shape, kept in self.texts.items() if sign in shape for text in kept]

    def in_doubt(self, sign: str) -> list[str]:
        """Cells such as 1.599, if all that hold the sign are so: it may stand before decimals or between thousands."""
        signed = [shape for shape in self.counts if sign in shape]
        doubtful = re.compile(rf"[+-]?[1-9]\d{{0,2}}{re.escape(sign)}\d{{3}}")
        return self.holding(sign) if signed and all(doubtful.fullmatch(shape) for shape in signed) else []

    def leaning(self, sign: str) -> int:
        """For a column in doubt: 1 where the cells beside speak for thousands, -1 for decimals, 0 where none does.

        Numbers below 1000 without any sign say that it stands between thousands: nobody leaves decimals out in just
        these cells, if there are some to compare with. A number above that has no sign says that it does not.
        """
        whole = [shape.lstrip("+-") for shape in self.counts if shape.lstrip("+-").isdigit()]
        if not whole:
            return 0
        if any(len(digits) > _GROUP for digits in whole):
            return -1
        return 1 if len(self.in_doubt(sign)) >= _KEPT else 0


def reads(text: str, decimal: str, thousands: str | None) -> bool:
    """Whether a cell without blanks around it is a number in this notation; codes with leading zeros are none."""
    return _pattern(decimal, thousands).fullmatch(text) is not None


def looks_like_number(text: str) -> bool:
    """Whether a cell is a number in some notation."""
    return any(reads(text, *signs) for signs in _notations())


def is_code(text: str) -> bool:
    """Whether a cell of digits has leading zeros, so that it would not come back as it was: 007."""
    return _CODE.match(text) is not None


@functools.cache
def _pattern(decimal: str, thousands: str | None) -> re.Pattern[str]:
    whole = r"(?:0|[1-9]\d*)"
    if thousands is not None:
        whole = rf"(?:{whole}|[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+)"
    point = re.escape(decimal)
    return re.compile(rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@functools.cache
def _notations() -> tuple[Signs, ...]:
    """All notations, the plain one first: of two that read as much the earlier is taken."""
    plain: list[Signs] = [(decimal, None) for decimal in DECIMALS]
    return (*plain, *((decimal, sign) for sign in THOUSANDS for decimal in DECIMALS if sign != decimal))


def recognise_notation(
    columns: Mapping[str, Iterable[str]],
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    comma_groups: bool = True,
) -> FoundNotation:
    """Find the notation in which most columns of a table are numbers.

    Args:
        columns: the text cells of each column, in the order of the rows; blanks around them do not count. Up to
            20,000 cells of a column are looked at.
        decimal, thousands: a sign that is settled already; only notations with it are looked at.
        comma_groups: how a comma is read that could be either (1,234 and nothing else): between thousands, as in
            tables that separate cells by commas, or else as the decimal sign.

    Returns:
        The plain notation where no column says otherwise.
    """
    tables = [found for name, cells in columns.items() if (found := _number_like(name, cells)) is not None]
    allowed = [
        signs
        for signs in _notations()
        if (decimal is None or signs[0] == decimal) and (thousands is None or signs[1] == thousands)
    ]
    if not tables or not allowed:
        return FoundNotation(decimal or ".", thousands)
    taken = max(allowed, key=lambda signs: (*_merit(signs, tables, comma_groups), -allowed.index(signs)))
    numeric = [table for table in tables if table.is_numeric(taken)]
    return FoundNotation(
        *taken,
        _told(taken, numeric),
        _doubts(taken, numeric, allowed, comma_groups),
        _others(taken, tables),
    )


def _number_like(name: str, cells: Iterable[str]) -> _Cells | None:
    """The column's cells if nearly all of them are numbers in some notation."""
    found = _Cells(name)
    left = itertools.islice(cells, _CELLS_LOOKED_AT)
    for some in (_FIRST, _CELLS_LOOKED_AT):
        for raw in itertools.islice(left, some):
            text = raw.strip()
            if text and text.lower() not in NO_VALUE:
                found.add(text)
        if not any(looks_like_number(shape) for shape in found.counts):
            return None
    best = max(found.readable.values(), default=0)
    if not found.total or best < NEARLY_ALL * found.total or any(map(is_code, found.counts)) or _are_codes(found):
        return None
    return found


def _shape(text: str) -> str:
    """The cell with every digit as a 9, but for a leading zero."""
    shape = text.translate(_DIGITS)
    first = next((place for place, sign in enumerate(text) if sign.isdigit()), None)
    return shape[:first] + "0" + shape[first + 1 :] if first is not None and text[first] == "0" else shape


def _are_codes(cells: _Cells) -> bool:
    """Groups of three digits that are all equally long and many: numbers of companies, of telephones."""
    fixed = {tuple(len(part) for part in re.split(r"[^09]", shape)) for shape in cells.counts}
    return (
        cells.total >= _ENOUGH
        and len(fixed) == 1
        and (groups := fixed.pop()) == (_GROUP,) * len(groups)
        and (len(groups) >= _FIXED_GROUPS)
    )


def _merit(signs: Signs, tables: Sequence[_Cells], comma_groups: bool) -> tuple[int, int, int, int]:
    """Columns that are numbers under the signs, cells that are, and what speaks for it in columns in doubt."""
    thousands = signs[1]
    leaning = rule = 0
    for table in tables:
        for sign in DECIMALS:
            if sign not in signs or not table.in_doubt(sign):
                continue
            toward = table.leaning(sign)
            leaning += toward if sign == thousands else -toward
            if not toward:
                groups = sign == "," and comma_groups
                rule += 1 if groups == (sign == thousands) else 0
    columns = sum(table.is_numeric(signs) for table in tables)
    return columns, sum(table.readable[signs] for table in tables), leaning, rule


def _told(signs: Signs, numeric: Sequence[_Cells]) -> list[str]:
    decimal, thousands = signs
    found = []
    if decimal != "." and (shown := _shown(numeric, decimal)):
        found.append(f"a decimal comma (as in {shown})")
    if thousands is not None and (shown := _shown(numeric, thousands)):
        found.append(f"{_article(sign_name(thousands))} between thousands (as in {shown})")
    return found


def _shown(numeric: Sequence[_Cells], sign: str) -> str | None:
    """The first column and cell that show a sign."""
    return next((f"{table.name}: {held[0]!r}" for table in numeric if (held := table.holding(sign))), None)


def _doubts(taken: Signs, numeric: Sequence[_Cells], allowed: Sequence[Signs], comma_groups: bool) -> list[Doubt]:
    """Columns whose only sign could be the other one, and nothing in the table says which it is."""
    found = []
    for table in numeric:
        for sign in DECIMALS:
            # A table with commas between its cells writes decimals with a point: three of them are nothing odd.
            if sign not in taken or (sign == "." and comma_groups and taken == (".", None)):
                continue
            other = next(
                (
                    signs
                    for signs in allowed
                    if sign in signs
                    and signs.index(sign) != taken.index(sign)
                    and all(beside.is_numeric(signs) for beside in numeric)
                ),
                None,
            )
            if other is None or not (cells := table.in_doubt(sign)) or table.leaning(sign):
                continue
            readings = [cells[0].replace(sign, "."), cells[0].replace(sign, "")]
            if taken.index(sign):
                readings.reverse()
            text = f"{table.name}: {cells[0]!r} is read as {readings[0]}, and could be {readings[1]}"
            found.append(Doubt(table.name, text, other))
    return found


def _others(taken: Signs, tables: Sequence[_Cells]) -> dict[str, tuple[str, Signs]]:
    found = {}
    for table in tables:
        signs = next((signs for signs in _notations() if table.is_numeric(signs)), None)
        if not table.is_numeric(taken) and signs is not None:
            odd = next(kept[0] for shape, kept in table.texts.items() if not reads(shape, *taken))
            found[table.name] = (odd, signs)
    return found


def sign_name(sign: str) -> str:
    """A sign in words: ``point``, ``comma``, ``apostrophe``, ``blank``."""
    return _SIGN_NAMES[sign]


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"

"""In which form a text file holds its table: encoding, separator, and how it writes numbers.

Everything is found by looking, with plain rules that are told: nothing here is a guess of the language. The standard
library's ``csv.Sniffer`` looks at the frequency of signs and takes letters for separators; what counts here is
whether the lines have as many cells as the first one, quotes heeded.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from automl.written_numbers import FoundNotation, looks_like_number, recognise_notation

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte-order marks; that of utf-32 begins like that of utf-16."""
_SAMPLE = 4096
_RECORDS = 300
"""Lines of the file that the separators are tried on."""
_RECORDS_READ = 20_000
"""Lines of the file whose numbers are looked at."""
_CONSISTENT = 0.9
"""Share of the lines that must have as many cells as the first one."""


def recognise_encoding(data: bytes) -> str:
    """The encoding of a text file: what its byte-order mark says, utf-8 where it can be that, else cp1252.

    Bytes that cp1252 does not know make it latin-1, which knows all of them. utf-16 without a mark is known by its
    zeros.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    zeros = [sample[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(sample) // 5 and min(zeros) < max(zeros) // 4:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def recognise_separator(text: str, usual: str) -> str:
    """The sign between cells: under it nearly all lines have as many cells as the first.

    Of several such signs that one is taken under which more cells are numbers, then the ``usual`` one, then the one
    that makes most columns. Where there is none the file is taken for one column, or for malformed: ``usual``.
    """
    tried = {sign: merit for sign in dict.fromkeys((usual, *SEPARATORS)) if (merit := _merit(text, sign)) is not None}
    return max(tried, key=lambda sign: (tried[sign][0], sign == usual, tried[sign][1]), default=usual)


def _merit(text: str, separator: str) -> tuple[float, int] | None:
    """Share of cells that are numbers, and columns; None where the lines do not agree, or have one cell."""
    rows = list(itertools.islice(records(text, separator), _RECORDS))
    width = len(rows[0]) if rows else 0
    if width < 2 or sum(len(row) == width for row in rows) < _CONSISTENT * len(rows):
        return None
    cells = [cell.strip() for row in rows[1:] for cell in row]
    numbers = sum(looks_like_number(cell) for cell in cells if cell)
    return round(numbers / max(sum(map(bool, cells)), 1), 2), width


def records(text: str, separator: str) -> Iterator[list[str]]:
    """The lines that are not empty, as cells; what is in quotes is one."""
    try:
        yield from (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row)
    except csv.Error:  # a cell of more than 128 kB: the reader says what is wrong with it
        return


@dataclass(frozen=True)
class Given:
    """What is settled before a file is looked at; None for what is to be found."""

    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None


@dataclass(frozen=True)
class Dialect:
    """The form of a text file: all of it, found or given."""

    encoding: str
    separator: str
    notation: FoundNotation
    sample: str = ""
    """A text with a letter that is not ASCII, to judge the encoding by; empty where there is none."""


def recognise(data: bytes, given: Given, usual: str) -> Dialect:
    """Look at a file.

    Args:
        data: its bytes, unpacked.
        given: what is settled.
        usual: the separator that files with this suffix have.
    """
    encoding = given.encoding or recognise_encoding(data)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    separator = given.separator or recognise_separator(text, usual)
    rows = itertools.islice(records(text, separator), _RECORDS_READ)
    names = [name.strip() for name in next(rows, [])]
    columns = dict(zip(names, map(list, itertools.zip_longest(*rows, fillvalue="")), strict=False))
    notation = recognise_notation(
        columns, decimal=given.decimal, thousands=given.thousands, comma_groups=separator == ","
    )
    unusual = "" if encoding == "utf-8" else _unusual([*names, *itertools.chain(*columns.values())])
    return Dialect(encoding, separator, notation, unusual)


def _unusual(cells: Sequence[str]) -> str:
    return next((cell.strip() for cell in cells if not cell.isascii()), "")

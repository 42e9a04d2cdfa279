"""Comma- and tab-separated text."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn, Self

from pydantic import field_validator, model_validator

from automl.components import Header, Reader, Recognised
from automl.errors import DataError, ReadingError
from automl.named_file import existing_file
from automl.notation import Notation
from automl.params import Params, param
from automl_tabular.dialect import SEPARATORS, Dialect, Given, recognise
from automl_tabular.source_file import check_names, fingerprint

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_BLOCK = 1 << 24
"""Bytes that the parser looks at in one go: the longest row that can be read."""


class CsvParams(Params):
    path: str = param(description="The file, from the working folder; .gz is unpacked.", identity=False, min_length=1)
    separator: str | None = param(
        None, description="One character between cells; by default a tab for .tsv and a comma else."
    )
    encoding: str = param("utf-8", description="Text encoding; a byte-order mark is skipped.")
    decimal: str = param(".", description="The decimal sign, a point or a comma.", pattern=r"^[.,]$")
    thousands: Literal[".", ",", "'", "\u2019", " ", "\u00a0", "\u2009", "\u202f"] | None = param(
        None,
        description="What stands between thousands: a point, a comma, an apostrophe or a blank (no-break blanks "
        "included); by default nothing.",
    )

    @field_validator("separator")
    @classmethod
    def _one_byte(cls, separator: str | None) -> str | None:
        if separator is not None and (len(separator.encode()) != 1 or separator in '"\r\n\0'):
            raise ValueError(f"a separator is one plain character such as ';', found {separator!r}")
        return separator

    @model_validator(mode="after")
    def _two_signs(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError(f"decimal and thousands are both {self.decimal!r}; expected two different signs")
        return self

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError as error:
            raise ValueError(
                f"no text encoding is called {encoding!r}; utf-8, latin-1 and cp1252 are common"
            ) from error
        return encoding


class CsvReader(Reader):
    """Text with one row a line: comma- or tab-separated, quoted by ", plain or gzipped.

    Every cell is the text that stands in the file, sign by sign, and missing where nothing does. What it means, a
    number, a date, a code or no value, is decided by the input schema, from all rows when fitting and as it was then
    when predicting: a column is numeric where every cell is a number, and whole numbers with leading zeros (0100) are
    codes, not numbers. `decimal` and `thousands` say how the numbers are written.

    The first line names the columns; a nameless one is called ``Unnamed: <place from 0>``, as
    pandas does.
    """

    id = "read.csv"
    engines = ("pyarrow",)
    Params = CsvParams
    typed = False

    @classmethod
    def examples(cls) -> list[dict[str, object]]:
        return [{"path": "data.csv"}, {"path": "data.csv", "separator": ";", "decimal": ",", "encoding": "latin-1"}]

    @classmethod
    def recognise(cls, params: CsvParams) -> Recognised:
        """Separator, encoding, decimal and thousands sign, as far as they are not given; see `automl_tabular.dialect`.

        The encoding is told from all bytes, the separator from the first 300 lines, the signs from the first 20,000.
        """
        reader = cls(params)
        found = reader._dialect(params.model_fields_set)
        keys = reader._keys(found)
        told = []
        if "separator" in keys:
            told.append(f"cells separated by {SEPARATORS[keys['separator']]} ({keys['separator']!r})")
        if "encoding" in keys:
            told.append(f"encoding {keys['encoding']}" + (f" (as in {found.sample!r})" if found.sample else ""))
        notation = found.notation
        told += notation.told if keys.keys() & {"decimal", "thousands"} else []
        doubts = [(doubt.text, _signs(*doubt.other)) for doubt in notation.doubts if not _given_signs(params)]
        return Recognised(keys, told, doubts, {name: cell for name, (cell, _) in notation.others.items()})

    def place(self, row: int) -> str:
        """The line on which a row begins; the line of names is line 1."""
        begins = (line for line, _ in self._rows(self._text()))
        return f"line {next(itertools.islice(begins, row + 1, None))}"

    def header(self) -> Header:
        """Names from the first line; text does not say what is numeric."""
        file = existing_file(self.params.path)
        try:
            with _open(file, self.params.encoding) as stream:
                return Header(self._names(stream))
        except UnicodeDecodeError as error:
            self._refuse_encoding(error, None)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{self.params.path}: cannot be read: {error}") from error

    def fingerprint(self) -> str:
        return fingerprint(self.params.path)

    def notation(self) -> Notation:
        return Notation(self.params.decimal, self.params.thousands)

    def count(self) -> int:
        """The number of rows; the file is gone through, its cells are not read as numbers."""
        rows = csv.reader(io.StringIO(self._text(), newline=""), delimiter=self._separator)
        return sum(1 for row in rows if row) - 1

    def read(self) -> pd.DataFrame:
        text = self._text()
        names = self._names(io.StringIO(text, newline=""))
        # An unclosed quote swallows the rest of the file without an error, so an odd count is looked into.
        if text.count('"') % 2:
            self._diagnose(text, len(names))
        return self._parse(text, names).to_pandas(split_blocks=True, self_destruct=True)

    @property
    def _separator(self) -> str:
        return self.params.separator or self._usual

    @property
    def _usual(self) -> str:
        """What separates the cells of files with this suffix."""
        return "\t" if self.params.path.lower().removesuffix(".gz").endswith(".tsv") else ","

    def _dialect(self, settled: Collection[str]) -> Dialect:
        """The file's form, looked at anew but for the parameters that are settled."""
        params = self.params
        given = {name: getattr(params, name) for name in ("separator", "encoding", "decimal", "thousands")}
        return recognise(
            self._bytes(), Given(**{name: given[name] if name in settled else None for name in given}), self._usual
        )

    def _keys(self, found: Dialect) -> dict[str, str]:
        """The parameters that a file of this form needs and this reader has not."""
        needed = {
            "separator": (found.separator, self._separator),
            "encoding": (found.encoding, self.params.encoding),
            "decimal": (found.notation.decimal, self.params.decimal),
            "thousands": (found.notation.thousands, self.params.thousands),
        }
        return {key: wanted for key, (wanted, now) in needed.items() if wanted is not None and wanted != now}

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not empty, the line of names first, each with the line that it begins on, from 1."""
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self._separator)
        begins = 1
        for row in rows:
            if row:
                yield begins, row
            begins = rows.line_num + 1

    def _bytes(self) -> bytes:
        """The whole file, unpacked."""
        file = existing_file(self.params.path)
        try:
            data = file.read_bytes()
            return gzip.decompress(data) if file.suffix.lower() == ".gz" else data
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{self.params.path}: cannot be read: {error}") from error

    def _text(self) -> str:
        """The whole file, decoded; raises DataError for what no text file holds."""
        data = self._bytes()
        try:
            text = data.decode(self.params.encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            self._refuse_encoding(error, data[: error.start].count(b"\n") + 1)
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            problem = f"{self.params.path}:{line}: found a NUL byte, which no CSV file holds"
            keys = self._keys(self._dialect(()))
            if "encoding" in keys:
                raise ReadingError(problem, keys, ", or export the file again as utf-8")
            raise DataError(f"{problem}; mend: export the file again")
        return text

    def _names(self, stream: io.TextIOBase) -> tuple[str, ...]:
        rows = csv.reader(stream, delimiter=self._separator)
        first = next((row for row in rows if row), None)
        if first is None:
            raise DataError(f"{self.params.path}: the file is empty; expected a line of column names")
        first[0] = first[0].removeprefix("\ufeff")
        if first[0].strip().lower().startswith("sep="):
            raise DataError(
                f"{self.params.path}:{rows.line_num}: expected a line of column names, found {first[0].strip()!r}, a "
                "hint for spreadsheets; mend: delete that line"
            )
        names = tuple(name.strip() or f"Unnamed: {place}" for place, name in enumerate(first))
        if len(names) == 1 and any(sign in names[0] for sign in SEPARATORS):
            keys = self._keys(self._dialect(()))
            if "separator" in keys:
                raise ReadingError(
                    f"{self.params.path}:{rows.line_num}: expected several columns separated by {self._separator!r}, "
                    f"found one, {names[0]!r}; it looks separated by {SEPARATORS[keys['separator']]}",
                    keys,
                )
        check_names(self.params.path, names)
        return names

    def _parse(self, text: str, names: tuple[str, ...]) -> pa.Table:
        import pyarrow as pa
        from pyarrow import csv as arrow

        data = text.lstrip("\r\n").encode()
        if not data.endswith((b"\n", b"\r")):
            data += b"\n"
        try:
            return arrow.read_csv(
                pa.BufferReader(data),
                arrow.ReadOptions(column_names=list(names), skip_rows_after_names=1, block_size=_BLOCK),
                arrow.ParseOptions(delimiter=self._separator, newlines_in_values='"' in text),
                arrow.ConvertOptions(
                    column_types={name: pa.large_string() for name in names},
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            self._diagnose(text, len(names))
            raise DataError(f"{self.params.path}: malformed: {error}") from error

    def _diagnose(self, text: str, width: int) -> None:
        """Read row by row, slowly, and raise DataError with the line of the first row that is malformed."""
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self._separator, strict=True)
        line = 1
        try:
            for row in rows:
                if row and len(row) != width:
                    raise DataError(
                        f"{self.params.path}:{line}: expected {width} cells as in the first line, found {len(row)}; "
                        f"mend: quote cells that hold {self._separator!r}, or complete the row"
                    )
                line = rows.line_num + 1
        except csv.Error as error:
            raise DataError(
                f"{self.params.path}:{line}: the quotes of the row that begins here do not close ({error}); "
                'mend: close the cell with ", and write a quote inside a quoted cell twice'
            ) from error

    def _refuse_encoding(self, error: UnicodeDecodeError, line: int | None) -> NoReturn:
        place = self.params.path if line is None else f"{self.params.path}:{line}"
        found = error.object[error.start : error.start + 1].hex()
        raise ReadingError(
            f"{place}: expected text in {self.params.encoding}, found the byte 0x{found}",
            self._keys(self._dialect(())),
            ", or save the file as utf-8",
        ) from error


def _given_signs(params: CsvParams) -> bool:
    """Whether somebody has said how numbers are written: then nothing about it is in doubt."""
    return bool(params.model_fields_set & {"decimal", "thousands"})


def _signs(decimal: str, thousands: str | None) -> dict[str, str]:
    return {"decimal": decimal} | ({} if thousands is None else {"thousands": thousands})


def _open(file: Path, encoding: str) -> io.TextIOWrapper:
    if file.suffix.lower() == ".gz":
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")

"""Rules about single cells: texts among numbers, texts that count as missing, numbers that stand for no value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.errors import reader_keys
from automl.written_numbers import looks_like_number

if TYPE_CHECKING:
    from automl.advice.views import TableView

_MANY = 0.01
"""Share of the rows from which texts that count as missing are worth a word, in a column of levels."""


class OddCells(Rule):
    """A few cells among numbers (or dates, or truth values) are none, and count as missing."""

    id = "data.odd_cells"

    def findings(self, table: TableView) -> Iterable[Finding]:
        from automl.input_schema.odd_cells import cells_in, told_counts

        for name, counts in table.remarks.get("data.odd_cells", {}).items():
            kind = table.data.kinds[name]
            # Labels of classes: whatever the others are, they are no words.
            what = {"numeric": "numbers", "boolean": "true or false", "datetime": "dates"}.get(kind, "labels")
            alike = f"nearly all others are {what}" if what != "labels" else "the others are numbers, truths or dates"
            texts = [text for text, _ in counts]
            otherwise = kind == "numeric" and any(looks_like_number(text) for text in texts)
            written = " as this table writes them" if otherwise else ""
            keys = recognised_keys(table) if otherwise else {}
            yield Finding(
                f"{cells_in(counts):,} of {table.rows:,} cells of {_named(name, table)} are not {what}{written}: "
                f"{told_counts(counts)}",
                ("data",),
                reason=f"they count as missing, since {alike}; so they will when predicting",
                mend=(f"{reader_keys(keys)} as the file looks; " if keys else "")
                + f"{_missing(table, more=texts)} if they mean no value; data: {{kinds: "
                f"{{{json.dumps(name, ensure_ascii=False)}: categorical}}}} if they are levels; else correct them",
            )


class MissingWords(Rule):
    """Cells that hold a text such as NA count as missing, among levels that are texts, too."""

    id = "data.missing_words"

    def findings(self, table: TableView) -> Iterable[Finding]:
        from automl.input_schema.odd_cells import cells_in, told_counts

        for name, found in table.remarks.get("data.missing_words", {}).items():
            # A question mark is nobody's level.
            counts = [(text, count) for text, count in found if any(map(str.isalnum, text))]
            if name in table.data.named("target") or cells_in(counts) < max(2, _MANY * table.rows):
                continue
            yield Finding(
                f"{cells_in(counts):,} of {table.rows:,} cells of the column {name!r} hold a text that counts as "
                f"missing: {told_counts(counts)}",
                ("data",),
                reason="if it is a level of its own (NA for Namibia, or for not applicable), it is lost among the gaps",
                mend=f"{_missing(table, less=[text for text, _ in counts])} if it is a level",
            )


class Sentinels(Rule):
    """Numbers such as -999 repeat far from all others of their column: they most likely stand for no value."""

    id = "data.sentinels"

    def findings(self, table: TableView) -> Iterable[Finding]:
        from automl.input_schema.odd_cells import cells_in, told_counts

        for name, counts in table.remarks.get("data.sentinels", {}).items():
            yield Finding(
                f"{cells_in(counts):,} of {table.rows:,} cells of the column {name!r} hold a number far from all "
                f"others: {told_counts(counts)}",
                ("data",),
                reason="where such a number stands for no value, means and scales are computed from it all the same",
                mend=f"{_missing(table, more=[text for text, _ in counts])} if it stands for no value",
            )


class OtherNotation(Rule):
    """Columns of levels hold numbers that are written in another way than the file says."""

    id = "data.notation"

    def findings(self, table: TableView) -> Iterable[Finding]:
        kinds = table.declaration.data.kinds
        suspects = {name: cell for name, cell in table.remarks.get("data.notation", {}).items() if name not in kinds}
        if not suspects:
            return
        keys = recognised_keys(table)
        for name, cell in suspects.items():
            yield Finding(
                f"the column {name!r} is read as {table.data.kinds[name]}, but its cells look like numbers: {cell!r}",
                ("data",),
                reason="each is a level of its own, and that one is larger than another is not seen",
                mend=(f"{reader_keys(keys)}; " if keys else "write the numbers without units and all alike; ")
                + f"data: {{kinds: {{{json.dumps(name, ensure_ascii=False)}: {table.data.kinds[name]}}}}} if they are "
                "levels",
            )


def recognised_keys(table: TableView) -> dict[str, Any]:
    """The reader's parameters that looking into the file finds, and that the pipeline lacks."""
    use = table.declaration.data.reader
    reader = table.registry.get("readers", use.use)
    return dict(reader.recognise(reader.Params.model_validate(dict(use.params))).params)


def _named(name: str, table: TableView) -> str:
    return f"the {'target' if name in table.data.named('target') else 'column'} {name!r}"


def _missing(table: TableView, *, more: Sequence[str] = (), less: Sequence[str] = ()) -> str:
    from automl.input_schema.odd_cells import missing_key

    return missing_key(table.declaration.data.missing, more=more, less=less)

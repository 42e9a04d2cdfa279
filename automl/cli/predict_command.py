"""The verb ``automl predict``: raw rows from a file through a model, into a file or onto the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from automl.attribution import named_errors
from automl.cli.calls import load_registry
from automl.cli.predictions_file import WRITERS, opened
from automl.cli.start_commands import reader_option
from automl.errors import CellError, DataError, ReadingError, StoreError
from automl.named_file import existing_file
from automl.notation import Notation

if TYPE_CHECKING:
    import pandas as pd

    from automl.components import Reader
    from automl.plugins import Registry
    from automl.predictor import Predictor

_MOST_COLUMNS = 10
_MOST_LEVELS = 3
"""So many are named where levels are unseen."""


@click.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"Where to write, a name ending in {', '.join(WRITERS)}; by default the terminal, as CSV.",
)
@click.option(
    "--most-bytes",
    type=click.IntRange(min=1),
    metavar="N",
    help="The most memory that the model's content may take; by default 2 GB. Allow more for a model that you trust.",
)
@reader_option("A parameter of the reader, where DATA is written otherwise than the training table: 'separator=;'.")
@click.pass_context
def predict(
    ctx: click.Context,
    model: str,
    data: Path,
    output: Path | None,
    most_bytes: int | None,
    reader: tuple[tuple[str, str], ...],
) -> None:
    """Predict raw rows.

    MODEL is a run (its folder, the beginning of its id, last, last~1) or a bundle (model.automl). DATA is a table, such
    as CSV or Parquet; it is read as the training table was. Exit code 1: a row cannot be predicted, or nothing written.
    """
    from automl.model_files import find_model

    try:
        bundle = find_model(model)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    with opened(output, data) as write:
        registry = load_registry(ctx)
        _refuse_unknown(data, registry)
        from automl.predictor import MOST_BYTES, Predictor

        predictor = Predictor.load(bundle, registry, most_bytes or MOST_BYTES)
        source, notation = _reader(predictor, str(data), dict(reader), registry)
        raw, predictions = _predicted(predictor, source, notation)
        for line in _notes(predictor, raw, predictions, notation):
            click.echo(line, err=True)
        write(predictions)


def _refuse_unknown(data: Path, registry: Registry) -> None:
    if registry.reader_for(str(data)) is None:
        existing_file(str(data))
        from automl.start import no_reader

        raise no_reader(str(data), registry)


def _reader(
    predictor: Predictor, path: str, given: Mapping[str, str], registry: Registry
) -> tuple[Reader, Notation | None]:
    """Who reads the rows, and how they write numbers; None: as the training table did.

    A file of the same kind as the training table is read with its parameters, any other with the reader's defaults;
    what was given on the command line comes before both.
    """
    from automl.components import Reader
    from automl.start import reader_params

    name = registry.reader_for(path)
    assert name is not None, "it was looked up before the model was opened"
    kind: type[Reader] = registry.get("readers", name)
    remembered = predictor.table_form.params_for(path, registry) if predictor.table_form else {}
    try:
        source = kind(reader_params(kind, {**remembered, **given, "path": path}))
    except DataError as error:
        raise click.UsageError(str(error)) from error
    if kind.notation is Reader.notation:
        return source, None
    with named_errors(kind, "notation", "reader"):
        return source, source.notation()


def _predicted(predictor: Predictor, source: Reader, notation: Notation | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The raw rows and their predictions; errors count rows as the file does."""
    try:
        with named_errors(type(source), "read", "reader"):
            raw = source.read()
        return raw, predictor.predict(raw, notation=notation)
    except ReadingError as error:
        raise error.on_command_line() from error
    except CellError as error:
        raise error.at(source.place(error.row)) from error


def _notes(
    predictor: Predictor, raw: pd.DataFrame, predictions: pd.DataFrame, notation: Notation | None
) -> Iterator[str]:
    """What a person should know of the rows: unseen levels, infinite cells, and rows without a prediction."""
    unseen = predictor.unseen_levels(raw, notation=notation)
    for name, levels in list(unseen.items())[:_MOST_COLUMNS]:
        shown = ", ".join(f"{level!r} ({count:,})" for level, count in list(levels.items())[:_MOST_LEVELS])
        more = f" and {len(levels) - _MOST_LEVELS:,} more" if len(levels) > _MOST_LEVELS else ""
        yield (
            f"note: {sum(levels.values()):,} cells of {name!r} hold levels that training did not have: {shown}{more}"
        )
    if len(unseen) > _MOST_COLUMNS:
        yield f"note: so do cells of {len(unseen) - _MOST_COLUMNS} other columns"
    for name, count in list(predictor.infinite_cells(raw, notation=notation).items())[:_MOST_COLUMNS]:
        yield f"note: {count:,} cells of {name!r} are infinite or beyond 3.4e38, and count as missing"
    without = int(predictions[predictor.task.prediction_columns].isna().any(axis=1).sum())
    if without:
        yield f"note: {without:,} of {len(predictions):,} rows have no prediction: a gap in them that no stage fills"

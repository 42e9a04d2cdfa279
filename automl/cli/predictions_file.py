"""Where ``automl predict`` writes: refused before any work where it cannot, and written whole or not at all."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from automl.cli.figures import counted
from automl.cli.outputs import hindrance
from automl.writing import check_writable, explained, whole

if TYPE_CHECKING:
    import pandas as pd


def _text(separator: str, compression: str | None) -> Callable[[pd.DataFrame, Path], None]:
    def write(frame: pd.DataFrame, path: Path) -> None:
        frame.to_csv(path, index=False, sep=separator, compression=compression)

    return write


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


WRITERS: Final[Mapping[str, Callable[[pd.DataFrame, Path], None]]] = {
    ".csv": _text(",", None),
    ".csv.gz": _text(",", "gzip"),
    ".tsv": _text("\t", None),
    ".tsv.gz": _text("\t", "gzip"),
    ".parquet": _parquet,
    ".pq": _parquet,
}
"""How predictions are written, by the end of the file's name."""


@contextlib.contextmanager
def opened(output: Path | None, source: Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """A place to write predictions to; what cannot be written to is refused before any work.

    Args:
        output: the file; None or ``-`` for the terminal.
        source: the file that is read, which is not to be lost.

    Raises:
        click.UsageError: it is no place for predictions; says which one would be.
        OutputError: nothing can be written there.
    """
    if output is None or str(output) == "-":
        yield lambda predictions: click.echo(predictions.to_csv(index=False), nl=False)
        return
    suffix = max((known for known in WRITERS if output.name.lower().endswith(known)), key=len, default=None)
    with explained(output):
        is_folder, is_there = output.is_dir(), output.exists()
    if is_folder:
        raise click.UsageError(
            f"-o {output}: expected a file, found a folder; mend: -o {_quoted(output / 'predictions.csv')}"
        )
    if suffix is None:
        named = output.with_suffix(".csv")
        raise click.UsageError(
            f"-o {output}: expected a name that ends in {', '.join(WRITERS)}; mend: -o {_quoted(named)}"
        )
    if (wrong := hindrance(output, "predictions.csv")) is not None:
        raise click.UsageError(f"-o {output}: {wrong}")
    if is_there and source.exists() and output.samefile(source):
        raise click.UsageError(
            f"-o {output}: this is the table that is read, and would be lost; mend: -o "
            f"{_quoted(output.with_name(f'predictions{suffix}'))}"
        )
    check_writable(output)
    yield lambda predictions: _write(predictions, output, WRITERS[suffix])


def _write(predictions: pd.DataFrame, output: Path, write: Callable[[pd.DataFrame, Path], None]) -> None:
    with whole(output) as half:
        write(predictions, half)
    click.echo(f"{counted(len(predictions), 'prediction')} written to {output}", err=True)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))

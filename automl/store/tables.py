"""Datasets on disk: the columns that a value wrote itself, and the row ids and partition that values share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from automl import codec
from automl.dataset import Column, Dataset
from automl.errors import BundleError, ValueLostError
from automl.fingerprint import array_fingerprint, digest
from automl.store.layout import COLUMNS
from automl.store.sealing import SummedFile
from automl.wide_frames import float_columns, frame_of

_ROW = re.compile(r"(%+)row")
"""What the row ids are called in a file: ``%row``, with one sign more than any column of a table that is called so."""


def describe(dataset: Dataset, key: str) -> dict[str, Any]:
    """What a record holds of a dataset: its axis, and for each column ``[name, role, kind, hash, owner]``."""
    columns = [[name, c.role, c.kind, c.fingerprint, c.owner or key] for name, c in dataset.columns.items()]
    return {"axis": dataset.axis, "columns": columns}


def owners(data: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The values that hold a dataset's bytes: key to the columns that lie there, name to content hash."""
    found: dict[str, dict[str, str]] = {}
    for name, _, _, fingerprint, owner in data["columns"]:
        found.setdefault(owner, {})[name] = fingerprint
    return found


def standing_on(key: str, owners: Mapping[str, Set[str]]) -> list[str]:
    """``key``, and every value that cannot be read without it; ``owners``: value to those that hold its columns."""
    found = [key]
    for lost in found:  # it grows on the way: what holds columns for others may have them from others too
        found += [other for other, held in owners.items() if lost in held and other not in found]
    return found


def write_columns(folder: Path, dataset: Dataset, key: str) -> tuple[str, Dataset]:
    """Write the columns that no stored value owns yet, as those of ``key``.

    Returns:
        The file's checksum, and the dataset as it will be loaded, which is not read back.
    """
    own = [name for name, column in dataset.columns.items() if column.owner is None]
    rows = dataset.frame.index.to_numpy()
    numbers = float_columns(dataset.frame)
    table = _as_arrow(dataset.frame, own, numbers, rows)
    with (
        SummedFile(folder / COLUMNS) as file,
        pa.PythonFile(file, "w") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    written = set(own)
    arrays = numbers | {
        name: dataset.frame[name].array for name in dataset.columns if name not in numbers and name not in written
    }
    arrays |= _as_arrays(table, [name for name in own if name not in numbers], rows)
    axis = {"rows": rows, "part": dataset.part}
    return file.sum, assemble(describe(dataset, key), axis, arrays)


def read_columns(folder: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, Any]:
    """Arrays: these columns of the given rows [n, int64, ascending], which are among those that the file has.

    Raises:
        ValueLostError: the value was evicted or damaged since it was looked at.
    """
    path = folder / COLUMNS
    # Read, not mapped: the numbers stay where the reading puts them, and a file that is changed changes no dataset.
    try:
        with pa.OSFile(str(path)) as source:
            fields = pa.ipc.open_file(source).schema
            wanted = [fields.get_field_index(name) for name in (*names, _row_ids(fields.names))]
            options = pa.ipc.IpcReadOptions(included_fields=wanted)
            table = pa.ipc.open_file(source, options=options).read_all()
    except FileNotFoundError as error:
        raise ValueLostError(f"{path} is not there", key=folder.name, path=path, damaged=False) from error
    except (OSError, pa.ArrowInvalid) as error:
        raise ValueLostError(f"{path} cannot be read: {error}", key=folder.name, path=path, damaged=True) from error
    return _as_arrays(table, names, rows)


def _signs(names: Iterable[str]) -> int:
    """The most signs that stand before "row" in a name; 0 if no name is such a one."""
    return max((len(found[1]) for name in names if (found := _ROW.fullmatch(name))), default=0)


def _row_ids(names: Sequence[str]) -> str:
    """What the row ids are called among the columns of a file."""
    return "%" * _signs(names) + "row"


def _as_arrow(
    frame: pd.DataFrame, names: Sequence[str], numbers: Mapping[str, np.ndarray], rows: np.ndarray
) -> pa.Table:
    """These columns, in any order, and the row ids. Numbers are taken as they lie, a missing one as NaN: looking for
    them to mark them as null took longer than writing them."""
    others = frame[[name for name in names if name not in numbers]].assign(**{"%" * (1 + _signs(names)) + "row": rows})
    table = pa.Table.from_pandas(others, preserve_index=False)
    columns = {name: table[name] for name in table.column_names}
    columns |= {name: pa.array(numbers[name], from_pandas=False) for name in names if name in numbers}
    return pa.table(columns).replace_schema_metadata(table.schema.metadata)  # which tells pandas' own dtypes


def _as_arrays(table: pa.Table, names: Sequence[str], rows: np.ndarray) -> dict[str, Any]:
    """Columns of the given rows, each by itself, so that what was just written and what is loaded later lie alike in
    memory: a sum may depend on that in its last digit."""
    ids = _row_ids(table.column_names)
    have = table[ids].to_numpy()
    places = None if np.array_equal(have, rows) else np.searchsorted(have, rows)
    asked = set(names)
    arrays: dict[str, Any] = {
        name: column.to_numpy()
        for name, column in zip(table.column_names, table.itercolumns(), strict=True)
        if name in asked and column.type == pa.float64()
    }
    others = table.select([name for name in names if name not in arrays]).to_pandas(split_blocks=True)
    arrays |= {str(name): series.array for name, series in others.items()}
    return {name: arrays[name] if places is None else arrays[name].take(places) for name in names}


def assemble(data: Mapping[str, Any], axis: Mapping[str, Any], arrays: Mapping[str, Any]) -> Dataset:
    """A dataset from its record, its axis and the arrays of its columns."""
    frame = frame_of({column[0]: arrays[column[0]] for column in data["columns"]}, pd.Index(axis["rows"]))
    columns = {name: Column(role, kind, fingerprint, owner) for name, role, kind, fingerprint, owner in data["columns"]}
    return Dataset(frame, columns, axis["part"])


def encode_axis(dataset: Dataset) -> bytes:
    return codec.to_bytes({"rows": dataset.frame.index.to_numpy(), "part": dataset.part})


def decode_axis(data: bytes, name: str) -> dict[str, Any] | None:
    """Row ids and partition; None if they are not what the name, their content hash (`Dataset.axis`), says."""
    try:
        axis: dict[str, Any] = codec.from_bytes(data)
        part = None if axis["part"] is None else array_fingerprint(axis["part"])
        found = digest(array_fingerprint(axis["rows"]), part)
    except (BundleError, LookupError, AttributeError, TypeError):  # whatever a changed byte may turn it into
        return None
    return axis if found == name else None

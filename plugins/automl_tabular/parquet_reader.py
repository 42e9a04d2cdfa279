"""Parquet files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from automl.components import Header, Reader
from automl.errors import DataError
from automl.named_file import existing_file
from automl.params import Params, param
from automl_tabular.source_file import check_names, fingerprint

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_NAMELESS_INDEX = re.compile(r"__index_level_\d+__")
"""How pandas stores an index without a name; it counts rows and is no column."""


class ParquetParams(Params):
    path: str = param(description="The file, from the working folder.", identity=False, min_length=1)


class ParquetReader(Reader):
    """A Parquet file, all its columns; a named pandas index comes as a column, a nameless one is left out.

    Values stay exact: whole numbers with gaps, unsigned ones and decimals do not become floats.
    """

    id = "read.parquet"
    engines = ("pyarrow",)
    Params = ParquetParams

    @classmethod
    def examples(cls) -> list[dict[str, object]]:
        return [{"path": "data.parquet"}]

    def header(self) -> Header:
        """Names and whether they are numbers, from the footer alone."""
        import pyarrow as pa
        from pyarrow import parquet

        file = existing_file(self.params.path)
        try:
            schema = parquet.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from error
        fields = [field for field in schema if not _NAMELESS_INDEX.fullmatch(field.name)]
        names = tuple(field.name for field in fields)
        if not names:
            raise DataError(f"{self.params.path}: the file has no columns")
        check_names(self.params.path, names)
        return Header(names, {field.name: _is_number(field.type) for field in fields})

    def fingerprint(self) -> str:
        return fingerprint(self.params.path)

    def count(self) -> int:
        """The number of rows, from the footer."""
        from pyarrow import parquet

        return int(parquet.read_metadata(existing_file(self.params.path)).num_rows)

    def read(self) -> pd.DataFrame:
        import pandas as pd
        import pyarrow as pa
        from pyarrow import parquet

        from automl.wide_frames import frame_of

        names = self.header().columns
        try:
            table = parquet.ParquetFile(self.params.path).read(columns=list(names))
        except (pa.ArrowException, OSError) as error:
            raise self._unreadable(error) from error
        columns = {
            name: cells.to_numpy() if cells.type == pa.float64() else _column(cells).array
            for name, cells in zip(names, table.itercolumns(), strict=True)
        }
        return frame_of(columns, pd.RangeIndex(table.num_rows))

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(f"{self.params.path}: not a whole Parquet file: {error}; mend: write the file again")


def _is_number(kind: pa.DataType) -> bool:
    from pyarrow import types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)


def _column(cells: pa.ChunkedArray) -> pd.Series:
    """A column as pandas has it; what pandas has stored as a type of its own (periods, intervals) as that type."""
    import pyarrow as pa

    if isinstance(cells.type, pa.BaseExtensionType):
        return cells.to_pandas()
    return cells.to_pandas(types_mapper=_exact if cells.null_count else _decimals)


def _decimals(kind: pa.DataType) -> Any:
    """Decimals as Arrow has them, not as Python's objects; None for pandas' own way."""
    import pandas as pd
    from pyarrow import types

    return pd.ArrowDtype(kind) if types.is_decimal(kind) else None


def _exact(kind: pa.DataType) -> Any:
    """For a column with gaps: whole numbers as such, and not as floats, which end at 2^53."""
    import pandas as pd
    from pyarrow import types

    if types.is_boolean(kind):
        return pd.BooleanDtype()
    if not types.is_integer(kind):
        return _decimals(kind)
    name = str(kind)
    return pd.api.types.pandas_dtype(name.replace("uint", "UInt") if name[0] == "u" else name.capitalize())

"""A pandas frame as a pipeline's data: what `automl.Pipeline` holds, and the reader that hands its rows on.

No file can name this reader, so it is no standing offer: `offer_frames` adds it where a pipeline holds a frame.
"""

from __future__ import annotations

import functools
import importlib.metadata
import sys
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from automl.components import Header, Reader
from automl.errors import DataError
from automl.fingerprint import digest, series_fingerprint
from automl.hookspecs import hookimpl
from automl.params import Params, param
from automl.plugin_sources import OWN_DISTRIBUTION, Plugin
from automl.plugins import Registry
from automl.records import Record

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

READER = "memory.frame"


class HeldFrame:
    """A copy of a frame, so that what its owner does to it later changes no pipeline. Equal if the content is.

    Names of columns are texts: 0 is called "0", and the levels of a MultiIndex are joined with a dot. A named index is
    a column, as in a Parquet file, unless it repeats one; one without a name counts rows and is left out.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Raises DataError for two columns that have one name, or an index that has that of another column."""
        self._frame: pd.DataFrame = _with_index(frame, _named_by_text(frame))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeldFrame) and other.fingerprint == self.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"DataFrame of {len(self):,} x {self._frame.shape[1]}, {self.fingerprint[:8]}"

    def __len__(self) -> int:
        return len(self._frame)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Content hash of names, dtypes and values, in their order. Raises DataError for what no table file holds."""
        return digest([[name, self._column(name)] for name in self._frame.columns])

    def _column(self, name: str) -> str:
        import pyarrow as pa

        try:
            return series_fingerprint(self._frame[name])
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise DataError(
                f"the column {name!r} of the frame holds values that no table has: {error}; expected numbers, texts, "
                f"booleans or dates; mend: convert it, or leave it out: frame.drop(columns={name!r})"
            ) from error

    def rows(self) -> pd.DataFrame:
        """A frame of its own for whoever asks."""
        return self._frame.copy()

    def header(self) -> Header:
        from automl.input_schema.forms import is_number

        kinds = {str(name): is_number(dtype) for name, dtype in self._frame.dtypes.items()}
        return Header(tuple(self._frame.columns), kinds)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"not": {}}


def _named_by_text(frame: pd.DataFrame) -> pd.DataFrame:
    from automl.input_schema import column_names

    names = column_names(frame)
    for place, name in enumerate(names):
        if name in names[:place]:
            first, second = frame.columns[names.index(name)], frame.columns[place]
            raise DataError(
                f"the frame has two columns {name!r}"
                + (f", {first!r} and {second!r} as text" if first is not second and first != second else "")
                + "; mend: rename one of them"
            )
    return frame.set_axis(names, axis=1)


def _with_index(frame: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    """The columns, with the named levels of the frame's index before them."""
    index = frame.index
    named = [level for level, name in enumerate(index.names) if name is not None]
    rows = columns.copy()
    for level in reversed(named):
        name, values = str(index.names[level]), index.get_level_values(level)
        if name not in rows.columns:
            rows.insert(0, name, values.array)
        elif digest(series_fingerprint(values.to_series())) != digest(series_fingerprint(rows[name])):
            raise DataError(
                f"the frame has an index and a column that are both called {name!r} and hold different values; "
                f"mend: leave the index out, frame.reset_index(level={name!r}, drop=True), or rename it, "
                f"frame.rename_axis(index={{{name!r}: 'other'}})"
            )
    return rows.reset_index(drop=True) if named else rows


class FrameParams(Params):
    frame: HeldFrame = param(description="The rows; their content is told by the fingerprint.", identity=False)


class FrameReader(Reader):
    """Rows that are in memory already."""

    id = READER
    Params = FrameParams

    def header(self) -> Header:
        found: Header = self.params.frame.header()
        return found

    def fingerprint(self) -> str:
        return str(self.params.frame.fingerprint)

    def count(self) -> int:
        return len(self.params.frame)

    def read(self) -> pd.DataFrame:
        rows: pd.DataFrame = self.params.frame.rows()
        return rows


@hookimpl
def automl_readers() -> list[Record]:
    return [Record(READER, f"{__name__}:FrameReader", FrameReader.summary())]


def offer_frames(registry: Registry) -> None:
    """Let the pipelines of a registry read frames. Workers import this module by its name, and need no frame."""
    if READER not in registry.ids("readers"):
        version = importlib.metadata.version(OWN_DISTRIBUTION)
        registry.register(sys.modules[__name__], Plugin("memory", __name__, OWN_DISTRIBUTION, version))

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

    A named index is a column, as in a Parquet file; one without a name counts rows and is left out.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        """Raises DataError for columns without a text as their name, or with one that another has, too."""
        named = [name for name in frame.index.names if name is not None]
        self._frame: pd.DataFrame = (frame.reset_index(level=named) if named else frame).copy()
        columns = list(self._frame.columns)
        for place, name in enumerate(columns):
            if not isinstance(name, str):
                raise DataError(f"the column {name!r} of the frame: its name is no text; mend: str({name!r})")
            if name in columns[:place]:
                raise DataError(f"the frame has two columns {name!r}; mend: rename one of them")

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
                f"the column {name!r} of the frame holds values of several types, or none that a table has: {error}; "
                f"mend: convert it, e.g. frame[{name!r}].astype(str)"
            ) from error

    def rows(self) -> pd.DataFrame:
        """A frame of its own for whoever asks."""
        return self._frame.copy()

    def header(self) -> Header:
        kinds = {name: dtype.kind in "fiu" for name, dtype in self._frame.dtypes.items()}
        return Header(tuple(self._frame.columns), {str(name): known for name, known in kinds.items()})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"not": {}}


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

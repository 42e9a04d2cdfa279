"""Plain values and arrays to bytes and back, without pickle.

What may be stored: None, booleans, numbers, strings, lists, tuples (they come back as lists), mappings with string
keys, and numpy arrays of numbers, booleans, dates or strings. Anything else is refused when it is *written*, with
the path to it, so that a stage author hears of it at fit time and not when a colleague opens the model.

The container is a zip archive (stored, not compressed): ``document.json`` and one ``.npy`` member for each array.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from automl.errors import BundleError, StageError

_DOCUMENT = "document.json"
_MARK = "$"
_SCALARS = "biufU"
_NUMBERS = "biufcmM"
_TEXTS = "OUT"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Members carry one time, so that equal documents give equal bytes."""


_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, TypeError, LookupError, EOFError, OSError, RuntimeError,
    MemoryError,
)  # fmt: skip
"""What zipfile, numpy and json raise at bytes that are not ours; RuntimeError: encrypted members, endless nesting."""


def to_bytes(document: Any) -> bytes:
    """Encode; raises StageError naming the first value that cannot be stored without pickle."""
    arrays: list[np.ndarray] = []
    text = json.dumps(_pack(document, arrays, "state"), separators=(",", ":"), allow_nan=False)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_DOCUMENT, _FIXED_TIME), text)
        for number, array in enumerate(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(_array_name(number), _FIXED_TIME), member.getvalue())
    return buffer.getvalue()


def from_bytes(data: bytes) -> Any:
    """Decode; raises BundleError if the bytes are cut short, changed, or hold anything but numbers and text."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            expected = [_DOCUMENT, *(_array_name(number) for number in range(len(names) - 1))]
            if names != expected:
                raise BundleError(f"not one of our containers: its members are {names[:5]}, expected {expected[:5]}")
            arrays = [
                np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False) for name in names[1:]
            ]
            return _unpack(json.loads(archive.read(_DOCUMENT)), arrays)
    except _DAMAGE as error:
        raise BundleError(f"the container is damaged or unsafe: {error}") from error


def _array_name(number: int) -> str:
    return f"{number:05d}.npy"


def _pack(value: Any, arrays: list[np.ndarray], at: str) -> Any:
    if isinstance(value, np.generic) and value.dtype.kind in _SCALARS:
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays, f"{at}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        if value.dtype.kind in _TEXTS:
            cells = [_pack(_plain(cell, at), arrays, at) for cell in value.ravel().tolist()]
            return {"$strings": cells, "shape": list(value.shape)}
        if value.dtype.kind not in _NUMBERS:
            raise StageError(f"{at}: an array of {value.dtype} cannot be stored without pickle; keep plain arrays")
        arrays.append(value)
        return {"$array": len(arrays) - 1}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise StageError(
                    f"{at}: the key {key!r} ({type(key).__name__}) does not survive JSON; keep two lists instead"
                )
        return {_escape(key): _pack(item, arrays, f"{at}.{key}") for key, item in value.items()}
    raise StageError(
        f"{at}: a {type(value).__module__}.{type(value).__name__} cannot be stored without pickle; "
        "keep plain values and arrays"
    )


def _plain(cell: Any, at: str) -> Any:
    if cell is None or isinstance(cell, bool | int | float | str | np.generic):
        return cell
    raise StageError(f"{at}: an array holds a {type(cell).__name__}; expected strings, numbers, or None for a gap")


def _unpack(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if isinstance(value, dict):
        if "$array" in value:
            return arrays[value["$array"]]
        if "$float" in value:
            return float(value["$float"])
        if "$strings" in value:
            out = np.empty(len(value["$strings"]), dtype=object)
            out[:] = [_unpack(item, arrays) for item in value["$strings"]]
            return out.reshape(value["shape"])
        return {key.removeprefix(_MARK): _unpack(item, arrays) for key, item in value.items()}
    return value


def _escape(key: str) -> str:
    """A key that begins with the mark gets one more, so that a column called ``$array`` is no array."""
    return _MARK + key if key.startswith(_MARK) else key

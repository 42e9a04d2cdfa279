"""Plain values and arrays to bytes and back, without pickle.

What may be stored: None, booleans, numbers, strings, lists, tuples (they come back as lists), mappings with string
keys, and numpy arrays of numbers, booleans, dates or strings. Anything else is refused when it is *written*, with
the path to it, so that a stage author hears of it at fit time and not when a colleague opens the model.

The container is a zip archive (stored, not compressed): ``document.json`` and one ``.npy`` member for each array.
Nothing in it is believed: what is read is no larger than its bytes, and its size is known before it is unpacked.
"""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from automl.errors import BundleError, StageError

_DOCUMENT = "document.json"
_MARK = "$"
_ODD_FLOATS = ("inf", "-inf", "nan")
_SCALARS = "biufU"
_NUMBERS = "biufcmM"
_TEXTS = "OUT"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Members carry one time, so that equal documents give equal bytes."""

DEEPEST: Final = 100
"""Levels of lists and mappings inside each other."""

_TEXT_COST: Final = 50
"""Bytes of memory that a byte of the document may come to: the dearest are lists of one list (41), beside
text that Python keeps at four bytes a character."""
_MEMBER_COST: Final = 16
"""The same for a byte of the archive's list of members."""

_LISTING = struct.Struct("<4s4H2LH")
"""The record at the end of an archive: of its fields, the last but two is the size of the list of members."""
_LARGE_ARCHIVE: Final = b"PK\x06\x07"
_END: Final = b"PK\x05\x06"


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


def from_bytes(data: bytes, most_bytes: int | None = None) -> Any:
    """Decode.

    Args:
        data: what `to_bytes` gave, or anything else.
        most_bytes: the most memory that the document may take, ``data`` itself not counted; None for no bound.

    Raises:
        BundleError: the bytes are cut short, changed, hold anything but numbers and text, or hold too much.
    """
    try:
        if most_bytes is not None:
            _check_listing(data, most_bytes)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(members, len(data), most_bytes)
            arrays = [_array(archive.read(member)) for member in members[1:]]
            read = json.loads(archive.read(members[0]), object_pairs_hook=_once, parse_constant=_refuse_constant)
            used: set[int] = set()
            document = _unpack(read, arrays, used, 0)
    except BundleError:
        raise
    except Exception as error:  # zipfile, numpy and json raise of all kinds at bytes that are not ours
        raise BundleError(f"the container is damaged or unsafe: {_told(error)}") from error
    if len(used) != len(arrays):
        raise BundleError(f"not one of our containers: {len(arrays) - len(used)} of its arrays belong nowhere")
    return document


def _check_listing(data: bytes, most_bytes: int) -> None:
    """The list of members is read as a whole, so it must be small; archives beyond 4 GB have another one before it."""
    if len(data) < _LISTING.size or not data[-_LISTING.size :].startswith(_END):
        raise BundleError("the container is damaged or unsafe: it does not end as one of ours")
    listing = _LISTING.unpack(data[-_LISTING.size :])[-3]
    large = data[-_LISTING.size - 20 :].startswith(_LARGE_ARCHIVE)
    if _MEMBER_COST * listing > most_bytes or (large and most_bytes < 2**32):
        raise BundleError(f"it has too many members to be opened in {most_bytes / 1e9:.3g} GB of memory")


def _check_members(members: Sequence[zipfile.ZipInfo], held: int, most_bytes: int | None) -> None:
    names = [member.filename for member in members]
    expected = [_DOCUMENT, *(_array_name(number) for number in range(len(names) - 1))]
    if names != expected:
        raise BundleError(f"not one of our containers: its members are {names[:5]}, expected {expected[:5]}")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise BundleError(f"not one of our containers: {member.filename} is compressed, and none of ours is")
    sizes = [member.file_size for member in members]
    if sum(sizes) > held:
        raise BundleError("the container is damaged or unsafe: its members are larger than the whole")
    memory = _TEXT_COST * sizes[0] + sum(sizes[1:])
    if most_bytes is not None and memory > most_bytes:
        raise BundleError(
            f"it may take {memory / 1e9:.3g} GB of memory, and at most {most_bytes / 1e9:.3g} GB are allowed; "
            f"mend: if you trust who made it, allow more: --most-bytes "
            f"{math.ceil(memory / 1e8) * 10**8} (most_bytes in Python)"
        )


def _array(data: bytes) -> np.ndarray:
    """An array of numbers; its header is checked against what follows before anything is made of it."""
    header = io.BytesIO(data)
    if np.lib.format.read_magic(header) != (1, 0):
        raise BundleError("not one of our containers: an array has another version of numpy's format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(header)
    if dtype.kind not in _NUMBERS or fortran or any(type(side) is not int or side < 0 for side in shape):
        raise BundleError(f"not one of our containers: it holds an array of {dtype} and shape {shape}")
    start = header.tell()
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise BundleError(f"the container is damaged or unsafe: an array of shape {shape} in {len(data) - start} bytes")
    found: np.ndarray = np.frombuffer(data, dtype, offset=start).reshape(shape).copy()
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BundleError("the container is damaged or unsafe: a mapping has a key twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise BundleError(f"the container is damaged or unsafe: it holds {name} where our containers do not")


def _told(error: Exception) -> str:
    return f"{error}" or type(error).__name__


def _array_name(number: int) -> str:
    return f"{number:05d}.npy"


def _pack(value: Any, arrays: list[np.ndarray], at: str, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise StageError(f"{at[:200]}: more than {DEEPEST} levels of lists and mappings; keep it flatter")
    if isinstance(value, np.generic) and value.dtype.kind in _SCALARS:
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, list | tuple):
        return [_pack(item, arrays, f"{at}[{i}]", depth + 1) for i, item in enumerate(value)]
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
        return {_escape(key): _pack(item, arrays, f"{at}.{key}", depth + 1) for key, item in value.items()}
    raise StageError(
        f"{at}: a {type(value).__module__}.{type(value).__name__} cannot be stored without pickle; "
        "keep plain values and arrays"
    )


def _plain(cell: Any, at: str) -> Any:
    if cell is None or isinstance(cell, bool | int | float | str | np.generic):
        return cell
    raise StageError(f"{at}: an array holds a {type(cell).__name__}; expected strings, numbers, or None for a gap")


def _unpack(value: Any, arrays: Sequence[np.ndarray], used: set[int], depth: int) -> Any:
    """What JSON holds as what it stands for; lists are changed in place, for a copy would double the memory."""
    if depth > DEEPEST:
        raise BundleError(f"the container is damaged or unsafe: more than {DEEPEST} levels inside each other")
    if isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, list | dict):
                value[place] = _unpack(item, arrays, used, depth + 1)
        return value
    if isinstance(value, dict):
        keys = set(value)
        if keys == {"$array"}:
            return _member(value["$array"], arrays, used)
        if keys == {"$float"} and value["$float"] in _ODD_FLOATS:
            return float(value["$float"])
        if keys == {"$strings", "shape"}:
            return _strings(value["$strings"], value["shape"])
        if any(key.startswith(_MARK) and not key.startswith(_MARK * 2) for key in keys):
            raise BundleError(f"the container is damaged or unsafe: it holds a {sorted(keys)[:3]}")
        return {key.removeprefix(_MARK): _unpack(item, arrays, used, depth + 1) for key, item in value.items()}
    return value


def _member(number: Any, arrays: Sequence[np.ndarray], used: set[int]) -> np.ndarray:
    if type(number) is not int or not 0 <= number < len(arrays):
        raise BundleError(f"the container is damaged or unsafe: there is no array {number!r}")
    used.add(number)
    return arrays[number]


def _strings(cells: Any, shape: Any) -> np.ndarray:
    sides = shape if isinstance(shape, list) else [None]
    fits = isinstance(cells, list) and all(type(side) is int and side >= 0 for side in sides)
    if not fits or math.prod(sides) != len(cells):
        raise BundleError("the container is damaged or unsafe: an array of texts does not fit its shape")
    out = np.empty(len(cells), dtype=object)
    for place, cell in enumerate(cells):
        if isinstance(cell, dict) and set(cell) == {"$float"} and cell["$float"] in _ODD_FLOATS:
            cell = float(cell["$float"])
        elif isinstance(cell, dict | list):
            raise BundleError("the container is damaged or unsafe: an array of texts holds something else")
        out[place] = cell
    return out.reshape(shape)


def _escape(key: str) -> str:
    """A key that begins with the mark gets one more, so that a column called ``$array`` is no array."""
    return _MARK + key if key.startswith(_MARK) else key

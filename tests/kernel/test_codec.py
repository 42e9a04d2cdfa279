"""Plain values and arrays to bytes and back; anything else is refused when it is written."""

from __future__ import annotations

import datetime
import io
import math
import pickle
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from automl import codec
from automl.errors import BundleError, StageError

numbers = npst.arrays(
    dtype=st.one_of(
        npst.boolean_dtypes(),
        npst.integer_dtypes(),
        npst.floating_dtypes(),
        npst.complex_number_dtypes(),
        npst.datetime64_dtypes(),
    ),
    shape=npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)
texts = npst.arrays(
    dtype=object,
    shape=npst.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4),
    elements=st.one_of(st.none(), st.text()),
)
plain = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
documents = st.recursive(
    st.one_of(plain, numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        if not isinstance(other, np.ndarray) or one.shape != other.shape:
            return False
        if one.dtype == object:
            return one.tolist() == other.tolist()
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other


@given(documents)
def test_what_is_written_is_read_back(document: Any) -> None:
    assert same(document, codec.from_bytes(codec.to_bytes(document)))


@given(documents)
def test_equal_documents_give_equal_bytes(document: Any) -> None:
    again = codec.from_bytes(codec.to_bytes(document))
    assert codec.to_bytes(document) == codec.to_bytes(again)


@pytest.mark.parametrize("key", ["$array", "$float", "$strings", "$$array", "$"])
def test_keys_that_look_like_marks_are_keys(key: str) -> None:
    document = {key: {"$array": 3, key: [key]}}
    assert codec.from_bytes(codec.to_bytes(document)) == document


def test_numpy_scalars_and_tuples_come_back_plain() -> None:
    document = {"a": np.float32(0.5), "b": np.int8(3), "c": np.bool_(True), "d": (1, (2,)), "e": np.str_("x")}
    assert codec.from_bytes(codec.to_bytes(document)) == {"a": 0.5, "b": 3, "c": True, "d": [1, [2]], "e": "x"}


def test_arrays_of_strings_and_columns_in_fortran_order_come_back() -> None:
    matrix = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    back = codec.from_bytes(codec.to_bytes([matrix, np.array(["a", "bc"])]))
    assert np.array_equal(back[0], matrix)
    assert back[1].tolist() == ["a", "bc"]


class Anything:
    pass


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Anything(), "cannot be stored without pickle"),
        ({1, 2}, r"state\.a: a builtins\.set"),
        (b"bytes", r"a builtins\.bytes"),
        (datetime.date(2026, 1, 1), r"a datetime\.date"),
        (pd.Series([1]), "cannot be stored"),
        (pd.Timestamp("2026-01-01"), "cannot be stored"),
        (pd.NA, "cannot be stored"),
        (np.datetime64("2026-01-01", "ns"), "cannot be stored"),
        (1j, r"a builtins\.complex"),
        (lambda: None, "cannot be stored"),
        ({3: "x"}, r"state\.a: the key 3 \(int\) does not survive JSON"),
        ([1, {"deep": Anything()}], r"state\.a\[1\]\.deep"),
        (np.array([Anything()], dtype=object), "an array holds a Anything"),
        (np.array([[1], [2, 3]], dtype=object), "an array holds a list"),
        (np.zeros(2, dtype=[("x", "f8"), ("y", "O")]), "an array of .* cannot be stored"),
    ],
)
def test_what_cannot_be_stored_without_pickle_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(StageError, match=message):
        codec.to_bytes({"a": value})


WHOLE = codec.to_bytes(
    {"names": ["a", "b"], "weights": np.arange(12.0).reshape(3, 4), "odd": np.array(["x", None], dtype=object)}
)


@pytest.mark.parametrize("length", [0, 1, 10, len(WHOLE) // 2, len(WHOLE) - 1])
def test_bytes_that_are_cut_short_are_refused(length: int) -> None:
    with pytest.raises(BundleError):
        codec.from_bytes(WHOLE[:length])


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_nothing(place: int, change: int) -> None:
    data = bytearray(WHOLE)
    data[place] ^= change
    try:
        read = codec.from_bytes(bytes(data))
    except BundleError:
        return
    assert same(read, codec.from_bytes(WHOLE))


@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        codec.from_bytes(data)


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, data in members.items():
            out.writestr(name.replace("__", "."), data)
    return buffer.getvalue()


def npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=allow_pickle)
    return buffer.getvalue()


PICKLED = npy(np.array([{}], dtype=object), allow_pickle=True)
HUGE = npy(np.zeros(3)).replace(b"(3,), }      ", b"(9000000000,),}")


@pytest.mark.parametrize(
    "data",
    [
        archive(document__json=b'{"$array": 0}', **{"00000__npy": PICKLED}),
        archive(document__json=b'{"$array": 0}', **{"00000__npy": HUGE}),
        archive(document__json=b"{}", evil__pickle=pickle.dumps(print)),
        archive(document__json=b'{"$array": 7}'),
        archive(document__json=b'{"$array": "x"}'),
        archive(document__json=b'{"$strings": ["a"], "shape": [3]}'),
        archive(document__json=b'{"$strings": 3, "shape": [3]}'),
        archive(document__json=b'{"$float": {}}'),
        archive(document__json=b"not json"),
        archive(document__json=b"[" * 100_000),
        archive(**{"../document.json": b"{}"}),
    ],
)
def test_containers_that_are_not_ours_are_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        codec.from_bytes(data)

"""A model file that anyone may have made: it is a model or it is refused, in little memory, and runs no code."""

from __future__ import annotations

import contextlib
import io
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import Table
from toy_runs import make_registry

from automl import codec
from automl.components import Fitted
from automl.errors import BundleError, PredictError
from automl.plugin_code import import_for_model
from automl.plugins import Registry
from automl.predictor import Predictor

ROWS = Table(Table.Params(rows=20)).read()
CODE = "from pathlib import Path\nPath({marker!r}).touch()\n"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return make_registry()


@pytest.fixture(scope="module")
def bundle(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A finished model of toys."""
    from toy_runs import PIPELINE

    from automl import run as runs
    from automl.pipeline_file import loads

    finished = runs.run(loads(PIPELINE, registry), registry, workspace=tmp_path_factory.mktemp("work")).finished
    assert finished.bundle is not None
    return finished.bundle.read_bytes()


def container(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compression)
    return buffer.getvalue()


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@contextlib.contextmanager
def within(most: int) -> Iterator[None]:
    """The block allocates no more than this at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


# How much is unpacked


def test_zeros_that_were_packed_small_are_not_unpacked(bundle: bytes, registry: Registry, tmp_path: Path) -> None:
    packed = container({**members_of(bundle), "00000.npy": bytes(200_000_000)}, zipfile.ZIP_DEFLATED)
    assert len(packed) < 300_000
    (tmp_path / "small.automl").write_bytes(packed)
    with within(20_000_000), pytest.raises(BundleError, match="is compressed, and none of ours is"):
        Predictor.load(tmp_path / "small.automl", registry)


def test_the_bound_of_memory_is_told_and_can_be_raised(bundle: bytes, registry: Registry, tmp_path: Path) -> None:
    document = codec.from_bytes(bundle)
    document["more"] = [[] for _ in range(20_000)]
    path = tmp_path / "large.automl"
    path.write_bytes(codec.to_bytes(document))
    with (
        within(2_000_000),
        pytest.raises(BundleError, match=r"may take 0\.003\d* GB of memory, .*mend: "),
    ):
        Predictor.load(path, registry, most_bytes=1_000_000)
    with within(20_000_000):
        assert len(Predictor.load(path, registry, most_bytes=20_000_000).predict(ROWS)) == len(ROWS)
    with within(100_000), pytest.raises(BundleError, match=r"has .* GB, and at most .* are opened; mend: .*most_bytes"):
        Predictor.load(path, registry, most_bytes=1000)


DEAR = {
    "lists": "[" + "[[[[[[[[]]]]]]]]," * 5000 + "0]",
    "mappings": "[" + '{"":{"":{"":{}}}},' * 5000 + "0]",
    "wide text": '["😀",' + '{"":0},' * 10_000 + "0]",
    "keys": "{" + ",".join(f'"{number}":0' for number in range(10_000)) + "}",
    "cells": '{"$strings":[' + '"ł",' * 10_000 + '"x"],"shape":[10001]}',
}


@pytest.mark.parametrize("name", DEAR)
def test_no_text_takes_more_memory_than_it_is_reckoned_at(name: str) -> None:
    data = container({"document.json": DEAR[name].encode()})
    bound = 50 * len(DEAR[name].encode())
    with within(bound + 200_000):
        codec.from_bytes(data, bound)
    with pytest.raises(BundleError, match="of memory, and at most"):
        codec.from_bytes(data, bound - 1)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9000000000,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<U5', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }",
        "{'descr': '<f8'}",
        "[" * 500,
    ],
)
def test_an_array_is_no_larger_than_its_bytes(header: str) -> None:
    text = header.encode().ljust(117) + b"\n"
    npy = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(16)
    with within(200_000), pytest.raises(BundleError):
        codec.from_bytes(container({"document.json": b'{"$array":0}', "00000.npy": npy}), 10**9)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}', "NaN", "[Infinity]", '{"$other":1}', '{"$array":0,"more":1}', '{"$array":true}',
        '{"$array":-1}',
        '{"$float":"1"}', '{"$strings":["a"],"shape":[-1]}', '{"$strings":["a"],"shape":[1.0]}',
        '{"$strings":[["a"]],"shape":[1]}', '{"$strings":["a"],"shape":[2]}', "[" * 102 + "]" * 102, "1" * 5000,
    ],
)  # fmt: skip
def test_documents_that_are_not_ours_are_refused(text: str) -> None:
    with pytest.raises(BundleError):
        codec.from_bytes(container({"document.json": text.encode()}), 10**9)


@pytest.mark.parametrize("change", ["more", "twice", "trailing", "unused"])
def test_members_that_belong_nowhere_are_refused(bundle: bytes, change: str) -> None:
    members = members_of(bundle)
    number = np.zeros(1)
    spare = io.BytesIO()
    np.save(spare, number)
    data = {
        "more": container({**members, "evil.py": b"print()"}),
        "twice": bundle,
        "trailing": bundle + b"PK" * 20,
        "unused": container({**members, f"{len(members) - 1:05d}.npy": spare.getvalue()}),
    }[change]
    if change == "twice":
        buffer = io.BytesIO(bundle)
        with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("document.json", members["document.json"])
        data = buffer.getvalue()
    with pytest.raises(BundleError):
        codec.from_bytes(data, 10**9)


# Whatever it holds


SIZES = st.sampled_from([-1, 0, 1, 2, 10**6, 10**12, 10**400])
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), SIZES, st.floats(), st.text(max_size=6), st.sampled_from(["x", "y", "toy.fill", "os"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=4,
)
ARRAYS = st.sampled_from(
    [np.zeros(0), np.zeros((3, 1)), np.full(2, np.nan), np.full(1, np.inf), np.arange(5), np.ones((1, 1, 1), "float32"),
     np.array([True]), np.array(["a", None], dtype=object), np.array(["2026-01-01"], "M8[s]"), np.zeros((0, 10**6))]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bundle_rewritten_at_random_is_a_model_or_refused(
    bundle: bytes, registry: Registry, tmp_path: Path, data: st.DataObject
) -> None:
    document = codec.from_bytes(bundle)
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(document, data)
    path = tmp_path / "changed.automl"
    path.write_bytes(codec.to_bytes(document))
    with within(30_000_000), np.errstate(all="ignore"), contextlib.suppress(BundleError, PredictError):
        assert len(Predictor.load(path, registry).predict(ROWS)) == len(ROWS)


def spoil(document: dict[str, Any], data: st.DataObject) -> None:
    """Replace, remove or add a value somewhere, or nest one in itself."""
    place, key = data.draw(st.sampled_from(list(places_in(document))))
    how = data.draw(st.sampled_from(["value", "array", "remove", "add", "nest", "swap"]))
    if how == "value":
        place[key] = data.draw(VALUES)
    elif how == "array":
        place[key] = data.draw(ARRAYS)
    elif how == "remove":
        del place[key]
    elif how == "nest":
        for _ in range(data.draw(st.integers(1, 30))):
            place[key] = [place[key]] if data.draw(st.booleans()) else {"x": place[key]}
    elif how == "add":
        place[key] = [place[key], place[key]]
    else:
        other, at = data.draw(st.sampled_from(list(places_in(document))))
        if not isinstance(other[at], dict | list):
            place[key] = other[at]


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in nested mappings and lists, as a container and a key."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places_in(value[key])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_container_rewritten_at_random_is_a_model_or_refused(
    bundle: bytes, registry: Registry, tmp_path: Path, data: st.DataObject
) -> None:
    members = members_of(bundle)
    name = data.draw(st.sampled_from(list(members)))
    other = data.draw(st.sampled_from([b"", b"{}", b"[[[]]]", b"\x93NUMPY", bytes(2000), *members.values()]))
    how = data.draw(st.sampled_from(["replace", "remove", "add", "cut", "double"]))
    if how == "replace":
        members[name] = other
    elif how == "remove":
        del members[name]
    elif how == "add":
        members[data.draw(st.sampled_from(["00001.npy", "00099.npy", "../x", "document.json2", "a.pickle"]))] = other
    elif how == "cut":
        members[name] = members[name][: data.draw(st.integers(0, len(members[name])))]
    else:
        members[name] *= 2
    path = tmp_path / "changed.automl"
    path.write_bytes(container(members, data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))))
    with within(30_000_000), np.errstate(all="ignore"), contextlib.suppress(BundleError, PredictError):
        assert len(Predictor.load(path, registry).predict(ROWS)) == len(ROWS)


def test_what_a_part_raises_when_predicting_is_told_as_such(bundle: bytes, registry: Registry, tmp_path: Path) -> None:
    document = codec.from_bytes(bundle)
    document["heads"][0]["state"]["weights"] = np.zeros((7, 7, 7))
    path = tmp_path / "changed.automl"
    path.write_bytes(codec.to_bytes(document))
    with pytest.raises(PredictError, match=r"the model cannot predict these rows: .*Error: "):
        Predictor.load(path, registry).predict(ROWS)


TYPES = {
    "a list for a number": ("filled", "values", [[1.0], [2.0]]),
    "a text for a list": ("filled", "columns", "xz"),
    "a number in a list of texts": ("filled", "columns", ["x", 7]),
    "a truth for a number": ("filled", "values", [True, False]),
    "an array for a list": ("filled", "values", np.zeros(2)),
    "a list for an array": ("%head", "weights", [0.0]),
    "no array": ("%head", "weights", None),
}


@pytest.mark.parametrize("change", TYPES)
def test_a_state_of_other_types_than_its_fields_is_refused_when_it_is_opened(
    bundle: bytes, registry: Registry, tmp_path: Path, change: str
) -> None:
    stage, field, value = TYPES[change]
    document = codec.from_bytes(bundle)
    steps = {step["stage"]: step for step in document["steps"].values()}
    ({"%head": document["heads"][0], **steps})[stage]["state"][field] = value
    path = tmp_path / "changed.automl"
    path.write_bytes(codec.to_bytes(document))
    with pytest.raises(BundleError, match=f"damaged or was changed: in the state of .*, {field} is .*, and not "):
        Predictor.load(path, registry)


@pytest.mark.parametrize(
    ("field", "value"),
    [("spellings", {"colour": ["text"]}), ("odd", {"x": "?"}), ("missing", [1]), ("decimal", 5), ("words", None)],
)
def test_an_input_schema_of_other_types_is_refused(
    bundle: bytes, registry: Registry, tmp_path: Path, field: str, value: Any
) -> None:
    document = codec.from_bytes(bundle)
    document["schema"][field] = value
    path = tmp_path / "changed.automl"
    path.write_bytes(codec.to_bytes(document))
    with pytest.raises(BundleError, match=f"in the state of InputSchema, {field} is "):
        Predictor.load(path, registry)


def test_a_column_that_nothing_leaves_is_told_as_a_change(bundle: bytes, registry: Registry, tmp_path: Path) -> None:
    document = codec.from_bytes(bundle)
    next(step for step in document["steps"].values() if step["stage"] == "filled")["columns"] = ["x", "elsewhere"]
    path = tmp_path / "changed.automl"
    path.write_bytes(codec.to_bytes(document))
    model = Predictor.load(path, registry)
    for ask in (model.predict, model.scores, model.unseen_levels, model.parts):
        with pytest.raises(BundleError, match="was changed: it uses the column 'elsewhere', which nothing before"):
            ask(ROWS)


# Whose code runs


class Naming(Fitted):
    """Names whatever modules it is told to."""

    def __init__(self, modules: list[str]) -> None:
        self._modules = modules

    def modules(self) -> list[str]:
        return self._modules


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, importable, with a module that leaves a mark when it is imported."""
    (tmp_path / "lurking.py").write_text(CODE.format(marker=str(tmp_path / "imported")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "module", ["lurking", "os", "toy.nothing.here", "toy.__main__", "", ".", "lurking.x", "a b", "automl_lurking"]
)
def test_a_module_that_no_plugin_has_is_not_imported(folder: Path, registry: Registry, module: str) -> None:
    (folder / "automl_lurking.py").write_text((folder / "lurking.py").read_text())
    with pytest.raises(BundleError, match=r"mend: install the|no name of one"):
        import_for_model([module], registry, registry.lock())
    assert not (folder / "imported").exists()


def test_modules_of_plugins_in_the_lock_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_plugin: Callable[[str], Registry]
) -> None:
    registry = make_plugin("automl_thorough")
    with pytest.raises(BundleError, match=r"automl_thorough\.layers, which belongs to none of its plugins .*\(none\)"):
        import_for_model(["automl_thorough.layers"], registry, {"other": "other 1"})
    assert "automl_thorough.layers" not in sys.modules
    import_for_model(["automl_thorough.layers"], registry, registry.lock())
    assert sys.modules["automl_thorough.layers"].HERE == "automl_thorough.layers"
    with pytest.raises(BundleError, match=r"automl_thorough\.broken, which cannot be imported: .*mend: install the"):
        import_for_model(["automl_thorough.broken"], registry, registry.lock())


@pytest.fixture
def make_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Registry]]:
    """A plugin of ``--plugin-dir`` with two modules of its own."""
    made: list[str] = []

    def make(name: str) -> Registry:
        package = tmp_path / "plugins" / name
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "layers.py").write_text("HERE = __name__\n")
        (package / "broken.py").write_text("raise RuntimeError('no licence')\n")
        made.append(name)
        return Registry.load(third_party=False, folders=[tmp_path / "plugins"])

    before = list(sys.path)
    yield make
    sys.path[:] = before
    for name in [module for module in sys.modules if module.partition(".")[0] in made]:
        del sys.modules[name]


def test_a_model_that_names_a_module_of_the_working_folder_is_refused(
    folder: Path, bundle: bytes, registry: Registry
) -> None:
    """Also where the class of the state would say so, the name comes from the file."""
    lock = registry.lock()
    with pytest.raises(BundleError, match="lurking, which belongs to none of its plugins that are installed"):
        import_for_model(Naming(["lurking"]).modules(), registry, {**lock, "lurking": "lurking 1.0"})
    assert not (folder / "imported").exists()

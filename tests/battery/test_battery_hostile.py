"""The battery of odd inputs, 56 to 60: files that mean harm, or look like it. Number 61 is of a server, yet to come."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from odd_tables import PIPELINE, table
from toy_folder import automl

from automl.errors import BundleError
from automl.plugins import Registry
from automl.predictor import Predictor


@pytest.mark.parametrize(
    "text",
    [
        "version: !!python/name:os.getcwd ''\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "version: " + "[" * 500 + "]" * 500 + "\n",
        "# " + "x" * 11_000_000 + "\nversion: 1\n",
    ],
    ids=["tag", "anchors", "nesting", "size"],
)
def test_56_yaml_with_tags_anchors_depth_or_size_is_refused(bench, text: str) -> None:
    (bench.folder / "odd.yaml").write_text(text)
    done = automl("check", "odd.yaml")
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["../../etc/away", "/etc/away", "a/b", ".."])
def test_57_a_path_that_climbs_out_is_refused(bench, name: str) -> None:
    assert "name" in bench.refuses(table(), f"name={name}")


def test_58_an_archive_that_is_no_bundle_is_refused(bench) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model.pkl", b"not a bundle")
    (bench.folder / "odd.automl").write_bytes(packed.getvalue())
    with pytest.raises(BundleError):
        Predictor.load(bench.folder / "odd.automl", Registry.load())


@pytest.mark.parametrize("formula", ["__import__('os')", "a.real", "10 ** 10 ** 10", "open('x')", "(lambda: a)()"])
def test_59_an_expression_that_is_more_than_arithmetic_is_refused(bench, formula: str) -> None:
    stage = f'stages.made={{"use": "feature.expression", "in": "codes", "with": {{"columns": {{"c": "{formula}"}}}}}}'
    bench.refuses(table(), stage, "stages.scaled.in=made")


def test_60_a_csv_with_a_mark_crlf_and_formulas_survives(bench) -> None:
    rows = [f"{place % 7},=1+{place % 3},{place}.5" for place in range(60)]
    bench.survives("\ufeff" + "\r\n".join(["a,b,y", *rows]))
    assert bench.model.schema.kinds()["b"] == "categorical"


def test_60_latin_1_survives_where_it_is_said_and_is_named_where_not(bench) -> None:
    text = "\n".join(["größe,y", *(f"{place % 7},{place}.5" for place in range(60))])
    (bench.folder / "table.csv").write_bytes(text.encode("latin-1"))
    (bench.folder / "battery.yaml").write_text(PIPELINE.replace("table.parquet", "table.csv"))
    done = automl("run", "battery.yaml")
    assert done.exit_code != 0
    assert "encoding" in done.output
    done = automl("run", "battery.yaml", "--set", "data.with={encoding: cp1252}", "--set", "stages.evaluate=null")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("text", "line"),
    [("a,y\n1,2\n1\x00,2\n", ":3"), ("a,y\n1,2\n1,2,3\n", ":3"), ('a,y\n1,2\n"1,2\n', ":3")],
    ids=["NUL", "ragged", "quote"],
)
def test_60_nul_bytes_ragged_rows_and_open_quotes_are_refused_with_the_line(bench, text: str, line: str) -> None:
    assert f"table.csv{line}" in bench.refuses(text)


def test_the_plain_table_is_predicted(bench) -> None:
    """What the battery makes odd is learned well where nothing is odd."""
    bench.survives(table())
    predicted = bench.model.predict(table()).prediction
    assert float(np.sqrt(((predicted - table()["y"]) ** 2).mean())) < 1.0

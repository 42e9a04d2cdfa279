"""The plugin as the registry sees it: light records, and classes that import no engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from automl.plugins import Registry
from automl.records import Record

ENGINES = ("pandas", "sklearn", "scipy", "tensorflow", "keras", "optuna", "mlflow", "plotly")

OFFERED = [
    (offer.family, offer.record) for offer in Registry.load().offers() if offer.record.code.startswith("automl_tabular")
]


@pytest.mark.parametrize(("family", "record"), OFFERED, ids=lambda value: getattr(value, "id", value))
def test_records_name_what_they_load(family: str, record: Record) -> None:
    found = record.load()
    assert found.id == record.id
    assert found.summary()
    for example in found.examples():
        found.Params(**example)
    for name, field in found.Params.model_fields.items():
        assert field.description, f"{record.id}: {name}"


def test_readers_by_suffix() -> None:
    registry = Registry.load()
    for path in ("a.csv", "A.CSV", "b.tsv", "c.csv.gz"):
        assert registry.reader_for(path) == "read.csv"
    for path in ("a.parquet", "b.pq"):
        assert registry.reader_for(path) == "read.parquet"


def test_checking_a_file_imports_no_engine() -> None:
    code = (
        "import sys\n"
        "from automl.plugins import Registry\n"
        "for offer in Registry.load().offers():\n"
        "    if offer.record.code.startswith('automl_tabular'):\n"
        "        found = offer.record.load()\n"
        "        found.Params.model_json_schema()\n"
        "        [found.Params(**example) for example in found.examples()]\n"
        f"print([name for name in {ENGINES} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_headers_import_no_pandas(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    parquet.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "t.parquet")
    code = (
        "import sys, pathlib\n"
        "from automl_tabular.csv_reader import CsvReader\n"
        "from automl_tabular.parquet_reader import ParquetReader\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "for kind, name in ((CsvReader, 't.csv'), (ParquetReader, 't.parquet')):\n"
        "    reader = kind(kind.Params(path=str(folder / name)))\n"
        "    print(*reader.header().columns, len(reader.fingerprint()))\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["a", "b", "32", "a", "b", "32", "False"]

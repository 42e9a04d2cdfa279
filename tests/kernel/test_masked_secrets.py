"""Text that came from the environment is seen nowhere; a password in a URL does not get into a file at all."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributions import write_metadata
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

from automl.errors import PipelineFileError
from automl.pipeline_file import loads
from automl.plugins import Registry
from automl.secret import MASK, hide, without_hidden, without_passwords

PASSWORD = "opensesame-7af3"
URL = f"postgresql://jane:{PASSWORD}@db.example/runs"
LEAKY = """
from automl.hookspecs import hookimpl
from automl.observer import Observer
from automl.params import Params, param
from automl.records import Record


class LeakyParams(Params):
    url: str = param(description="Where.")
    words: str = param("none", description="Any.")


class Leaky(Observer):
    id = "leaky"
    Params = LeakyParams

    def trial_finished(self, event):
        print("at", self.params.url)
        raise RuntimeError(f"no access at {self.params.url}")


@hookimpl
def automl_observers():
    return [Record("leaky", "leaky_plugin:Leaky", "Says all.")]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with toys, and an observer that says whatever it knows."""
    found = enter_toy_folder(tmp_path, monkeypatch)
    (tmp_path / "site" / "leaky_plugin.py").write_text(LEAKY)
    write_metadata(tmp_path / "site", "automl-leaky", "1.0", {"leaky": "leaky_plugin"})
    yield found
    sys.modules.pop("leaky_plugin", None)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jane:secret1@db/runs",
        "https://:secret1@host/path",
        "s3://key:secret1@bucket/table.parquet",
        "https://host/table.csv?token=secret1",
        "https://host/t.csv?a=1&api_key=secret1&b=2",
        "mysql+pymysql://u:secret1%40x@h:3306/d",
    ],
)
def test_a_url_with_a_password_is_refused_wherever_it_stands(url: str, registry: Registry) -> None:
    for text in (
        PIPELINE.replace("data: {use: toy.table,", f"data: {{path: '{url}',"),
        PIPELINE + f"vars: {{place: '{url}'}}\n",
        PIPELINE.replace("track: []", f"track: [{{use: mlflow, with: {{tracking_uri: '{url}'}}}}]"),
    ):
        with pytest.raises(PipelineFileError) as refused:
            loads(text, registry)
        told = str(refused.value)
        assert "a URL with a password in it may not stand in a file or on the command line" in told
        assert "write ${env:NAME} here" in told
        assert "secret1" not in told


def test_a_url_without_one_may_stand_in_the_file(registry: Registry) -> None:
    text = PIPELINE + "vars: {place: 'https://user@host:8080/a?page=2&tokens=3#x'}\n"
    assert loads(text, registry).name == "toys"


def test_the_path_of_the_data_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PIPELINE.replace("data: {use: toy.table,", "data: {path: '${env:TABLE}',")
    monkeypatch.setenv("TABLE", "no_such_table_here.csv")
    with pytest.raises(PipelineFileError, match="no_such_table_here"):
        loads(text, registry)


def test_what_is_hidden_is_masked_in_text_json_and_pages() -> None:
    hide(secret := 'quo"te<d>&\\back-91')
    for form in (secret, 'quo\\"te<d>&\\\\back-91', "quo&quot;te&lt;d&gt;&amp;\\back-91"):
        assert without_hidden(f"a {form} b") == f"a {MASK} b"
    hide("abc")  # it is in every other word
    assert without_hidden("abcdef") == "abcdef"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql://jane:pw@host/db failed", f"at postgresql://{MASK}@host/db failed"),
        ("https://host/x?token=abc&page=2", f"https://host/x?token={MASK}&page=2"),
        ("https://host:80/x@y", "https://host:80/x@y"),
        ("mail jane@example.org: now", "mail jane@example.org: now"),
        ("http://127.0.0.1:5000/#/runs", "http://127.0.0.1:5000/#/runs"),
    ],
)
def test_passwords_in_urls_are_masked_in_messages(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_logs_and_their_tracebacks_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    hide(secret := "watchword-5521")
    try:
        raise ValueError(f"no access with {secret}")
    except ValueError:
        logging.getLogger("somebody").exception("failed at %s", secret)
    shown = logging.Formatter().format(caplog.records[-1])
    assert f"failed at {MASK}" in shown
    assert f"ValueError: no access with {MASK}" in shown
    assert secret not in shown


def test_a_password_of_the_environment_is_left_nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parameter is plain text, and the observer prints it and raises an error that has it in its words."""
    monkeypatch.setenv("STORE", URL)
    monkeypatch.setenv("WORDS", "sunflower")
    track = "track: [{use: leaky, with: {url: '${env:STORE}', words: '${env:WORDS} and ${env:ABSENT:-more}'}}]"
    (folder / "mine.yaml").write_text(PIPELINE.replace("track: []", track))
    for verb in (["check"], ["config", "show"], ["config", "show", "--origin"], ["plan"], ["graph"], ["run"]):
        done = automl(*verb, "mine.yaml")
        assert done.exit_code == 0, done.output
        assert PASSWORD not in done.output, verb
    assert f"at {MASK}" in done.output
    files = [file for file in folder.glob(".automl/**/*") if file.is_file()]
    assert {"events.jsonl", "pipeline.yaml", "ledger.jsonl"} <= {file.name for file in files}
    for file in files:
        assert PASSWORD.encode() not in file.read_bytes(), file
    (written,) = folder.glob(".automl/runs/*/pipeline.yaml")
    assert f"url: '{MASK}'" in written.read_text()
    assert "sunflower" not in written.read_text()


def test_a_default_is_no_secret(folder: Path) -> None:
    track = "track: [{use: leaky, with: {url: '${env:ABSENT:-plain text}'}}]"
    (folder / "mine.yaml").write_text(PIPELINE.replace("track: []", track))
    assert "url: plain text" in automl("config", "show", "mine.yaml").output

"""Text that came from the environment is seen nowhere; a password in a URL does not get into a file at all."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributions import write_metadata
from terminal import Call
from toy_folder import automl, enter_toy_folder
from toy_runs import PIPELINE

from automl.errors import PipelineFileError
from automl.executors.local_processes import LocalProcessesExecutor
from automl.pipeline_file import loads
from automl.plugins import Registry
from automl.search.contracts import Job, Returned
from automl.secret import MASK, hide, without_hidden, without_passwords

PASSWORD = "opensesame-7af3"
URL = f"postgresql://jane:{PASSWORD}@db.example/runs"
LEAKY = """
from automl.hookspecs import hookimpl
from automl.observer import Observer
from automl.params import Params, Secret, param
from automl.records import Record


class LeakyParams(Params):
    url: str = param(description="Where.")
    words: str = param("none", description="Any.")
    password: Secret | None = param(None, description="Short.")


class Leaky(Observer):
    id = "leaky"
    Params = LeakyParams

    def run_started(self, event):
        if self.params.words == "tell":
            print("as", self.params.password.get_secret_value())

    def run_finished(self, event):
        if self.params.password is not None:
            raise RuntimeError(f"'{self.params.password.get_secret_value()}' of {self.params.words} was refused")

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
        "postgresql://jane:secret1/x@db/runs",
        "postgresql://jane:s?#ecret1/secret1@db/runs",
        "postgresql://jane:secret1''x@db/runs",
        "postgresql://jane:pw@secret1@db/runs",
        "https://host/t.csv?passphrase=secret1",
        "https://bucket.s3.example/t.csv?X-Amz-Credential=secret1&X-Amz-Signature=0",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BUID%3Dme%3BPWD%3Dsecret1",
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


@pytest.mark.parametrize("url", ["https://[::1]:5000/a@b", "http://host:5000/a@b?x=1", "sqlite:///a@b.db", "s3://b/k"])
def test_an_address_without_a_password_is_not_taken_for_one(url: str, registry: Registry) -> None:
    assert loads(PIPELINE + f"vars: {{place: '{url}'}}\n", registry).name == "toys"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://jane:q7@db/runs", ["q7"]),
        ("postgresql://jane:tq7z@db/runs", ["tq7z"]),
        ("postgresql://jane:p%40ss+w%2Frd@db/runs", ["p@ss+w/rd", "p%40ss+w%2Frd", "p@ss w/rd"]),
        ("postgresql://jane:a/b-c?d@db/runs", ["a/b-c?d"]),
        ("https://host/t?token=k9%2Bz&page=2", ["k9+z", "k9%2Bz"]),
        ("mysql://u:q8@h/d?ssl_password=wxyz", ["wxyz", "q8"]),
    ],
)
def test_passwords_of_a_url_are_masked_by_themselves_however_short(url: str, told: list[str]) -> None:
    hide(url)
    for password in told:
        shown = without_passwords(f"authentication failed for user 'jane' with password='{password}' at {url}")
        assert password not in shown.replace("with password", "")
        assert shown.startswith("authentication failed for user 'jane' with password='***' at ***")


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
    assert without_passwords("abcdef 'abcdef'") == "abcdef 'abcdef'"
    assert without_passwords("no access for 'abc', password=abc") == f"no access for '{MASK}', password={MASK}"


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


SHORT = "track: [{use: leaky, with: {url: 'http://h', words: '${env:WORDS}', password: '${env:PASS}'}}]"


@pytest.mark.parametrize(
    ("password", "options"), [("q7", ()), ("wolf", ("--debug",)), pytest.param("wolves", (), marks=pytest.mark.slow)]
)
def test_short_secrets_and_plain_words_are_masked_in_what_is_said(
    folder: Path, password: str, options: tuple[str, ...]
) -> None:
    """In a process of its own: what is hidden stays so for the life of a process."""
    (folder / "mine.yaml").write_text(PIPELINE.replace("track: []", SHORT))
    code, out, err = Call(folder, *options, "run", "mine.yaml", PASS=password, WORDS="moonlight").end()
    assert code == 0, err
    assert f"'{MASK}' of {MASK} was refused" in err
    assert not re.search(rf"\b{password}\b|moonlight", out + err)
    files = [file for file in folder.glob(".automl/runs/**/*") if file.is_file() and file.suffix != ".automl"]
    assert {"events.jsonl", "pipeline.yaml", "ledger.jsonl"} <= {file.name for file in files}
    for file in files:
        assert not re.search(rf"['\"]{password}['\"]|moonlight", file.read_text()), file


def test_what_a_worker_prints_is_masked(capfd: pytest.CaptureFixture[str]) -> None:
    """A worker's standard error is the terminal's, and what it prints does not go through the driver."""
    executor = LocalProcessesExecutor(LocalProcessesExecutor.Params(workers=1))
    hide(PASSWORD)
    executor.start()
    try:
        executor.submit(Job("loud", "toy_vault:loud", PASSWORD))
        assert isinstance(executor.next(60), Returned)
    finally:
        executor.close()
    said = capfd.readouterr()
    for stream in (said.out, said.err):
        assert f"password: {MASK}" in stream
        assert PASSWORD not in stream


def test_tuned_values_of_the_environment_are_masked_in_the_log(folder: Path) -> None:
    tuned = "filled: {use: toy.fill, in: split, with: {strategy: {tune: ['${env:HOW}', '${env:WHAT}']}}}"
    (folder / "mine.yaml").write_text(PIPELINE.replace("filled: {use: toy.fill, in: split}", tuned))
    code, _, err = Call(folder, "run", "mine.yaml", HOW="median", WHAT="mean").end()
    assert code == 0, err
    (log,) = folder.glob(".automl/runs/*/events.jsonl")
    trials = [json.loads(line) for line in log.read_text().splitlines() if '"trial_finished"' in line]
    assert {trial["bindings"]["filled.strategy"] for trial in trials} == {MASK}


def test_what_a_stage_was_given_is_not_told_by_the_store(folder: Path) -> None:
    """Also in a later process, which does not have the text: `plan` and `cache why` tell of stored recipes."""
    with_text = "filled: {use: toy.fill, in: split, with: {strategy: '${env:HOW}'}}"
    (folder / "mine.yaml").write_text(PIPELINE.replace("filled: {use: toy.fill, in: split}", with_text))
    code, _, err = Call(folder, "run", "mine.yaml", HOW="median").end()
    assert code == 0, err
    for file in folder.glob(".automl/store/**/*"):
        assert not file.is_file() or file.suffix == ".zip" or b"median" not in file.read_bytes(), file
    for words in (("plan", "mine.yaml"), ("cache", "why", "filled")):
        code, out, err = Call(folder, *words, HOW="mean").end()
        assert (code, "median" in out + err) == (0, False), (words, err)
        if words[0] == "plan":
            assert "or another text from the environment, which is not shown" in out
    assert f'"strategy": "{MASK}"' in Call(folder, "cache", "why", "filled").end()[1]
    code, _, err = Call(folder, "run", "mine.yaml", HOW="median").end()
    assert (code, "stage filled  unchanged" in err) == (0, True), err

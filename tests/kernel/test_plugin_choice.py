"""Which plugins a call has: ``--no-plugins[=a,b]`` and ``--plugin-dir``, on the driver and in its workers."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from distributions import install, offering
from toy_runs import PIPELINE

from automl.errors import PluginError
from automl.executors.worker import PluginSet
from automl.plugins import Registry

HERE = Path(__file__).parent
BUILT_IN = {"automl", "keras", "mlflow", "report", "tabular", "tuners"}
TRACE = "import pathlib\npathlib.Path(__file__).with_suffix('.imported').touch()\n"

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """``automl-acme`` is installed here; it leaves a trace where it is imported."""
    folder = tmp_path / "site"
    folder.mkdir()
    install(folder, TRACE + offering("metrics", "acme.m"))
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder for ``--plugin-dir``: the toys as a plugin that is not installed, and a helper that is none."""
    folder = tmp_path / "own"
    package = folder / "automl_toy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text((HERE / "toy.py").read_text().replace('_HERE = "toy"', '_HERE = "automl_toy"'))
    (folder / "helper.py").write_text("1 / 0")
    return folder


@pytest.fixture
def automl(site: Path, tmp_path: Path) -> Call:
    work = tmp_path / "work"
    work.mkdir()

    def call(*words: str | Path, cwd: Path = work) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(site)}
        command = [sys.executable, "-m", "automl", *map(str, words)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return call


def plugins_of(done: subprocess.CompletedProcess[str]) -> set[str]:
    assert done.returncode == 0, done.stderr
    return {row["plugin"] for row in json.loads(done.stdout)}


def test_without_the_option_everything_installed_is_loaded(automl: Call) -> None:
    assert plugins_of(automl("plugins", "list", "--json")) >= BUILT_IN | {"acme"}


def test_no_plugins_alone_leaves_out_all_that_is_not_built_in(automl: Call, site: Path) -> None:
    found = plugins_of(automl("--no-plugins", "plugins", "list", "--json"))
    assert found >= BUILT_IN
    assert "acme" not in found
    assert not list(site.glob("*.imported")), "it was imported all the same"


def test_no_plugins_with_names_leaves_out_these_before_they_are_imported(automl: Call, site: Path) -> None:
    found = plugins_of(automl("--no-plugins=acme,mlflow", "plugins", "list", "--json"))
    assert not found & {"acme", "mlflow"}
    assert found >= BUILT_IN - {"mlflow"}
    assert not list(site.glob("*.imported"))


def test_the_option_may_be_given_again(automl: Call) -> None:
    assert not plugins_of(automl("--no-plugins=acme", "--no-plugins=mlflow", "plugins", "list", "--json")) & {
        "acme", "mlflow",
    }  # fmt: skip


def test_the_word_after_the_option_is_the_verb(automl: Call) -> None:
    wrong = automl("--no-plugins", "acme", "plugins", "list")
    assert wrong.returncode == 2
    assert "No such command 'acme'" in wrong.stderr


def test_a_name_that_nobody_has_is_a_mistake(automl: Call) -> None:
    wrong = automl("--no-plugins=acmee", "plugins", "list")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there is no plugin 'acmee' to leave out; did you mean 'acme'?" in wrong.stderr


def test_an_error_about_an_id_says_that_its_plugin_was_left_out(automl: Call, tmp_path: Path) -> None:
    registry = Registry.load(["tabular"])
    with pytest.raises(PluginError, match="the plugin 'tabular' is left out by --no-plugins"):
        registry.get("components", "tabular.x")


def test_plugin_dir_is_not_looked_into_unless_asked(automl: Call, own: Path) -> None:
    assert "toy" not in plugins_of(automl("plugins", "list", "--json", cwd=own))


def test_plugin_dir_loads_what_lies_in_it(automl: Call, own: Path) -> None:
    shown = automl("--plugin-dir", own, "plugins", "show", "toy.fill", "--json")
    assert shown.returncode == 0, shown.stderr
    (row,) = json.loads(shown.stdout)
    assert (row["plugin"], row["distribution"]) == ("toy", "automl-toy")
    assert row["version"].startswith("0+")
    assert shown.stderr == ""


def test_plugin_dir_is_loaded_without_third_parties_too(automl: Call, own: Path) -> None:
    found = plugins_of(automl("--no-plugins", "--plugin-dir", own, "plugins", "list", "--json"))
    assert "toy" in found
    assert "acme" not in found
    assert "toy" not in plugins_of(automl("--no-plugins=toy", "--plugin-dir", own, "plugins", "list", "--json"))


def test_a_plugin_dir_without_plugins_is_a_mistake(automl: Call, tmp_path: Path) -> None:
    wrong = automl("--plugin-dir", tmp_path, "plugins", "list")
    assert wrong.returncode == 2
    assert "no plugin in it; expected automl_<name>.py or automl_<name>/__init__.py" in wrong.stderr
    assert automl("--plugin-dir", tmp_path / "nowhere", "plugins", "list").returncode == 2


def test_one_that_is_installed_as_well_is_set_aside_with_its_folder(automl: Call, own: Path) -> None:
    (own / "automl_acme.py").write_text(offering("metrics", "acme.other"))
    done = automl("--plugin-dir", own, "plugins", "list", "--json")
    assert "acme.other" not in done.stdout
    assert f", in {own}) is set aside: " in done.stderr
    hidden = automl("--no-plugins", "--plugin-dir", own, "plugins", "list")
    assert f"automl_acme in {own.parent / 'site'} hides it; mend: uninstall or rename one of the two" in hidden.stderr


def test_its_version_is_that_of_its_sources(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    first = Registry.load(folders=[own]).lock()["toy"]
    assert Registry.load(folders=[own]).lock()["toy"] == first
    source = own / "automl_toy" / "__init__.py"
    source.write_text(source.read_text() + "\n# changed\n")
    assert Registry.load(folders=[own]).lock()["toy"] != first
    assert first.startswith("automl-toy 0+")
    sys.modules.pop("automl_toy")


def test_a_run_takes_the_folder_to_its_workers(automl: Call, own: Path, tmp_path: Path) -> None:
    text = PIPELINE.replace("use: in_process", "use: local, with: {workers: 1}").replace("trials: 6", "trials: 2")
    (tmp_path / "work" / "toys.yaml").write_text(text)
    done = automl("--no-plugins", "--plugin-dir", own, "run", "toys.yaml")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "work").glob(".automl/runs/*/model.automl"))) == 1


# --- what crosses to a worker that shares nothing with the driver but the disk


ELSEWHERE = """
import pickle, sys
plugins = pickle.loads(sys.stdin.buffer.read())
try:
    print(plugins.registry.lock())
except Exception as error:
    print(type(error).__name__, error)
"""


def elsewhere(plugins: PluginSet, path: Path) -> str:
    """What a new process says of these plugins, whose path begins with ``path``."""
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps(plugins),
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.usefixtures("path")
def test_a_worker_loads_the_same_from_the_folder_and_leaves_out_the_same(own: Path, site: Path) -> None:
    registry = Registry.load(["mlflow"], folders=[own])
    assert elsewhere(PluginSet.of(registry), site.parent) == f"{registry.lock()}\n"
    sys.modules.pop("automl_toy")


@pytest.mark.usefixtures("path")
def test_a_worker_refuses_a_folder_whose_sources_differ(own: Path, site: Path) -> None:
    plugins = PluginSet.of(Registry.load(folders=[own]))
    parcel = pickle.loads(pickle.dumps(plugins))
    version = plugins.registry.lock()["toy"]
    source = own / "automl_toy" / "__init__.py"
    source.write_text(source.read_text() + "\n# changed\n")
    told = elsewhere(parcel, site.parent)
    assert told.startswith("PluginError this worker has other plugins than the driver")
    assert f"driver: automl = automl-pipelines {registry_version()}" in told
    assert told.count(f"toy = {version}") == 1
    assert told.count("toy = automl-toy 0+") == 2
    sys.modules.pop("automl_toy")


@pytest.mark.usefixtures("path")
def test_a_worker_without_the_folder_refuses_and_says_so(own: Path, site: Path) -> None:
    plugins = PluginSet.of(Registry.load(folders=[own]))
    parcel = pickle.dumps(plugins)
    own.rename(own.with_name("gone"))
    told = elsewhere(pickle.loads(parcel), site.parent)
    assert "this worker has other plugins than the driver" in told
    assert f"--plugin-dir {own}: there is no such folder" in told
    sys.modules.pop("automl_toy")


@pytest.mark.usefixtures("path")
def test_a_worker_that_has_a_plugin_more_refuses(site: Path) -> None:
    plugins = PluginSet.of(Registry.load(third_party=False))
    told = elsewhere(plugins, site)
    assert "this worker has other plugins than the driver" in told
    assert "acme = automl-acme 1.2" in told


def registry_version() -> str:
    return Registry.load().lock()["automl"].removeprefix("automl-pipelines ")

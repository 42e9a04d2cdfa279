"""An observer that misspells what it hears is refused by ``check``, with the name that was meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from distributions import HEAD

OFFERS = f"""{HEAD}
@hookimpl
def automl_observers():
    return [Record("acme.log", "automl_acme.log:Log", "Writes a log.")]
"""
OBSERVER = """
from automl import Observer, hookimpl, events


class Log(Observer):
    \"\"\"Writes a log.\"\"\"

    id = "acme.log"

    @property
    def run_starts(self):
        raise OSError("nobody asked for it")

    def run_started_at(self): ...

    def describe(self, event): ...

    def _run_finishd(self, event): ...

    {method}
"""
FILE = """
version: 1
data: {path: rows.csv, target: y}
track: [acme.log]
stages:
  split: {use: split.random, in: data}
"""
REFUSED = {
    "def on_trial_finishd(self, event): ...": "on_trial_finishd is no hook; did you mean 'trial_finished'? mend: ",
    "def on_trial_finished(self, event): ...": "on_trial_finished is no hook; did you mean 'trial_finished'? mend: ",
    "def trial_finishd(self, ev): ...": "trial_finishd is no hook; did you mean 'trial_finished'? mend: ",
    "def trial_done(self, what: events.TrialFinished): ...": "trial_done is no hook; did you mean 'trial_",
    "def on_epoch_end(self, event): ...": "on_epoch_end is no hook; known are run_started, ",
    "run_finishd = hookimpl(lambda self, event: None)": "run_finishd is no hook; did you mean 'run_finished'?",
    "def run_finished(self): ...": "run_finished(): this hook is run_finished(event)",
    "def run_finished(self, evnt): ...": "run_finished(evnt): this hook is run_finished(event)",
    "async def run_finished(self, event): ...": "run_finished is async",
    "def run_finished(self, event): yield": "run_finished yields, so nothing in it would run; mend: ",
}
ACCEPTED = (
    "def run_finished(self, event, loudly=False): ...",
    "def run_finished(self, **heard): ...",
    "@staticmethod\n    def run_finished(event): ...",
    "@classmethod\n    def run_finished(cls, event): ...",
    "@hookimpl(wrapper=True)\n    def run_finished(self, event): yield",
    "@hookimpl(optionalhook=True)\n    def run_paused(self, event): ...",
    "run_finished = None",
)


def check(folder: Path, method: str) -> subprocess.CompletedProcess[str]:
    package = folder / "plugins" / "automl_acme"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(OFFERS)
    (package / "log.py").write_text(OBSERVER.format(method=method))
    (folder / "rows.csv").write_text("x,y\n" + "1,2\n3,4\n" * 10)
    (folder / "pipeline.yaml").write_text(FILE)
    command = [sys.executable, "-m", "automl", "--plugin-dir", "plugins", "check", "pipeline.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_misspelt_announcement_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    done = check(tmp_path, next(iter(REFUSED)))
    assert done.returncode == 2
    assert done.stderr.startswith("pipeline.yaml:4:9: observer 'acme.log' of plugin 'acme' (automl-acme 0+"), (
        done.stderr
    )
    assert REFUSED[next(iter(REFUSED))] in done.stderr


@pytest.mark.parametrize("method", [*REFUSED, *ACCEPTED])
def test_what_cannot_be_heard_is_refused_and_what_can_is_not(method: str, tmp_path: Path) -> None:
    from automl.errors import PluginError
    from automl.plugin_guard import check_observer

    names: dict[str, type] = {}
    exec(compile(OBSERVER.format(method=method), "log.py", "exec"), names)
    if method in REFUSED:
        with pytest.raises(PluginError) as caught:
            check_observer(names["Log"])
        assert REFUSED[method] in str(caught.value)
    else:
        check_observer(names["Log"])

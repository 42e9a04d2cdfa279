"""The fixture that runs a pipeline. In the ``conftest.py`` at the top of your tests::

pytest_plugins = ["automl.testing.fixtures"]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from automl.plugins import Registry
    from automl.run import RunResult


class RunPipeline(Protocol):
    """What the fixture `run_pipeline` is."""

    def __call__(
        self,
        text: str,
        *,
        registry: Registry | None = None,
        sets: Sequence[str] = (),
        observers: Sequence[Any] = (),
    ) -> RunResult:
        """Run the text of a pipeline file.

        Args:
            text: the pipeline file; ``data.path`` and ``extends`` are relative to the test's ``tmp_path``.
            registry: the plugins; all installed ones if absent.
            sets: changes as on the command line, e.g. ``["stages.search.with.budget.trials=2"]``.
            observers: hear of everything, e.g. a `automl.testing.RecordingObserver`.

        Returns:
            What the run left: ``.finished`` is the event of its end, with scores, model file and folder.

        Raises:
            AutoMLError: as `automl.run.run` does.
        """


@pytest.fixture
def run_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunPipeline:
    """Run the text of a pipeline in ``tmp_path``; see `RunPipeline`."""

    def run_text(
        text: str,
        *,
        registry: Registry | None = None,
        sets: Sequence[str] = (),
        observers: Sequence[Any] = (),
    ) -> RunResult:
        from automl.pipeline_file import load
        from automl.plugins import Registry as Plugins
        from automl.run import run

        monkeypatch.chdir(tmp_path)
        file = tmp_path / "pipeline.yaml"
        file.write_text(text, encoding="utf-8")
        known = registry if registry is not None else Plugins.load()
        return run(load(file, known, sets=sets), known, workspace=tmp_path / ".automl", observers=observers)

    return run_text

"""Finding the file of a model by what people call it: the file itself, a run's folder, an id's beginning, ``last``."""

from __future__ import annotations

from pathlib import Path

from automl.errors import StoreError, did_you_mean_file
from automl.run_records import RUNS, find_run

SUFFIX = ".automl"


def find_model(name: str | Path, root: Path = RUNS) -> Path:
    """The bundle that is meant.

    Args:
        name: a bundle, the folder of a run, a run's id or the beginning of one, ``last`` or ``last~1``.
        root: the folder that holds the runs.

    Raises:
        StoreError: no run is meant, or several; or the run left no model, or several. Says which there are.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix == SUFFIX and not path.is_dir():
        mend = did_you_mean_file(path) or "name a run instead, see: automl runs list"
        raise StoreError(f"there is no file {path}; mend: {mend}")
    folder = path if path.is_dir() and any(path.glob(f"*{SUFFIX}")) else find_run(str(name), root).directory
    bundles = sorted(folder.glob(f"*{SUFFIX}"))
    if len(bundles) == 1:
        return bundles[0]
    if bundles:
        raise StoreError(
            f"{folder} holds {len(bundles)} models, one for each search; mend: name one of "
            f"{', '.join(str(bundle) for bundle in bundles)}"
        )
    raise StoreError(f"the run {folder.name} left no model; mend: name another run, see: automl runs list")

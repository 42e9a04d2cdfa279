"""The parameters that a stage with ``{tune: ...}`` in it may come to have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.params import Params
from automl.pipeline_file.problems import Problems
from automl.pipeline_file.tree import Place, Source, graft, plain
from automl.pipeline_file.tuning import resolve_tuned, trials


def parameter_variants(model: type[Params], written: Mapping[str, Any]) -> list[Any]:
    """Validated parameters with the first value of every tuned one, then with each other value in turn.

    All choices and both ends of a range are tried, as when the file was checked. ``written`` was found right before.
    """
    node, tuned = resolve_tuned(graft(dict(written), Place(Source("<checked>"))), model, (), Problems())
    return [model.model_validate(plain(trial)) for trial in trials(node, tuned)]

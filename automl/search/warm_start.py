"""What a search learns from an earlier one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from automl.errors import SearchError
from automl.search.configuration import ModelSpace
from automl.search.context import EarlierSearch
from automl.search.contracts import Objective, Outcome
from automl.search.space import Space

_log = logging.getLogger(__name__)


def lessons(
    earlier: EarlierSearch, model: ModelSpace, objective: Objective, recipe: str
) -> list[tuple[Mapping[str, Any], Outcome]]:
    """The trials of an earlier search that lie in this search's space: values and outcome each.

    Raises:
        SearchError: the earlier search had another objective, or other data, stages or tuned parameters above it: its
            scores say nothing here.
    """
    for what, theirs, ours in (
        ("objective", earlier.objective.metric, objective.metric),
        ("data and stages", earlier.upstream, recipe),
    ):
        if theirs != ours:
            raise SearchError(
                f"warm_start: {earlier.name} cannot be learned from, for its {what} are not those of this search "
                f"(expected {ours}, found {theirs}); mend: remove 'warm_start', or name a run that agrees"
            )
    found: list[tuple[Mapping[str, Any], Outcome]] = []
    for trial in earlier.trials:
        values = model.space.adopt({**trial.values, **flat(trial.bindings, model.space)})
        if values is not None:
            found.append((values, trial.outcome))
    _log.info("%s: %d of %d trials lie in the space of this search", earlier.name, len(found), len(earlier.trials))
    return found


def flat(values: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """The inverse of `automl.search.space.nested`: a choice with parameters of its own as one value for each.

    A mapping that is itself a value of ``space``, a choice among orders of levels say, stays what it is.
    """
    domains = {dimension.name: dimension.domain for dimension in space}
    found: dict[str, Any] = {}
    for name, value in values.items():
        inner = next(iter(value.values())) if isinstance(value, Mapping) and len(value) == 1 else None
        if not isinstance(inner, Mapping) or (name in domains and domains[name].contains(value)):
            found[name] = value
            continue
        (choice,) = value
        found[name] = choice
        found |= flat({f"{name}.{choice}.{key}": below for key, below in inner.items()}, space)
    return found

"""The ``columns:`` selector of a stage: which feature columns it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.columns import KINDS, Kind
from automl.dataset import Dataset
from automl.errors import PlanError, did_you_mean


def select(selector: Any, dataset: Dataset, accepts: frozenset[Kind], who: str) -> list[str]:
    """Names of feature columns, in the table's order.

    ``selector`` is None (every feature of an accepted kind), a kind, a name, a list of names, or
    ``{kind: ..., except: [...]}``. Raises PlanError for a name that is not there or a kind that is not accepted.
    """
    features = dataset.named("feature")
    kinds = dataset.kinds
    if selector is None:
        return [name for name in features if kinds[name] in accepts]
    if isinstance(selector, Mapping):
        skipped = selector.get("except", [])
        _check_names(skipped, features, who)
        skipped = frozenset(skipped)
        return [name for name in select(selector.get("kind"), dataset, accepts, who) if name not in skipped]
    if isinstance(selector, str) and selector in KINDS and selector not in features:
        return [name for name in features if kinds[name] == selector]
    names = [selector] if isinstance(selector, str) else list(selector)
    _check_names(names, features, who)
    for name in names:
        if kinds[name] not in accepts:
            raise PlanError(f"{who}: column {name!r} is {kinds[name]}; this stage takes {', '.join(sorted(accepts))}")
    chosen = set(names)
    return [name for name in features if name in chosen]


def _check_names(names: list[str], features: list[str], who: str) -> None:
    known = set(features)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, features)
            found = ", ".join(features[:30])
            raise PlanError(f"{who}: there is no feature {name!r} here{f'; {hint}' if hint else ''}; found {found}")

"""The space of a keras-tuner hypermodel: found by building it, as keras-tuner does.

keras-tuner builds at the defaults and then once for each conditional scope that was not entered yet. Here every value
of a choice and the upper end of every range is built as well, because a ledger that depends on no timing needs the
whole space before the first trial: in ``for i in range(hp.Int("layers", 1, 3)): hp.Int(f"units_{i}", ...)`` keras-tuner
meets ``units_2`` in the middle of its search. What a ``fit`` of its own asks for is found by calling it with a few
random rows, at the defaults and in each scope; that takes about a second a call.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from automl.errors import AutoMLError, PlanError
from automl.search.dimensions import Condition, Dimension
from automl.search.domains import Choice, Domain, Float, Int, Ordered
from automl.search.space import Space

if TYPE_CHECKING:
    import keras_tuner

    from automl_keras.hypermodel import HypermodelNetwork

_log = logging.getLogger(__name__)

_MOST_VISITS = 200
"""Builds at most. One takes 20 to 50 ms; a choice inside a loop can ask for more than anyone would wait for."""


@functools.cache
def discovered(network: type[HypermodelNetwork]) -> keras_tuner.HyperParameters:
    """All hyperparameters that the hypermodel asks for.

    Raises PlanError if it fails at the defaults. Elsewhere a failure is logged: such a trial fails in the search.
    """
    import keras_tuner

    from automl_keras.hypermodel_fit import try_fit

    known = keras_tuner.HyperParameters()
    network.source().declare_hyperparameters(known)
    waiting: list[dict[str, Any]] = [{}]
    scopes: list[dict[str, Any]] = [{}]
    tried: list[dict[str, Any]] = []
    while waiting and len(tried) < _MOST_VISITS:
        values = waiting.pop(0)
        tried.append(values)
        hp = known.copy()
        hp.values.update(values)
        hp.ensure_active_values()
        try:
            if values in scopes and network.fits_itself():
                try_fit(network, hp)
            else:
                network.build_with(hp, None, 0)
        except AutoMLError as error:
            if not values:
                raise PlanError(str(error)) from error
            _log.info("%s (at %s)", error, values)
        except Exception as error:
            if not values:
                raise PlanError(
                    f"network {network.id!r}: its hypermodel fails where every hyperparameter has its default: "
                    f"{type(error).__name__}: {error}; mend: hypermodel.build(keras_tuner.HyperParameters()) must work"
                ) from error
            _log.info("network %s: its hypermodel fails at %s: %s", network.id, values, error)
        new = [found for found in hp.space if not _is_known(found, known)]
        known.merge(new)
        scopes += [{c.name: c.values[0] for c in conditions} for conditions in hp.inactive_scopes]
        ends = [{**values, **_ancestry(found), found.name: end} for found in new for end in _ends(found)]
        waiting += [more for more in (*scopes, *ends) if more not in tried and more not in waiting]
    if waiting:
        _log.warning("network %s: stopped looking for hyperparameters after %d builds", network.id, len(tried))
    return known


def _is_known(found: Any, known: Any) -> bool:
    return any(other.name == found.name and other.conditions == found.conditions for other in known.space)


def _ancestry(found: Any) -> dict[str, Any]:
    return {condition.name: condition.values[0] for condition in found.conditions}


def _ends(found: Any) -> Iterator[Any]:
    """The values that may make the hypermodel ask for more."""
    match type(found).__name__:
        case "Int" | "Float":
            yield found.max_value
        case "Choice" | "Boolean":
            yield from (value for value in found.values if value != found.default)


def space_of(hp: keras_tuner.HyperParameters) -> Space:
    """Hyperparameters as dimensions, in their order.

    keras-tuner allows one name under several conditions; each is a dimension of its own then. A logarithm from above
    (``reverse_log``) without a step is searched evenly.
    """
    names: dict[str, int] = {}
    placed: list[tuple[Any, str]] = []
    dimensions: list[Dimension] = []
    for found in hp.space:
        names[found.name] = count = names.get(found.name, 0) + 1
        name = dimension_name(found.name, count)
        conditions = []
        for depth, condition in enumerate(found.conditions):
            # A scope is entered from within the scopes of its parent, which tells namesakes apart.
            parent = next(
                name
                for other, name in reversed(placed)
                if other.name == condition.name and other.conditions == found.conditions[:depth]
            )
            conditions.append(Condition(parent, tuple(condition.values)))
        placed.append((found, name))
        dimensions.append(Dimension(name, _domain(found), tuple(conditions)))
    return Space.of(dimensions)


def _domain(found: Any) -> Domain:
    match type(found).__name__:
        case "Fixed":
            return Choice((found.value,))
        case "Boolean":
            return Choice((False, True))
        case "Choice":
            values = tuple(dict.fromkeys(found.values))
            return Ordered(values) if found.ordered else Choice(values)
        case "Int" if found.sampling == "linear" or found.step is None:
            return Int(found.min_value, found.max_value, found.sampling == "log", found.step or 1)
        case "Int":
            return Ordered(tuple(sorted({int(value) for value in found.values})))
        case "Float" if found.sampling == "linear" or found.step is None:
            low, high = float(found.min_value), float(found.max_value)
            return Float(low, high, found.sampling == "log", found.step)
        case "Float":
            return Ordered(tuple(sorted({float(value) for value in found.values})))
        case other:
            raise PlanError(f"hyperparameter {found.name!r} is a {other}, which no search knows")


def dimension_name(name: str, count: int = 1) -> str:
    """A hyperparameter's name as a dimension's: a dot would mean a condition, so it becomes ``%2E``, and ``%`` ``%25``.

    ``count`` tells namesakes under other conditions apart: ``units``, ``units%#2``.
    """
    escaped = name.replace("%", "%25").replace(".", "%2E")
    return escaped if count == 1 else f"{escaped}%#{count}"


def hyperparameter_name(name: str) -> str:
    """The name that `dimension_name` was given."""
    return re.sub(r"%#\d+$", "", name).replace("%2E", ".").replace("%25", "%")

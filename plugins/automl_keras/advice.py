"""Rules about networks: what reaches them, and settings that work against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from automl.advice.findings import Finding
from automl.advice.rule import Rule
from automl.search.configuration import default_space, space_keys
from automl.search.space import parse_space
from automl_keras.activations import ACTIVATIONS
from automl_keras.learner import KerasLearner

if TYPE_CHECKING:
    import pandas as pd

    from automl.advice.views import StageView, TableView

_FAR = 10.0
"""Standard deviations or means beyond which inputs count as unscaled."""
_NORMAL_RANGE = 1.349
"""The middle half of a normal distribution, in standard deviations."""
_HEAVY = 10.0
"""Excess kurtosis: 0 for a normal distribution, 6 for an exponential one, 111 for exp of a normal one."""
_ADAPTIVE = frozenset({"adam", "nadam", "adamax"})


class UnscaledInputs(Rule):
    """Numbers reach a network that no stage has scaled, and they are far from 0."""

    id = "network.unscaled_inputs"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            reach, kinds = search.reach, search.data.kinds
            far = [
                name
                for name in reach.keeps("kind", "scale")
                if kinds[name] == "numeric" and _is_far(search.training(name), name in reach.as_read)
            ]
            if far:
                yield Finding(
                    f"{_columns(far)} values far from 0 that no stage scales",
                    ("stages", search.name, "in"),
                    reason="large inputs drown small ones, and make the first steps of the training huge",
                    mend="scale.standard with columns: numeric, last before the search",
                )


class L2WithAdam(Rule):
    """A penalty on squared weights (L2) is trained with Adam or one of its kin."""

    id = "network.l2_with_adam"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            penalties = [value for value in _values(search, "l2", table) if isinstance(value, float | int)]
            kin = sorted(_ADAPTIVE.intersection(_values(search, "optimizer", table)))
            if kin and max(penalties, default=0.0) > 0.0:
                yield Finding(
                    f"l2 is tried with {', '.join(kin)}",
                    ("stages", search.name, "with", "space", "l2"),
                    reason="Adam divides the penalty by each weight's own gradient scale, so that the weights that "
                    "move most are held back least (Loshchilov and Hutter 2019)",
                    mend="optimizer: {adamw: {weight_decay: ...}} without l2, or sgd with l2",
                )


class SeluDisturbed(Rule):
    """SELU is combined with batch normalisation or L2, which undo its self-normalisation."""

    id = "network.selu_disturbed"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            activations = _values(search, "activation", table)
            if "selu" not in activations:
                continue
            # Where a search may also try selu without them, it finds out for itself.
            enough = any if set(activations) == {"selu"} else all
            tried = {name: _values(search, name, table) for name in ("batch_norm", "l2")}
            disturbing = [name for name, values in tried.items() if values and enough(bool(value) for value in values)]
            if disturbing:
                yield Finding(
                    f"selu is tried with {' and '.join(disturbing)}",
                    ("stages", search.name, "with", "space", "activation"),
                    reason="SELU keeps mean 0 and variance 1 from layer to layer only by itself (Klambauer et al. "
                    "2017); with them it is a slower ELU",
                    mend="elu or swish with batch_norm; selu in a search without them",
                )


class InitializerMismatch(Rule):
    """The initializer is fixed to one that does not fit every activation that is tried."""

    id = "network.initializer_mismatch"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            initializers = _values(search, "initializer", table)
            if len(initializers) != 1 or initializers[0] in ("auto", "orthogonal"):
                continue
            family = str(initializers[0]).split("_")[0]
            activations = [name for name in _values(search, "activation", table) if name in ACTIVATIONS]
            unfit = [name for name in activations if ACTIVATIONS[name].initializer.split("_")[0] != family]
            if unfit:
                yield Finding(
                    f"the initializer {initializers[0]} does not fit {', '.join(unfit)}",
                    ("stages", search.name, "with", "space", "initializer"),
                    expected=", ".join(f"{ACTIVATIONS[name].initializer} for {name}" for name in unfit),
                    reason="the signal's variance grows or fades from layer to layer",
                    mend="initializer: auto",
                )


class HeavyTails(Rule):
    """A target with heavy tails is learned by the squared error."""

    id = "network.heavy_tails"

    def findings(self, table: TableView) -> Iterable[Finding]:
        for search in _searches(table):
            if table.task != "regression" or search.target is None:
                continue
            if set(_values(search, "loss", table)) - {"auto", "mse"}:
                continue
            kurtosis = float(search.training(search.target).kurt())
            if kurtosis > _HEAVY:
                yield Finding(
                    f"the target {search.target!r} has heavy tails (excess kurtosis {kurtosis:,.0f}), and the loss is "
                    "the squared error",
                    ("stages", search.name, "with", "space"),
                    reason="a few extreme rows decide most of every step",
                    mend="space: {loss: [mse, mae, huber]}, or target.log where the target is an amount",
                )


def _searches(table: TableView) -> Iterator[StageView]:
    """Searches over networks that the Keras learner trains."""
    for search in table.searches():
        _, params = search.variants[0]
        name = getattr(params, "network", None)
        if name and table.registry.get("networks", name).learner == KerasLearner.id:
            yield search


def _values(search: StageView, name: str, table: TableView) -> list[Any]:
    """The values of a parameter of the network or its learner that the search may try: ends of ranges, all choices."""
    _, params = search.variants[0]
    network = table.registry.get("networks", params.network)
    fields = space_keys(network, KerasLearner)
    if name not in fields:
        return []
    space = parse_space(default_space(fields) if params.space is None else params.space)
    for dimension in (*space.dimensions, *space.fixed):
        if dimension.name == name:
            return list(dimension.domain.probes)
    default = fields[name].model_fields[name].default
    return [getattr(default, "name", default)]


def _is_far(column: pd.Series, as_read: bool) -> bool:
    if as_read:
        return bool(abs(float(column.mean())) > _FAR or float(column.std()) > _FAR)
    # What an imputer fills, or a stage that cuts extremes changes, is not in the middle half of the values.
    low, middle, high = column.quantile([0.25, 0.5, 0.75])
    return bool(abs(middle) > _FAR or (high - low) / _NORMAL_RANGE > _FAR)


def _columns(names: list[str]) -> str:
    """``the column 'a' has`` or ``3 columns (a, b, c) have``; what they have follows."""
    if len(names) == 1:
        return f"the column {names[0]!r} has"
    return f"{len(names)} columns ({', '.join(names[:10])}{', ...' if len(names) > 10 else ''}) have"
